//! What one round of collecting and sending did.

use serde::Serialize;

/// Counts of one round; problems are in our words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SyncReport {
    /// Envelopes taken in.
    pub collected: u64,
    /// New messages for the inbox.
    pub messages: u64,
    /// Envelopes that a peer's relay took.
    pub deposited: u64,
    /// Envelopes still on this machine.
    pub waiting: u64,
    /// What did not work.
    pub problems: Vec<String>,
}
