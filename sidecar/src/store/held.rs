//! Envelopes that did not open: the ciphertext is kept for a while, in case a reset makes it readable.

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::{int, moment, uint};
use super::peers::PeerKey;
use super::{StoreError, Tx};

/// An envelope to be kept.
pub(crate) struct Kept<'a> {
    /// SHA-256 of the envelope.
    pub(crate) hash: [u8; 32],
    /// Whose lane it came through.
    pub(crate) peer: Option<PeerKey>,
    /// Why it did not open, in a word.
    pub(crate) why: &'a str,
    /// The bytes.
    pub(crate) envelope: &'a [u8],
}

/// So many are kept for a peer, and so many through lanes of nobody; the oldest make room. Whoever writes what does not open
/// fills no disk.
pub(crate) const MOST_EACH: usize = 256;

/// Keeps an envelope, unless it is kept already.
pub(crate) fn keep(tx: &Tx<'_>, kept: &Kept<'_>, now: Timestamp, expires_at: Timestamp) -> Result<(), StoreError> {
    let peer = kept.peer.map(|peer| peer.0);
    tx.sql.execute(
        "INSERT INTO held (hash, received_at, expires_at, peer, why, envelope) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT DO NOTHING",
        params![kept.hash.as_slice(), moment(now), moment(expires_at), peer, kept.why, kept.envelope],
    )?;
    tx.sql.execute(
        "DELETE FROM held WHERE rowid IN
         (SELECT rowid FROM held WHERE peer IS ?1 ORDER BY received_at DESC, rowid DESC LIMIT -1 OFFSET ?2)",
        params![peer, int(MOST_EACH as u64)],
    )?;
    Ok(())
}

/// The hash of an envelope, and its bytes.
pub(crate) type Hashed = ([u8; 32], Vec<u8>);

/// What is kept for a peer, oldest first.
pub(crate) fn of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<Hashed>, StoreError> {
    let mut statement =
        tx.sql.prepare_cached("SELECT hash, envelope FROM held WHERE peer = ?1 ORDER BY received_at, rowid")?;
    let rows = statement.query_map([peer.0], |row| Ok((row.get(0)?, row.get(1)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Forgets one.
pub(crate) fn release(tx: &Tx<'_>, hash: &[u8; 32]) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM held WHERE hash = ?1", [hash.as_slice()])?;
    Ok(())
}

/// Forgets what is kept for a peer.
pub(crate) fn delete_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM held WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Forgets what was kept long enough.
pub(crate) fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM held WHERE expires_at < ?1", [moment(now)])?)
}

/// Whether this one is kept.
pub(crate) fn is_kept(tx: &Tx<'_>, hash: &[u8; 32]) -> Result<bool, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT 1 FROM held WHERE hash = ?1")?;
    Ok(statement.exists([hash.as_slice()])?)
}

/// How many are kept.
pub(crate) fn len(tx: &Tx<'_>) -> Result<u64, StoreError> {
    Ok(uint(tx.sql.query_row("SELECT count(*) FROM held", [], |row| row.get(0))?))
}
