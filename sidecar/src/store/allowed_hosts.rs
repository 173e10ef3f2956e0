//! Hosts of relays that the owner allowed, whatever addresses they lead to.

use std::collections::BTreeSet;

use rusqlite::{OptionalExtension, params};

use super::{Place, StoreError, Tx};

const TABLE: &str = "meta";
const KEY: &str = "allowed_hosts";

/// All of them.
pub(crate) fn all(tx: &Tx<'_>) -> Result<BTreeSet<String>, StoreError> {
    let stored = tx.sql.query_row("SELECT record FROM meta WHERE key = ?1", [KEY], |row| row.get(0)).optional()?;
    let stored: Option<Vec<u8>> = stored;
    stored.map_or(Ok(BTreeSet::new()), |sealed| tx.seal.open_record(place(), &sealed))
}

/// Replaces them.
pub(crate) fn set(tx: &Tx<'_>, hosts: &BTreeSet<String>) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO meta (key, record) VALUES (?1, ?2) ON CONFLICT (key) DO UPDATE SET record = excluded.record",
        params![KEY, tx.seal.seal_record(place(), hosts)?],
    )?;
    Ok(())
}

fn place() -> Place<'static> {
    Place::record(TABLE, KEY.as_bytes())
}
