//! The rows of the audit log: appended, never changed (the tables' triggers see to it).

use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use super::number::{int, uint};
use super::{Place, StoreError, Tx};

const TABLE: &str = "audit";

/// What an entry says, as it rests.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct AuditRecord {
    /// What may be shown to anybody.
    pub(crate) open: OpenPart,
    /// What an export may leave out.
    pub(crate) private: PrivatePart,
}

/// What an entry says without naming anybody.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OpenPart {
    /// When, in milliseconds since the epoch.
    pub(crate) at: u64,
    /// What was decided.
    pub(crate) event: String,
    /// How the owner approved it.
    pub(crate) approved_by: Option<String>,
    /// The epoch of the device that signed it.
    pub(crate) epoch: u32,
}

/// Whom an entry concerns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct PrivatePart {
    /// Keeps the rest from being guessed by its digest.
    pub(crate) salt: [u8; 16],
    /// Whom it concerns.
    pub(crate) peer: Option<String>,
    /// More, in our words.
    pub(crate) detail: Option<String>,
    /// SHA-256 of the exact bytes that the owner decided on, in hex.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) bytes: Option<String>,
}

/// A row of the table.
pub(crate) struct AuditRow {
    /// Its place, from 1.
    pub(crate) number: u64,
    /// Its hash.
    pub(crate) hash: [u8; 32],
    /// The device's signature over the hash.
    pub(crate) signature: Vec<u8>,
    /// What was hashed of the entry.
    pub(crate) plain: Zeroizing<Vec<u8>>,
}

/// Appends an entry.
pub(crate) fn append(
    tx: &Tx<'_>,
    number: u64,
    hash: &[u8; 32],
    signature: &[u8],
    plain: &[u8],
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal(Place::record(TABLE, &number.to_be_bytes()), plain)?;
    tx.sql.execute(
        "INSERT INTO audit (number, hash, signature, record) VALUES (?1, ?2, ?3, ?4)",
        params![int(number), hash.as_slice(), signature, sealed],
    )?;
    Ok(())
}

/// Number and hash of the last entry.
pub(crate) fn head(tx: &Tx<'_>) -> Result<Option<(u64, [u8; 32])>, StoreError> {
    Ok(tx
        .sql
        .query_row("SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1", [], |row| {
            Ok((uint(row.get(0)?), row.get(1)?))
        })
        .optional()?)
}

/// The hash of an entry.
pub(crate) fn hash_of(tx: &Tx<'_>, number: u64) -> Result<Option<[u8; 32]>, StoreError> {
    Ok(tx.sql.query_row("SELECT hash FROM audit WHERE number = ?1", [int(number)], |row| row.get(0)).optional()?)
}

/// The newest entries after a number, oldest first.
pub(crate) fn page(tx: &Tx<'_>, after: u64, most: usize) -> Result<Vec<AuditRow>, StoreError> {
    many(
        tx,
        "SELECT number, hash, signature, record FROM
            (SELECT * FROM audit WHERE number > ?1 ORDER BY number DESC LIMIT ?2) ORDER BY number",
        after,
        most,
    )
}

/// The oldest entries after a number, oldest first.
pub(crate) fn first_after(tx: &Tx<'_>, after: u64, most: usize) -> Result<Vec<AuditRow>, StoreError> {
    many(
        tx,
        "SELECT number, hash, signature, record FROM audit WHERE number > ?1 ORDER BY number LIMIT ?2",
        after,
        most,
    )
}

fn many(tx: &Tx<'_>, sql: &str, after: u64, most: usize) -> Result<Vec<AuditRow>, StoreError> {
    let mut statement = tx.sql.prepare_cached(sql)?;
    let rows = statement
        .query_map(params![int(after), i64::try_from(most).unwrap_or(i64::MAX)], columns)?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(number, hash, signature, sealed)| {
            let plain = tx.seal.open(Place::record(TABLE, &number.to_be_bytes()), &sealed)?;
            Ok(AuditRow { number, hash, signature, plain })
        })
        .collect()
}

/// Number, hash, signature and sealed entry, as they stand in a row.
type Columns = (u64, [u8; 32], Vec<u8>, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((uint(row.get(0)?), row.get(1)?, row.get(2)?, row.get(3)?))
}
