//! Views of how things stand, for a face that stays open.

use std::time::Duration;

use a2a_proto::time::Timestamp;
use serde::Serialize;

use super::{AuditEntry, InboxMessage, Notice, PairView, RelayState};

/// How things stand on this machine; no relay is asked for it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Glance {
    /// Messages not yet shown to the model.
    pub unread: u64,
    /// Agents that we are paired with.
    pub pairs: u64,
    /// Acts and requests that wait for the owner.
    pub pending: u64,
    /// Own messages that the peer's relay has not taken yet.
    pub waiting: u64,
    /// When our relay last told us what is in our mailbox, whichever process asked.
    pub pulled_at: Option<Timestamp>,
    /// The newest entry of the audit log.
    pub last_decision: Option<AuditEntry>,
    /// What to know beside the mail; looking does not use it up.
    pub notices: Vec<Notice>,
    /// Differs from an earlier one when anything was written in between, by whichever process.
    pub revision: String,
}

/// How our relay answered just now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct RelayReply {
    /// Whether it answered.
    pub state: RelayState,
    /// How long that took, connecting included.
    pub took: Duration,
}

/// One conversation of the inbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadSummary {
    /// With whom.
    pub pair: PairView,
    /// What was written last, either way.
    pub last: Option<InboxMessage>,
}
