//! What a relay says about itself, and what it asks of strangers.

use serde::{Deserialize, Serialize};

use crate::address::RelayAuthority;
use crate::time::Timestamp;

/// A relay's description of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayInfo {
    /// The protocol: [`RelayInfo::PROTOCOL`].
    pub protocol: String,
    /// The relay program's version.
    pub version: String,
    /// The authority in MACs, sessions and links.
    pub authority: RelayAuthority,
    /// Who may register.
    pub registration: RegistrationPolicy,
    /// Leading zero bits that a knock's work needs; one figure for the whole relay.
    pub knock_difficulty: u32,
    /// The relay's bounds.
    pub limits: RelayLimits,
    /// The oldest sidecar that works with this relay.
    pub minimum_client: String,
}

impl RelayInfo {
    /// The protocol's name and number.
    pub const PROTOCOL: &'static str = "a2a/1";
}

/// Who may register at a relay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum RegistrationPolicy {
    /// Anybody.
    Open,
    /// Whoever has a registration token.
    Token,
    /// Nobody.
    Closed,
}

/// A relay's bounds. A relay may lower some of them; a sidecar asks.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct RelayLimits {
    /// The largest envelope in bytes.
    pub max_envelope_bytes: u64,
    /// The largest knock in bytes.
    pub max_knock_bytes: u64,
    /// What a mailbox holds in bytes.
    pub mailbox_bytes: u64,
    /// How many envelopes a mailbox holds.
    pub mailbox_envelopes: u64,
    /// How many uncollected envelopes one lane may have.
    pub lane_envelopes: u64,
    /// How many uncollected knocks a mailbox takes.
    pub knocks_pending: u64,
    /// How long an uncollected envelope is kept.
    pub envelope_lifetime_secs: u64,
    /// How long a collect may wait.
    pub long_poll_secs: u64,
}

/// What a stranger must work on before knocking.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KnockChallenge {
    /// The challenge, an opaque base64url text.
    pub challenge: String,
    /// Leading zero bits that the work needs.
    pub difficulty: u32,
    /// Until when the challenge counts.
    pub expires_at: Timestamp,
}
