//! The view of the calendar that answers by rule.

use serde::Serialize;

/// What the owner set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FreeBusyView {
    /// The file's whole path.
    pub file: String,
    /// The zone of times that name none, where the owner said it.
    pub zone: Option<String>,
    /// The peers whose questions are answered alone.
    pub answered: Vec<String>,
}
