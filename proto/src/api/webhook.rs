//! Webhooks: a relay's call to its owner's own server that mail is waiting, and nothing more.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// Asks the relay to call this URL.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SetWebhook {
    /// `https://…`
    pub url: String,
}

/// A webhook as its owner sees it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Webhook {
    /// What is called.
    pub url: String,
    /// Whether it is called.
    pub state: WebhookState,
    /// What the calls are signed with (Standard Webhooks, `whsec_…`); for the owner's server.
    pub secret: String,
}

impl std::fmt::Debug for Webhook {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { url: _, state, secret: _ } = self;
        f.debug_struct("Webhook").field("state", state).finish_non_exhaustive()
    }
}

/// Whether a webhook is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum WebhookState {
    /// Not yet: its server did not answer the challenge. Setting it again asks again.
    Unverified,
    /// When mail arrives.
    Active,
    /// No more: it failed for 24 hours, or its server said that it is gone. Setting it again asks again.
    Disabled,
}

/// The last calls of a webhook.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDeliveries {
    /// Whether it is called.
    pub state: WebhookState,
    /// When the next try is, after a failure.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_try_at: Option<Timestamp>,
    /// The last calls, newest first.
    pub deliveries: Vec<WebhookDelivery>,
}

/// One call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct WebhookDelivery {
    /// The call's name; tries of one call have one name.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// Which try it was, from 1.
    pub attempt: u32,
    /// Whether the server took it. Why not is not told: it would show what a relay can reach.
    pub delivered: bool,
}
