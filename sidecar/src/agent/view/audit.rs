//! Views of the audit log.

use a2a_proto::time::Timestamp;
use serde::Serialize;

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only after this entry.
    pub after: Option<u64>,
    /// How many at most, the newest of them; 100 unless said.
    pub limit: Option<usize>,
}

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditEntry {
    /// Its place in the log, from 1.
    pub number: u64,
    /// When it was taken.
    pub at: Timestamp,
    /// What was decided: `invite_made`, `paired`, `revoked` …
    pub event: String,
    /// Whom it concerns: a petname or id.
    pub peer: Option<String>,
    /// More, in our words.
    pub detail: Option<String>,
    /// How the owner approved it; `unverified human` for a form.
    pub approved_by: Option<String>,
    /// SHA-256 of the entry, which the next one names.
    pub hash: String,
}

/// What a check of the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditReport {
    /// How many entries were checked.
    pub entries: u64,
    /// The number of the first entry that does not fit, if any.
    pub broken_at: Option<u64>,
    /// One sentence.
    pub summary: String,
}

impl AuditReport {
    /// Whether every entry fits the one before it and its signature.
    pub fn is_sound(&self) -> bool {
        self.broken_at.is_none()
    }
}
