//! What a revocation took away, kept sealed for as long as the owner may take it back.

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, timestamp};
use super::peers::{OfferRecord, PeerKey};
use super::{Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "undo";

/// What stood before a revocation.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct UndoRecord {
    /// What the peer might write to us about.
    pub(crate) granted: Vec<Scope>,
    /// What else went, when the whole pair ended.
    pub(crate) ended: Option<Ended>,
}

/// What the end of a pair took away beside the grant.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Ended {
    /// Where we deposited.
    pub(crate) deposit: Option<OfferRecord>,
    /// The sessions, in stored form.
    pub(crate) sessions: Vec<SecretBlob>,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Step {
    id: [u8; 16],
    /// What stood before.
    pub(crate) record: UndoRecord,
}

/// Keeps what one revocation takes away.
pub(crate) fn keep(
    tx: &Tx<'_>,
    id: [u8; 16],
    peer: PeerKey,
    until: Timestamp,
    record: &UndoRecord,
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &id), record)?;
    tx.sql.execute(
        "INSERT INTO undo (id, peer, until, record) VALUES (?1, ?2, ?3, ?4)",
        params![id.as_slice(), peer.0, moment(until), sealed],
    )?;
    Ok(())
}

/// The last revocation of a peer that can still be taken back.
pub(crate) fn newest(tx: &Tx<'_>, peer: PeerKey, now: Timestamp) -> Result<Option<Step>, StoreError> {
    let row: Option<([u8; 16], Vec<u8>)> = tx
        .sql
        .query_row(
            "SELECT id, record FROM undo WHERE peer = ?1 AND until > ?2 ORDER BY rowid DESC LIMIT 1",
            params![peer.0, moment(now)],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    row.map(|(id, sealed)| Ok(Step { id, record: tx.seal.open_record(Place::record(TABLE, &id), &sealed)? }))
        .transpose()
}

/// Until when the last revocation of a peer can be taken back.
pub(crate) fn until(tx: &Tx<'_>, peer: PeerKey, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
    let until: Option<i64> = tx
        .sql
        .query_row(
            "SELECT until FROM undo WHERE peer = ?1 AND until > ?2 ORDER BY rowid DESC LIMIT 1",
            params![peer.0, moment(now)],
            |row| row.get(0),
        )
        .optional()?;
    Ok(until.map(timestamp))
}

/// Forgets a revocation that was taken back.
pub(crate) fn done(tx: &Tx<'_>, step: &Step) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM undo WHERE id = ?1", [step.id.as_slice()])?;
    Ok(())
}

/// Forgets what a pair that was made anew has replaced.
pub(crate) fn delete_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM undo WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Forgets what cannot be taken back any more.
pub(crate) fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM undo WHERE until <= ?1", [moment(now)])?)
}
