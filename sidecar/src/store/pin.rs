//! The owner's PIN, stretched, and the tries at it since the last right one; in one sealed record, so that no try can
//! be taken back without the key.

use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Place, SecretBlob, StoreError, Tx};
use crate::keys::PinCost;

const TABLE: &str = "meta";
const KEY: &str = "pin";

/// The PIN as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct PinRecord {
    /// What a guess costs.
    pub(crate) cost: PinCost,
    /// What it was stretched with.
    pub(crate) salt: [u8; 16],
    /// The stretched PIN.
    pub(crate) stretched: SecretBlob,
    /// Tries since the last right one, each counted before it is judged.
    pub(crate) tries: u32,
    /// When the last of them was made.
    pub(crate) tried_at: Timestamp,
}

/// The PIN, if the owner set one.
pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<PinRecord>, StoreError> {
    let sealed: Option<Vec<u8>> =
        tx.sql.query_row("SELECT record FROM meta WHERE key = ?1", [KEY], |row| row.get(0)).optional()?;
    sealed.map(|sealed| tx.seal.open_record(place(), &sealed)).transpose()
}

/// Sets it, or writes its tries back.
pub(crate) fn save(tx: &Tx<'_>, record: &PinRecord) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        params![KEY, tx.seal.seal_record(place(), record)?],
    )?;
    Ok(())
}

/// Whether there is one, without opening it.
pub(crate) fn is_set(tx: &Tx<'_>) -> Result<bool, StoreError> {
    Ok(tx.sql.query_row("SELECT EXISTS (SELECT 1 FROM meta WHERE key = ?1)", [KEY], |row| row.get(0))?)
}

/// Forgets it.
pub(crate) fn remove(tx: &Tx<'_>) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM meta WHERE key = ?1", [KEY])?;
    Ok(())
}

fn place() -> Place<'static> {
    Place::record(TABLE, KEY.as_bytes())
}
