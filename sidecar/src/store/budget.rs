//! What was written to each peer without its owner's hand within the last day, and what the owner allows.

use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::number::{int, moment, timestamp, uint};
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "guards";

/// What was written in a while.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Spent {
    /// How many messages.
    pub(crate) messages: u64,
    /// Their bytes.
    pub(crate) bytes: u64,
}

/// Notes a message.
pub(crate) fn spend(tx: &Tx<'_>, peer: PeerKey, at: Timestamp, bytes: u64) -> Result<(), StoreError> {
    tx.sql
        .execute("INSERT INTO spent (peer, at, bytes) VALUES (?1, ?2, ?3)", params![peer.0, moment(at), int(bytes)])?;
    Ok(())
}

/// What was written to a peer since a moment.
pub(crate) fn since(tx: &Tx<'_>, peer: PeerKey, since: Timestamp) -> Result<Spent, StoreError> {
    Ok(tx.sql.query_row(
        "SELECT count(*), coalesce(sum(bytes), 0) FROM spent WHERE peer = ?1 AND at > ?2",
        params![peer.0, moment(since)],
        |row| Ok(Spent { messages: uint(row.get(0)?), bytes: uint(row.get(1)?) }),
    )?)
}

/// When the message was written that is `back` before the newest one.
pub(crate) fn nth_newest(tx: &Tx<'_>, peer: PeerKey, back: u64) -> Result<Option<Timestamp>, StoreError> {
    let sql = "SELECT at FROM spent WHERE peer = ?1 ORDER BY at DESC, id DESC LIMIT 1 OFFSET ?2";
    Ok(tx.sql.query_row(sql, params![peer.0, int(back)], |row| row.get(0)).optional()?.map(timestamp))
}

/// Begins to count anew: the owner was there.
pub(crate) fn clear(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM spent WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Forgets what is older.
pub(crate) fn forget_before(tx: &Tx<'_>, before: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM spent WHERE at <= ?1", [moment(before)])?;
    Ok(())
}

/// What the owner set for a peer, if anything.
pub(crate) fn settings<R: DeserializeOwned>(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<R>, StoreError> {
    let sealed: Option<Vec<u8>> =
        tx.sql.query_row("SELECT record FROM guards WHERE peer = ?1", [peer.0], |row| row.get(0)).optional()?;
    sealed.map(|sealed| tx.seal.open_record(Place::record(TABLE, &peer.0.to_be_bytes()), &sealed)).transpose()
}

/// Sets it.
pub(crate) fn set<R: Serialize>(tx: &Tx<'_>, peer: PeerKey, record: &R) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &peer.0.to_be_bytes()), record)?;
    tx.sql.execute(
        "INSERT INTO guards (peer, record) VALUES (?1, ?2) ON CONFLICT (peer) DO UPDATE SET record = excluded.record",
        params![peer.0, sealed],
    )?;
    Ok(())
}
