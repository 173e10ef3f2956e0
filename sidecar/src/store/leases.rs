//! Which process is showing a message: no other shows it meanwhile, and who lost its lease marks nothing.

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::{moment, uint};
use super::{StoreError, Tx};

/// Who reads, and when.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reader {
    /// The process.
    pub(crate) holder: [u8; 16],
    /// The present moment.
    pub(crate) now: Timestamp,
}

/// Keeps other processes from showing a message too, while this one is showing it.
pub(crate) fn lease(tx: &Tx<'_>, id: i64, reader: &Reader, until: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE messages SET lease_until = ?2, lease_by = ?3 WHERE id = ?1 AND state = 'unread'",
        params![id, moment(until), reader.holder.as_slice()],
    )?;
    Ok(())
}

/// Whether no other process is showing a message at this moment.
pub(crate) fn is_free(tx: &Tx<'_>, id: i64, reader: &Reader) -> Result<bool, StoreError> {
    let sql = "SELECT lease_by IS NULL OR lease_by = ?2 OR COALESCE(lease_until, 0) <= ?3 FROM messages WHERE id = ?1";
    let values = params![id, reader.holder.as_slice(), moment(reader.now)];
    Ok(tx.sql.query_row(sql, values, |row| row.get(0))?)
}

/// Keeps a message longer, if it is still ours.
pub(crate) fn renew(tx: &Tx<'_>, id: i64, holder: &[u8; 16], until: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE messages SET lease_until = ?2 WHERE id = ?1 AND state = 'unread' AND lease_by = ?3",
        params![id, moment(until), holder.as_slice()],
    )?;
    Ok(())
}

/// The local numbers of messages that were never shown, oldest first, and whether the reader may take each.
pub(crate) fn unread(tx: &Tx<'_>, reader: &Reader) -> Result<Vec<(i64, bool)>, StoreError> {
    let mut rows = tx.sql.prepare_cached(
        "SELECT id, lease_until <= ?1 OR lease_by = ?2 FROM messages WHERE direction = 1 AND state = 'unread' ORDER BY id",
    )?;
    let rows =
        rows.query_map(params![moment(reader.now), reader.holder.as_slice()], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// How many messages that were never shown another process holds.
pub(crate) fn held_by_others(tx: &Tx<'_>, reader: &Reader) -> Result<u64, StoreError> {
    let sql = "SELECT count(*) FROM messages
               WHERE direction = 1 AND state = 'unread' AND lease_until > ?1 AND lease_by <> ?2";
    let held = tx.sql.query_row(sql, params![moment(reader.now), reader.holder.as_slice()], |row| row.get(0))?;
    Ok(uint(held))
}

/// Whether no other process took a message over to show it.
pub(crate) fn is_left_to(tx: &Tx<'_>, id: i64, holder: &[u8; 16]) -> Result<bool, StoreError> {
    let sql = "SELECT lease_by IS NULL OR lease_by = ?2 FROM messages WHERE id = ?1";
    Ok(tx.sql.query_row(sql, params![id, holder.as_slice()], |row| row.get(0))?)
}
