//! Handshakes that were seen: each is taken once.

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::moment;
use super::{StoreError, Tx};

/// Notes a handshake; false when it was noted before.
pub(crate) fn note(tx: &Tx<'_>, key: &[u8; 32], expires_at: Timestamp) -> Result<bool, StoreError> {
    let added = tx.sql.execute(
        "INSERT INTO replays (key, expires_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![key.as_slice(), moment(expires_at)],
    )?;
    Ok(added > 0)
}

/// Whether a handshake was noted before.
pub(crate) fn is_known(tx: &Tx<'_>, key: &[u8; 32]) -> Result<bool, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT 1 FROM replays WHERE key = ?1")?;
    Ok(statement.exists([key.as_slice()])?)
}

/// Forgets handshakes whose prekey is gone.
pub(crate) fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM replays WHERE expires_at < ?1", [moment(now)])?)
}
