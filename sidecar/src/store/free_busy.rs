//! The owner's calendar file, whom it answers, and which questions wait, in one sealed record.

use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;
use serde::{Deserialize, Serialize};

use super::{StoreError, Tx, meta};

const KEY: &str = "free_busy";
/// More questions do not wait at once.
const MOST_OWED: usize = 32;

/// What the owner set.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct FreeBusyRecord {
    /// The file's whole path.
    pub(crate) file: String,
    /// The zone of times that name none.
    pub(crate) zone: Option<String>,
    /// Peers that are answered alone.
    pub(crate) peers: Vec<i64>,
    /// Questions that wait.
    pub(crate) owed: Vec<Asked>,
}

/// A question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// Whose.
    pub(crate) peer: i64,
    /// Which message.
    pub(crate) message_id: MessageId,
    /// What it was written about.
    pub(crate) scope: Scope,
    /// From when, in seconds since the epoch.
    pub(crate) from: i64,
    /// To when.
    pub(crate) to: i64,
}

impl FreeBusyRecord {
    /// Notes a question, unless too many wait.
    pub(crate) fn owe(&mut self, asked: Asked) {
        if self.owed.len() < MOST_OWED {
            self.owed.push(asked);
        }
    }
}

/// What is set, if anything.
pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<FreeBusyRecord>, StoreError> {
    meta::record(tx, KEY)
}

/// Sets it.
pub(crate) fn save(tx: &Tx<'_>, record: &FreeBusyRecord) -> Result<(), StoreError> {
    meta::set_record(tx, KEY, record)
}

/// Forgets it; false when there was none.
pub(crate) fn remove(tx: &Tx<'_>) -> Result<bool, StoreError> {
    meta::remove(tx, KEY)
}
