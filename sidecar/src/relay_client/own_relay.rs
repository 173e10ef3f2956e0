//! What the owner does at the own relay: register, publish, open lanes, collect, acknowledge.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::address::Handle;
use a2a_proto::api::mailbox::Batch;
use a2a_proto::api::{
    Acknowledge, Challenge, LaneList, OpenLane, OpenedLane, Registered, Registration, SessionRequest, SessionToken,
    SetWebhook, Webhook, WebhookDeliveries,
};
use a2a_proto::id::{EnvelopeId, LaneId};
use a2a_proto::limits::{MAX_BATCH_ENVELOPES, MAX_BLOB_BYTES, MAX_ENVELOPE_BYTES};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use tokio_util::sync::CancellationToken;

use super::answer::{Answer, OCTETS};
use super::client::{RelayClient, SMALL_BYTES, check_challenge};
use super::connections::TIMEOUT;
use super::exchange::open;
use super::session::{Session, Token};
use super::stream::{self, MailStream};
use super::{Owner, RelayFailure};

/// The own relay as its account's owner sees it. Clones share the session.
#[derive(Clone)]
pub struct OwnRelay {
    client: RelayClient,
    owner: Arc<Owner>,
    session: Arc<Session>,
}

impl OwnRelay {
    pub(super) fn new(client: RelayClient, owner: Owner) -> Self {
        Self { client, owner: Arc::new(owner), session: Arc::default() }
    }

    /// Makes the account, or finds that it is there. Idempotent.
    pub async fn register(
        &self,
        handle: Option<Handle>,
        registration_token: Option<String>,
    ) -> Result<Registered, RelayFailure> {
        let challenge = self.challenge().await?;
        let (owner, relay) = (&self.owner, self.client.own_relay());
        let proof = RegistrationProof::sign(&owner.device, &owner.certificate, relay, &challenge);
        let registration = Registration {
            certificate: owner.certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
            handle,
            registration_token,
        };
        let request = self.client.as_owner(Method::POST, "/api/accounts");
        self.call(request.json(&registration)).await?.json()
    }

    /// Publishes the signed card.
    pub async fn publish_card(&self, card: &[u8]) -> Result<(), RelayFailure> {
        self.done(|| self.octets(Method::PUT, "/api/card", card)).await
    }

    /// Withdraws the card: we are then as unknown as if there never was one.
    pub async fn withdraw_card(&self) -> Result<(), RelayFailure> {
        self.done(|| self.client.as_owner(Method::DELETE, "/api/card")).await
    }

    /// Publishes the signed prekey bundle.
    pub async fn publish_prekeys(&self, bundle: &[u8]) -> Result<(), RelayFailure> {
        self.done(|| self.octets(Method::PUT, "/api/prekeys", bundle)).await
    }

    /// Opens a lane into our mailbox; its key is told this once.
    pub async fn open_lane(&self, lane: &OpenLane) -> Result<OpenedLane, RelayFailure> {
        let request = || self.client.as_owner(Method::POST, "/api/lanes").json(lane);
        self.signed_in(request, SMALL_BYTES).await?.json()
    }

    /// Closes a lane at once. Idempotent.
    pub async fn close_lane(&self, lane: &LaneId) -> Result<(), RelayFailure> {
        let path = format!("/api/lanes/{lane}");
        self.done(|| self.client.as_owner(Method::DELETE, &path)).await
    }

    /// Our open lanes.
    pub async fn lanes(&self) -> Result<LaneList, RelayFailure> {
        let request = || self.client.as_owner(Method::GET, "/api/lanes");
        self.signed_in(request, LIST_BYTES).await?.json()
    }

    /// Copies of what stands in the mailbox after `after`, without waiting.
    pub async fn collect(&self, after: u64, limit: usize) -> Result<Batch, RelayFailure> {
        self.batch(after, limit, Duration::ZERO).await
    }

    /// As [`Self::collect`], but waits up to `wait` for something to come; `None` when `cancel` came first.
    pub async fn collect_waiting(
        &self,
        after: u64,
        limit: usize,
        wait: Duration,
        cancel: &CancellationToken,
    ) -> Option<Result<Batch, RelayFailure>> {
        cancel.run_until_cancelled(self.batch(after, limit, wait)).await
    }

    /// Mail after `after`, pushed as it comes. Fails where something between us and the relay passes no streams.
    pub async fn stream(&self, after: u64) -> Result<MailStream, RelayFailure> {
        let (token, key) = (self.token().await?, stream::fresh_key());
        let response = self.upgrading(&token, &key, after).await?;
        if response.status() != StatusCode::UNAUTHORIZED {
            return stream::upgraded(response, &key, after).await;
        }
        self.session.forget(&token).await;
        let (token, key) = (self.token().await?, stream::fresh_key());
        stream::upgraded(self.upgrading(&token, &key, after).await?, &key, after).await
    }

    async fn upgrading(&self, token: &Token, key: &str, after: u64) -> Result<Response, RelayFailure> {
        let request = self.client.as_owner_streaming("/api/mailbox/stream").query(&[("after", after)]);
        open(stream::upgrading(request, key).bearer_auth(token.bearer.as_str()), self.client.own_relay()).await
    }

    /// Lets the relay delete everything up to `through`, which must be safe with us.
    pub async fn acknowledge(&self, through: u64) -> Result<(), RelayFailure> {
        let body = Acknowledge { through };
        self.done(|| self.client.as_owner(Method::POST, "/api/mailbox/ack").json(&body)).await
    }

    /// A sealed chunk that somebody left for us.
    pub async fn blob(&self, id: &EnvelopeId) -> Result<Vec<u8>, RelayFailure> {
        let path = format!("/api/blobs/{id}");
        self.signed_in(|| self.client.as_owner(Method::GET, &path), MAX_BLOB_BYTES).await?.octets()
    }

    /// Lets our relay delete a chunk that is safe with us. Idempotent.
    pub async fn delete_blob(&self, id: &EnvelopeId) -> Result<(), RelayFailure> {
        let path = format!("/api/blobs/{id}");
        self.done(|| self.client.as_owner(Method::DELETE, &path)).await
    }

    /// Has our relay keep a part of a sealed backup, in the place of one of that name. `Ok` means that it is on disk there.
    pub async fn keep_backup_part(&self, name: &EnvelopeId, part: &[u8]) -> Result<(), RelayFailure> {
        let path = format!("/api/backups/{name}");
        self.done(|| self.octets(Method::PUT, &path, part)).await
    }

    /// Deletes a part. Idempotent.
    pub async fn delete_backup_part(&self, name: &EnvelopeId) -> Result<(), RelayFailure> {
        let path = format!("/api/backups/{name}");
        self.done(|| self.client.as_owner(Method::DELETE, &path)).await
    }

    /// Deletes every part of every backup of ours. Idempotent.
    pub async fn clear_backups(&self) -> Result<(), RelayFailure> {
        self.done(|| self.client.as_owner(Method::DELETE, "/api/backups")).await
    }

    /// Has our relay call a URL when mail waits; the relay asks there at once.
    pub async fn set_webhook(&self, url: &str) -> Result<Webhook, RelayFailure> {
        let body = SetWebhook { url: url.to_owned() };
        let request = || self.client.as_owner(Method::PUT, "/api/webhook").json(&body);
        let webhook: Webhook = self.signed_in(request, SMALL_BYTES).await?.json()?;
        plain([&webhook.url, &webhook.secret])?;
        Ok(webhook)
    }

    /// Has it call none.
    pub async fn remove_webhook(&self) -> Result<(), RelayFailure> {
        self.done(|| self.client.as_owner(Method::DELETE, "/api/webhook")).await
    }

    /// Its last calls.
    pub async fn webhook_deliveries(&self) -> Result<WebhookDeliveries, RelayFailure> {
        let request = || self.client.as_owner(Method::GET, "/api/webhook/deliveries");
        let calls: WebhookDeliveries = self.signed_in(request, SMALL_BYTES).await?.json()?;
        plain(calls.deliveries.iter().map(|call| &call.id))?;
        Ok(calls)
    }

    /// Deletes the account and everything of it at the relay.
    pub async fn delete_account(&self) -> Result<(), RelayFailure> {
        self.done(|| self.client.as_owner(Method::DELETE, "/api/account")).await
    }

    async fn batch(&self, after: u64, limit: usize, wait: Duration) -> Result<Batch, RelayFailure> {
        let limit = limit.clamp(1, MAX_BATCH_ENVELOPES);
        let query = [("after", after), ("wait", wait.as_secs()), ("limit", limit as u64)];
        let request = || {
            let request = self.client.as_owner(Method::GET, "/api/mailbox");
            request.query(&query).timeout(wait + TIMEOUT)
        };
        let most_bytes = BATCH_HEADER_BYTES + limit * (MAX_ENVELOPE_BYTES + ITEM_HEADER_BYTES);
        let bytes = self.signed_in(request, most_bytes).await?.octets()?;
        let batch = Batch::parse(&bytes).map_err(|_| RelayFailure::Garbage("its batch of mail cannot be read"))?;
        let is_what_was_asked = batch.items.len() <= limit && batch.items.iter().all(|item| item.sequence > after);
        if !is_what_was_asked {
            return Err(RelayFailure::Garbage("its batch of mail is not what was asked for"));
        }
        Ok(batch)
    }

    fn octets(&self, method: Method, path: &str, body: &[u8]) -> RequestBuilder {
        let request = self.client.as_owner(method, path);
        request.header(CONTENT_TYPE, OCTETS).body(body.to_vec())
    }

    async fn done(&self, request: impl Fn() -> RequestBuilder) -> Result<(), RelayFailure> {
        let answer = self.signed_in(request, SMALL_BYTES).await?;
        answer.only(StatusCode::NO_CONTENT)
    }

    /// Sends the request under our session; once more under a new one when the relay no longer takes the old.
    async fn signed_in(&self, request: impl Fn() -> RequestBuilder, most_bytes: usize) -> Result<Answer, RelayFailure> {
        let token = self.token().await?;
        let answer = self.under(&token, request(), most_bytes).await?;
        if answer.status != StatusCode::UNAUTHORIZED {
            return Ok(answer);
        }
        self.session.forget(&token).await;
        let token = self.token().await?;
        self.under(&token, request(), most_bytes).await
    }

    async fn under(&self, token: &Token, request: RequestBuilder, most_bytes: usize) -> Result<Answer, RelayFailure> {
        let request = request.bearer_auth(token.bearer.as_str());
        self.client.call(request, self.client.own_relay(), most_bytes).await
    }

    async fn token(&self) -> Result<Token, RelayFailure> {
        let now = self.client.relay_time(self.client.own_relay());
        self.session.token(now, async || self.open_session().await).await
    }

    async fn open_session(&self) -> Result<Token, RelayFailure> {
        let challenge = self.challenge().await?;
        let (owner, relay) = (&self.owner, self.client.own_relay());
        let proof = SessionProof::sign(&owner.device, &owner.certificate, relay, &challenge);
        let session = SessionRequest {
            certificate: owner.certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
        };
        let request = self.client.as_owner(Method::POST, "/api/session");
        let given: SessionToken = self.call(request.json(&session)).await?.json()?;
        Token::parse(given)
    }

    async fn challenge(&self) -> Result<String, RelayFailure> {
        let request = self.client.as_owner(Method::POST, "/api/session/challenge");
        let answer = self.call(request.json(&serde_json::json!({}))).await?;
        let challenge: Challenge = answer.json()?;
        check_challenge(&challenge.challenge)?;
        Ok(challenge.challenge)
    }

    async fn call(&self, request: RequestBuilder) -> Result<Answer, RelayFailure> {
        self.client.call(request, self.client.own_relay(), SMALL_BYTES).await
    }
}

/// The owner is shown these words of the relay's, so they hold nothing that a terminal would act upon.
fn plain<'a>(texts: impl IntoIterator<Item = &'a String>) -> Result<(), RelayFailure> {
    let are_plain = texts.into_iter().all(|text| text.bytes().all(|byte| byte.is_ascii_graphic()));
    if are_plain { Ok(()) } else { Err(RelayFailure::Garbage("its words about a webhook are no plain ones")) }
}

impl std::fmt::Debug for OwnRelay {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnRelay").field("client", &self.client).finish_non_exhaustive()
    }
}

const BATCH_HEADER_BYTES: usize = 12;
const ITEM_HEADER_BYTES: usize = 64;
/// Thousands of lanes.
const LIST_BYTES: usize = 4 * 1024 * 1024;
