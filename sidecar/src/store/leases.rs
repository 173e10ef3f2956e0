//! Which process is showing a message: no other shows it meanwhile, and who lost its lease marks nothing.

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::moment;
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

/// Whether no other process took a message over to show it.
pub(crate) fn is_left_to(tx: &Tx<'_>, id: i64, holder: &[u8; 16]) -> Result<bool, StoreError> {
    let sql = "SELECT lease_by IS NULL OR lease_by = ?2 FROM messages WHERE id = ?1";
    Ok(tx.sql.query_row(sql, params![id, holder.as_slice()], |row| row.get(0))?)
}
