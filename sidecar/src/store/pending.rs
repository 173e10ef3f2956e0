//! Acts that wait for the owner, found again by the digest of exactly what was asked.

use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::number::{moment, timestamp, uint};
use super::{Place, StoreError, Tx};

const TABLE: &str = "pending";

/// How far an act is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The owner has not decided.
    Asked,
    /// The owner said yes; it has not been done yet.
    Approved,
    /// It was done; the result waits to be claimed by the act's caller.
    Done,
    /// The owner said no.
    Declined,
}

impl Stage {
    fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Approved => "approved",
            Self::Done => "done",
            Self::Declined => "declined",
        }
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        [Self::Asked, Self::Approved, Self::Done, Self::Declined]
            .into_iter()
            .find(|stage| stage.word() == word)
            .ok_or(StoreError::Unreadable { table: TABLE })
    }
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Stored<R> {
    /// What the owner types.
    pub(crate) id: String,
    /// How far it is.
    pub(crate) stage: Stage,
    /// When it was asked for.
    pub(crate) created_at: Timestamp,
    /// When it lapses.
    pub(crate) expires_at: Timestamp,
    /// What was asked, and what came of it.
    pub(crate) record: R,
}

/// Adds an act that waits.
pub(crate) fn insert<R: Serialize>(tx: &Tx<'_>, digest: &[u8; 32], stored: &Stored<R>) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, stored.id.as_bytes()), &stored.record)?;
    tx.sql.execute(
        "INSERT INTO pending (id, digest, state, created_at, expires_at, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            stored.id,
            digest.as_slice(),
            stored.stage.word(),
            moment(stored.created_at),
            moment(stored.expires_at),
            sealed
        ],
    )?;
    Ok(())
}

/// The act of that id.
pub(crate) fn find<R: DeserializeOwned>(tx: &Tx<'_>, id: &str) -> Result<Option<Stored<R>>, StoreError> {
    one(tx, "id = ?1", params![id])
}

/// The acts that ask for exactly this, newest first.
pub(crate) fn by_digest<R: DeserializeOwned>(
    tx: &Tx<'_>,
    digest: &[u8; 32],
    now: Timestamp,
) -> Result<Vec<Stored<R>>, StoreError> {
    let sql = select("digest = ?1 AND expires_at > ?2 ORDER BY created_at DESC, rowid DESC");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map(params![digest.as_slice(), moment(now)], columns)?;
    rows.collect::<Result<Vec<_>, _>>()?.into_iter().map(|row| open(tx, row)).collect()
}

/// Acts that the owner has not decided, oldest first.
pub(crate) fn asked<R: DeserializeOwned>(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Stored<R>>, StoreError> {
    let sql = select("state IN ('asked', 'approved') AND expires_at > ?1 ORDER BY created_at, id");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map([moment(now)], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| open(tx, row)).collect()
}

/// Acts that were done and whose result was not claimed.
pub(crate) fn done<R: DeserializeOwned>(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<Stored<R>>, StoreError> {
    let mut statement = tx.sql.prepare_cached(&select("state = 'done' AND expires_at > ?1 ORDER BY created_at, id"))?;
    let rows = statement.query_map([moment(now)], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| open(tx, row)).collect()
}

/// How many acts the owner has not decided.
pub(crate) fn asked_count(tx: &Tx<'_>, now: Timestamp) -> Result<u64, StoreError> {
    Ok(uint(tx.sql.query_row(
        "SELECT count(*) FROM pending WHERE state = 'asked' AND expires_at > ?1",
        [moment(now)],
        |row| row.get(0),
    )?))
}

/// Writes back how far an act is.
pub(crate) fn update<R: Serialize>(tx: &Tx<'_>, stored: &Stored<R>) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, stored.id.as_bytes()), &stored.record)?;
    tx.sql.execute(
        "UPDATE pending SET state = ?2, expires_at = ?3, record = ?4 WHERE id = ?1",
        params![stored.id, stored.stage.word(), moment(stored.expires_at), sealed],
    )?;
    Ok(())
}

/// Deletes an act whose result was claimed.
pub(crate) fn delete(tx: &Tx<'_>, id: &str) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM pending WHERE id = ?1", [id])?;
    Ok(())
}

/// Deletes what lapsed before a moment.
pub(crate) fn delete_expired(tx: &Tx<'_>, expired_before: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM pending WHERE expires_at < ?1", [moment(expired_before)])?)
}

fn one<R: DeserializeOwned>(
    tx: &Tx<'_>,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Stored<R>>, StoreError> {
    let row = tx.sql.query_row(&select(condition), params, columns).optional()?;
    row.map(|row| open(tx, row)).transpose()
}

fn select(condition: &str) -> String {
    format!("SELECT id, state, created_at, expires_at, record FROM pending WHERE {condition}")
}

type Columns = (String, String, i64, i64, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn open<R: DeserializeOwned>(
    tx: &Tx<'_>,
    (id, state, created, expires, sealed): Columns,
) -> Result<Stored<R>, StoreError> {
    let record = tx.seal.open_record(Place::record(TABLE, id.as_bytes()), &sealed)?;
    Ok(Stored {
        stage: Stage::from_word(&state)?,
        created_at: timestamp(created),
        expires_at: timestamp(expires),
        id,
        record,
    })
}
