//! The owner's away text, and whom it is told, in one sealed record.

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::peers::PeerKey;
use super::{StoreError, Tx, meta};

const KEY: &str = "away";

/// One absence as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AwayRecord {
    /// What whoever writes is told.
    pub(crate) text: String,
    /// Since when.
    pub(crate) since: Timestamp,
    /// When the owner is back, if that is known.
    pub(crate) until: Option<Timestamp>,
    /// Peers that wrote during this absence. Each is told once.
    pub(crate) wrote: Vec<i64>,
    /// Those of them that are to be told yet, and what their message was about.
    pub(crate) owed: Vec<(i64, Scope)>,
}

impl AwayRecord {
    /// Notes that a peer wrote; true the first time.
    pub(crate) fn note(&mut self, peer: PeerKey, scope: &Scope) -> bool {
        if self.wrote.contains(&peer.0) {
            return false;
        }
        self.wrote.push(peer.0);
        self.owed.push((peer.0, scope.clone()));
        true
    }
}

/// The absence that was set last, whether or not it is over.
pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<AwayRecord>, StoreError> {
    meta::record(tx, KEY)
}

/// Sets it.
pub(crate) fn save(tx: &Tx<'_>, record: &AwayRecord) -> Result<(), StoreError> {
    meta::set_record(tx, KEY, record)
}

/// Forgets it; false when there was none.
pub(crate) fn remove(tx: &Tx<'_>) -> Result<bool, StoreError> {
    meta::remove(tx, KEY)
}
