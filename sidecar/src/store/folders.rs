//! Folders that the owner lets files be sent from.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{Place, StoreError, Tx};

const TABLE: &str = "meta";
const KEY: &str = "allowed_folders";

/// All of them, as canonical paths.
pub(crate) fn all(tx: &Tx<'_>) -> Result<BTreeSet<String>, StoreError> {
    let stored = tx.sql.query_row("SELECT record FROM meta WHERE key = ?1", [KEY], |row| row.get(0)).optional()?;
    let stored: Option<Vec<u8>> = stored;
    stored.map_or(Ok(BTreeSet::new()), |sealed| tx.seal.open_record(place(), &sealed))
}

/// Replaces them.
pub(crate) fn set(tx: &Tx<'_>, folders: &BTreeSet<String>) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        params![KEY, tx.seal.seal_record(place(), folders)?],
    )?;
    Ok(())
}

fn place() -> Place<'static> {
    Place::record(TABLE, KEY.as_bytes())
}
