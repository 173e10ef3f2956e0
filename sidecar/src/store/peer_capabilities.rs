//! What is said between peers only of what each takes: our list, whom it was told, and the lists of peers.

use a2a_proto::card::Capability;
use a2a_proto::counter::Counter;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::number::int;
use super::peers::PeerKey;
use super::{Place, StoreError, Tx, meta};

const OWN_KEY: &str = "peer_capabilities";
const TABLE: &str = "peer_capabilities";

/// Our list for peers only.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct OwnList {
    /// Which list it is, from 1; a list that was taken back is an empty one of the next number.
    pub(crate) number: u64,
    /// What it says.
    pub(crate) capabilities: Vec<Capability>,
    /// Since when it says so.
    pub(crate) at: Timestamp,
}

/// What a peer told us.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct TheirList {
    /// The device epoch of its counter.
    epoch: u32,
    /// The number of its counter.
    number: u64,
    /// What it said: a peer's words.
    pub(crate) capabilities: Vec<Capability>,
    /// When it came.
    pub(crate) at: Timestamp,
}

impl TheirList {
    /// A list as it came.
    pub(crate) fn new(counter: Counter, capabilities: Vec<Capability>, at: Timestamp) -> Self {
        Self { epoch: counter.epoch, number: counter.number, capabilities, at }
    }

    /// What orders the lists of one peer.
    pub(crate) fn counter(&self) -> Counter {
        Counter::new(self.epoch, self.number)
    }
}

/// Our list, if there ever was one.
pub(crate) fn own(tx: &Tx<'_>) -> Result<Option<OwnList>, StoreError> {
    meta::record(tx, OWN_KEY)
}

/// Sets it.
pub(crate) fn set_own(tx: &Tx<'_>, list: &OwnList) -> Result<(), StoreError> {
    meta::set_record(tx, OWN_KEY, list)
}

/// Peers that are to be told our list: paired, with a session, and not told it in that session. One that was told
/// nothing is not told that nothing is left.
pub(crate) fn untold(tx: &Tx<'_>, list: &OwnList) -> Result<Option<PeerKey>, StoreError> {
    let found: Option<i64> = tx
        .sql
        .prepare_cached(
            "SELECT peers.id FROM peers LEFT JOIN told ON told.peer = peers.id
             WHERE peers.state = 'paired' AND EXISTS (SELECT 1 FROM sessions WHERE sessions.peer = peers.id)
             AND (abs(told.number) <> ?1 OR (told.number IS NULL AND ?2)) ORDER BY peers.id LIMIT 1",
        )?
        .query_row(params![int(list.number), !list.capabilities.is_empty()], |row| row.get(0))
        .optional()?;
    Ok(found.map(PeerKey))
}

/// Notes that a peer was told.
pub(crate) fn note_told(tx: &Tx<'_>, peer: PeerKey, number: u64) -> Result<(), StoreError> {
    note(tx, peer, int(number))
}

/// Notes that a peer could not be told: it is not tried again with this list in this session.
pub(crate) fn note_untold(tx: &Tx<'_>, peer: PeerKey, number: u64) -> Result<(), StoreError> {
    note(tx, peer, -int(number))
}

fn note(tx: &Tx<'_>, peer: PeerKey, number: i64) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO told (peer, number) VALUES (?1, ?2) ON CONFLICT (peer) DO UPDATE SET number = excluded.number",
        params![peer.0, number],
    )?;
    Ok(())
}

/// Whom the list of this number was told.
pub(crate) fn told(tx: &Tx<'_>, number: u64) -> Result<Vec<PeerKey>, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT peer FROM told WHERE number = ?1 ORDER BY peer")?;
    let rows = statement.query_map([int(number)], |row| Ok(PeerKey(row.get(0)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// What a peer told us last, if anything.
pub(crate) fn of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<TheirList>, StoreError> {
    let sealed: Option<Vec<u8>> = tx
        .sql
        .query_row("SELECT record FROM peer_capabilities WHERE peer = ?1", [peer.0], |row| row.get(0))
        .optional()?;
    sealed.map(|sealed| tx.seal.open_record(Place::record(TABLE, &peer.0.to_be_bytes()), &sealed)).transpose()
}

/// Forgets what a peer told us.
pub(crate) fn forget(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM peer_capabilities WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Notes it.
pub(crate) fn put(tx: &Tx<'_>, peer: PeerKey, list: &TheirList) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &peer.0.to_be_bytes()), list)?;
    tx.sql.execute(
        "INSERT INTO peer_capabilities (peer, record) VALUES (?1, ?2)
         ON CONFLICT (peer) DO UPDATE SET record = excluded.record",
        params![peer.0, sealed],
    )?;
    Ok(())
}
