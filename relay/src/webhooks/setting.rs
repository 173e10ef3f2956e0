//! Setting and removing an owner's webhook: its server is asked first whether it wants to be called.

use a2a_guard::{CallbackUrl, Forbidden};
use a2a_proto::api::WebhookState;
use a2a_proto::id::AgentId;
use bytes::Bytes;
use data_encoding::BASE64URL_NOPAD;
use serde_json::json;

use super::call::{Caller, Message};
use super::standing::Standing;
use super::{AT_ONCE, fresh_id};
use crate::entropy;
use crate::error::Refusal;
use crate::extract::holds;
use crate::state::Relay;
use crate::store::{Put, Shelf, StoreError};
use crate::tickets::Session;

/// Why a webhook is not set.
pub(crate) enum NotSet {
    /// Its URL is none that is called.
    Forbidden(Forbidden),
    /// Something else.
    Refused(Refusal),
}

impl From<StoreError> for NotSet {
    fn from(error: StoreError) -> Self {
        Self::Refused(error.into())
    }
}

/// Sets an owner's webhook and asks its server whether it wants to be called. The same URL again keeps the secret.
/// The server may take its time, so the right is looked at again before anything is kept.
pub(crate) async fn set(relay: &Relay, session: &Session, url: String) -> Result<(Standing, String), NotSet> {
    let owner = session.agent;
    let caller = relay.webhooks.caller().ok_or(NotSet::Refused(Refusal::Unavailable))?;
    let checked = caller.check(&url).map_err(NotSet::Forbidden)?;
    if is_ourselves(relay, &checked) {
        return Err(NotSet::Forbidden(Forbidden::LocalName));
    }
    let asking = relay.webhooks.asking.begin(owner, AT_ONCE).ok_or(NotSet::Refused(Refusal::Unavailable))?;
    let earlier = Standing::load(relay, owner).await?.filter(|earlier| earlier.url == url);
    let mut standing = earlier.unwrap_or_else(|| Standing::new(url, &relay.secret));
    let secret = standing.secret(&relay.secret, &owner);
    let verified = verify(relay, caller, &standing, &secret).await;
    drop(asking);
    if verified {
        standing.verified();
    } else if standing.state == WebhookState::Disabled {
        standing.state = WebhookState::Unverified;
    }
    if !holds(relay, session).await? || standing.save(relay, owner).await? != Put::Done {
        return Err(NotSet::Refused(Refusal::Unauthorized));
    }
    match standing.state {
        WebhookState::Active => relay.webhooks.call_from_now_on(owner, relay.now()),
        WebhookState::Unverified | WebhookState::Disabled => relay.webhooks.forget(&owner),
    }
    Ok((standing, secret))
}

/// A relay that calls itself could be kept busy with itself.
fn is_ourselves(relay: &Relay, url: &CallbackUrl) -> bool {
    let url = url.url();
    let host = url.host_str().unwrap_or_default();
    let authority = url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
    authority == relay.policy.authority.as_str()
}

async fn verify(relay: &Relay, caller: &Caller, standing: &Standing, secret: &str) -> bool {
    let (id, challenge) = (fresh_id(), BASE64URL_NOPAD.encode(&entropy::bytes::<24>()));
    let body = json!({ "v": 1, "event": "challenge", "id": id, "challenge": challenge }).to_string();
    let message = Message { id: &id, at: relay.now(), secret, body };
    caller.echoes(&standing.url, message, &challenge).await
}

/// Takes an owner's webhook away.
pub(crate) async fn remove(relay: &Relay, owner: AgentId) -> Result<(), StoreError> {
    relay.store.take_record(owner, Shelf::Webhook, Bytes::new()).await?;
    relay.webhooks.forget(&owner);
    Ok(())
}
