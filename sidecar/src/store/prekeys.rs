//! Our signed prekeys: the newest is published, older ones stay until nobody can use them.

use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::number::moment;
use super::{Blob, Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "prekeys";

/// A prekey as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PrekeyRecord {
    /// The private halves.
    pub(crate) secret: SecretBlob,
    /// The signed bundle that names it.
    pub(crate) bundle: Blob,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Prekey {
    /// Its number.
    pub(crate) id: u32,
    /// Whether our relay has it.
    pub(crate) published: bool,
    /// The keys.
    pub(crate) record: PrekeyRecord,
}

/// The number after the highest.
pub(crate) fn next_id(tx: &Tx<'_>) -> Result<u32, StoreError> {
    let highest: Option<i64> = tx.sql.query_row("SELECT max(id) FROM prekeys", [], |row| row.get(0))?;
    Ok(u32::try_from(highest.unwrap_or(0)).unwrap_or(u32::MAX).saturating_add(1))
}

/// Adds a prekey that is not yet published.
pub(crate) fn insert(
    tx: &Tx<'_>,
    id: u32,
    bundle_hash: &[u8; 32],
    created_at: Timestamp,
    not_after: Timestamp,
    record: &PrekeyRecord,
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &id.to_be_bytes()), record)?;
    tx.sql.execute(
        "INSERT INTO prekeys (id, bundle_hash, created_at, not_after, record) VALUES (?1, ?2, ?3, ?4, ?5)",
        params![id, bundle_hash.as_slice(), moment(created_at), moment(not_after), sealed],
    )?;
    Ok(())
}

/// The prekey whose bundle has that hash.
pub(crate) fn by_bundle(tx: &Tx<'_>, bundle_hash: &[u8; 32]) -> Result<Option<Prekey>, StoreError> {
    one(tx, "WHERE bundle_hash = ?1", params![bundle_hash.as_slice()])
}

/// The newest prekey.
pub(crate) fn newest(tx: &Tx<'_>) -> Result<Option<Prekey>, StoreError> {
    one(tx, "ORDER BY id DESC LIMIT 1", params![])
}

/// Notes that our relay has this one.
pub(crate) fn set_published(tx: &Tx<'_>, id: u32) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE prekeys SET published = 1 WHERE id = ?1", [id])?;
    Ok(())
}

/// Notes that our relay may not have the newest one any more.
pub(crate) fn set_unpublished(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE prekeys SET published = 0 WHERE id = (SELECT max(id) FROM prekeys)", [])?;
    Ok(())
}

/// Deletes those whose bundle expired before `expired_before`; the newest always stays.
pub(crate) fn delete_expired(tx: &Tx<'_>, expired_before: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute(
        "DELETE FROM prekeys WHERE not_after < ?1 AND id < (SELECT max(id) FROM prekeys)",
        [moment(expired_before)],
    )?)
}

/// Deletes them all: the mailbox that they led to is gone.
pub(crate) fn delete_all(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM prekeys", [])?;
    Ok(())
}

fn one(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Option<Prekey>, StoreError> {
    let sql = format!("SELECT id, published, record FROM prekeys {condition}");
    let found = tx.sql.query_row(&sql, params, columns).optional()?;
    found
        .map(|(id, published, sealed)| {
            let record = tx.seal.open_record(Place::record(TABLE, &id.to_be_bytes()), &sealed)?;
            Ok(Prekey { id, published, record })
        })
        .transpose()
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(u32, bool, Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?))
}
