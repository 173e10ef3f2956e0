//! Views of the audit log.

use a2a_proto::time::Timestamp;
use serde::Serialize;

/// Which entries to list.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditQuery {
    /// Only after this entry.
    pub after: Option<u64>,
    /// Only from this moment on.
    pub since: Option<Timestamp>,
    /// Only what concerns this petname or id.
    pub peer: Option<String>,
    /// How many at most, the newest of them; 100 unless said.
    pub limit: Option<usize>,
}

/// What to take out of the log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditExport {
    /// Which entries; of others at most their digests are taken out.
    pub query: AuditQuery,
    /// Leaves out whom an entry concerns.
    pub redacted: bool,
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
    /// SHA-256 of the exact bytes that the owner decided on, where an act was put to them.
    pub bytes: Option<String>,
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
    /// Whether the vault knows a newer log than this one.
    pub rolled_back: bool,
    /// The entry up to which the vault vouches that nothing is missing, if it keeps one.
    pub kept_until: Option<u64>,
    /// One or two sentences.
    pub summary: String,
}

impl AuditReport {
    /// Whether every entry fits the one before it and its signature, and none is missing that the vault knows.
    pub fn is_sound(&self) -> bool {
        self.broken_at.is_none() && !self.rolled_back
    }
}
