//! A webhook as it stands in the store.

use a2a_proto::api::{Base64, WebhookDelivery, WebhookState};
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use data_encoding::BASE64;
use serde::{Deserialize, Serialize};

use super::schedule::{Next, after_failure};
use crate::entropy;
use crate::secret::MasterSecret;
use crate::state::Relay;
use crate::store::{NewRecord, Put, Shelf, StoreError};

const SECRET: &str = "a2a-relay/1/webhook-secret";
/// So many past calls are kept.
const DELIVERIES: usize = 20;

/// What is kept. The secret is not: it is derived when it is needed.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) url: String,
    pub(crate) state: WebhookState,
    salt: Base64,
    /// The version of the master secret that the webhook's secret comes from.
    secret_version: u32,
    /// When the failures in a row began.
    failing_since: Option<Timestamp>,
    failures: u32,
    pub(crate) next_try_at: Option<Timestamp>,
    /// Newest first.
    pub(crate) deliveries: Vec<WebhookDelivery>,
    /// How it stood when it was loaded.
    #[serde(skip)]
    loaded: Bytes,
}

impl Standing {
    /// A new webhook, not verified yet.
    pub(crate) fn new(url: String, secret: &MasterSecret) -> Self {
        Self {
            url,
            state: WebhookState::Unverified,
            salt: entropy::bytes::<16>().as_slice().into(),
            secret_version: secret.current_version(),
            failing_since: None,
            failures: 0,
            next_try_at: None,
            deliveries: Vec::new(),
            loaded: Bytes::new(),
        }
    }

    /// The owner's webhook, if there is one.
    pub(crate) async fn load(relay: &Relay, owner: AgentId) -> Result<Option<Self>, StoreError> {
        let Some(loaded) = relay.store.record(owner, Shelf::Webhook, Bytes::new()).await? else { return Ok(None) };
        let standing: Option<Self> = serde_json::from_slice(&loaded).ok();
        Ok(standing.map(|standing| Self { loaded, ..standing }))
    }

    /// Replaces what is kept, whatever it is.
    pub(crate) async fn save(&self, relay: &Relay, owner: AgentId) -> Result<Put, StoreError> {
        self.put(relay, owner, None).await
    }

    /// Replaces what was loaded, unless its owner set or removed it meanwhile.
    pub(crate) async fn save_unless_changed(&self, relay: &Relay, owner: AgentId) -> Result<Put, StoreError> {
        self.put(relay, owner, Some(self.loaded.clone())).await
    }

    async fn put(&self, relay: &Relay, owner: AgentId, replaces: Option<Bytes>) -> Result<Put, StoreError> {
        // Strings, numbers and bytes in base64 always serialise.
        let value = serde_json::to_vec(self).unwrap_or_default();
        let record = NewRecord {
            shelf: Shelf::Webhook,
            key: Bytes::new(),
            lane: None,
            value: value.into(),
            replaces,
            expires_at: None,
            now: relay.now(),
        };
        relay.store.put_record(owner, record).await
    }

    /// What its calls are signed with, in the form of Standard Webhooks.
    pub(crate) fn secret(&self, master: &MasterSecret, owner: &AgentId) -> String {
        let mut input = owner.as_bytes().to_vec();
        input.extend_from_slice(&self.salt.0);
        format!("whsec_{}", BASE64.encode(&master.derive(self.secret_version, SECRET, &input)))
    }

    /// Notes a try and decides what follows.
    pub(crate) fn note(&mut self, id: String, at: Timestamp, outcome: Outcome, jitter: u8) {
        let delivered = outcome == Outcome::Delivered;
        self.deliveries.insert(0, WebhookDelivery { id, at, attempt: self.failures + 1, delivered });
        self.deliveries.truncate(DELIVERIES);
        if delivered {
            (self.failing_since, self.failures, self.next_try_at) = (None, 0, None);
            return;
        }
        self.failures += 1;
        let since = *self.failing_since.get_or_insert(at);
        match after_failure(since, self.failures, at, jitter) {
            Next::At(next) if outcome == Outcome::Failed => self.next_try_at = Some(next),
            Next::At(_) | Next::GiveUp => self.disable(),
        }
    }

    fn disable(&mut self) {
        self.state = WebhookState::Disabled;
        (self.failing_since, self.failures, self.next_try_at) = (None, 0, None);
    }

    /// Its server answered the challenge.
    pub(crate) fn verified(&mut self) {
        self.state = WebhookState::Active;
        (self.failing_since, self.failures, self.next_try_at) = (None, 0, None);
    }

    /// The id of the call that is tried again, if one is.
    pub(crate) fn call_under_way(&self) -> Option<String> {
        let last = self.deliveries.first().filter(|_| self.failures > 0)?;
        Some(last.id.clone())
    }
}

/// What became of a try.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The server took it.
    Delivered,
    /// It did not; why is not told.
    Failed,
    /// The server says that nobody is there any more.
    Gone,
}

impl Outcome {
    /// As counters name it.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Failed => "failed",
            Self::Gone => "gone",
        }
    }
}
