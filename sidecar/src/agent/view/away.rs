//! The view of the owner's absence.

use a2a_proto::time::Timestamp;

use crate::agent::Untrusted;

/// An absence that lasts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AwayView {
    /// What whoever writes is told: the owner's words.
    pub text: Untrusted,
    /// Since when.
    pub since: Timestamp,
    /// When it ends by itself.
    pub until: Option<Timestamp>,
    /// The peers that were told.
    pub told: Vec<String>,
}
