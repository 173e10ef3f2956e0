//! What the owner or the model should know, once each.

use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, timestamp};
use super::{Place, StoreError, Tx};

const TABLE: &str = "notices";

/// A notice as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct NoticeRecord<K> {
    /// What it is about.
    pub(crate) kind: K,
    /// The whole text, in our words.
    pub(crate) text: String,
    /// For how many events it stands.
    #[serde(default)]
    pub(crate) count: u64,
}

/// Adds a notice; one of the same key is replaced.
pub(crate) fn put<K: Serialize>(
    tx: &Tx<'_>,
    key: &str,
    at: Timestamp,
    record: &NoticeRecord<K>,
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, key.as_bytes()), record)?;
    tx.sql.execute(
        "INSERT INTO notices (key, at, record) VALUES (?1, ?2, ?3)
         ON CONFLICT (key) DO UPDATE SET at = excluded.at, record = excluded.record",
        params![key, moment(at), sealed],
    )?;
    Ok(())
}

/// The notice of that key, when it was not shown yet.
pub(crate) fn find<K: for<'de> Deserialize<'de>>(
    tx: &Tx<'_>,
    key: &str,
) -> Result<Option<NoticeRecord<K>>, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT record FROM notices WHERE key = ?1")?;
    let sealed: Option<Vec<u8>> = statement.query_row([key], |row| row.get(0)).optional()?;
    sealed.map(|sealed| tx.seal.open_record(Place::record(TABLE, key.as_bytes()), &sealed)).transpose()
}

/// Withdraws a notice that was shown, unless another took its place meanwhile.
pub(crate) fn withdraw_shown(tx: &Tx<'_>, key: &str, at: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM notices WHERE key = ?1 AND at = ?2", params![key, moment(at)])?;
    Ok(())
}

/// Withdraws a notice that was not shown yet.
pub(crate) fn withdraw(tx: &Tx<'_>, key: &str) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM notices WHERE key = ?1", [key])?;
    Ok(())
}

/// Every notice, oldest first.
pub(crate) fn all<K: for<'de> Deserialize<'de>>(
    tx: &Tx<'_>,
) -> Result<Vec<(String, Timestamp, NoticeRecord<K>)>, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT key, at, record FROM notices ORDER BY at, key")?;
    let rows = statement
        .query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(key, at, sealed)| {
            let record = tx.seal.open_record(Place::record(TABLE, key.as_bytes()), &sealed)?;
            Ok((key, timestamp(at), record))
        })
        .collect()
}
