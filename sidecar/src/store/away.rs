//! The owner's away text, and whom it is told, in one sealed record.

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "meta";
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
    let sealed: Option<Vec<u8>> =
        tx.sql.query_row("SELECT record FROM meta WHERE key = ?1", [KEY], |row| row.get(0)).optional()?;
    sealed.map(|sealed| tx.seal.open_record(place(), &sealed)).transpose()
}

/// Sets it.
pub(crate) fn save(tx: &Tx<'_>, record: &AwayRecord) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        params![KEY, tx.seal.seal_record(place(), record)?],
    )?;
    Ok(())
}

/// Forgets it; false when there was none.
pub(crate) fn remove(tx: &Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.sql.execute("DELETE FROM meta WHERE key = ?1", [KEY])? > 0)
}

fn place() -> Place<'static> {
    Place::record(TABLE, KEY.as_bytes())
}
