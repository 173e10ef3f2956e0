//! What peers wrote within the last day, as keyed hashes of every few words in a row: enough to notice that it goes to
//! somebody else, without opening the mail again.

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::moment;
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "copies";
/// What separates the words before they are hashed.
const LABEL: &str = "words in a row";

/// The keyed hash of a few words.
pub(crate) fn hash(tx: &Tx<'_>, words: &str) -> u64 {
    let tag = tx.seal.tag(LABEL, words.as_bytes());
    u64::from_be_bytes([tag[0], tag[1], tag[2], tag[3], tag[4], tag[5], tag[6], tag[7]])
}

/// Keeps the hashes of a message.
pub(crate) fn add(tx: &Tx<'_>, message: i64, peer: PeerKey, at: Timestamp, hashes: &[u64]) -> Result<(), StoreError> {
    let plain: Vec<u8> = hashes.iter().flat_map(|hash| hash.to_be_bytes()).collect();
    let sealed = tx.seal.seal(Place::record(TABLE, &message.to_be_bytes()), &plain)?;
    tx.sql.execute(
        "INSERT OR REPLACE INTO copies (message, peer, at, record) VALUES (?1, ?2, ?3, ?4)",
        params![message, peer.0, moment(at), sealed],
    )?;
    Ok(())
}

/// Calls `each` with the peer and the hashes of every message since a moment.
pub(crate) fn each_since(
    tx: &Tx<'_>,
    since: Timestamp,
    mut each: impl FnMut(PeerKey, &mut dyn Iterator<Item = u64>),
) -> Result<(), StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT message, peer, record FROM copies WHERE at > ?1")?;
    let mut rows = statement.query([moment(since)])?;
    while let Some(row) = rows.next()? {
        let (message, peer): (i64, i64) = (row.get(0)?, row.get(1)?);
        let sealed = row.get_ref(2)?.as_blob().map_err(|_| StoreError::Unreadable { table: TABLE })?;
        let plain = tx.seal.open(Place::record(TABLE, &message.to_be_bytes()), sealed)?;
        let (hashes, _) = plain.as_chunks::<8>();
        each(PeerKey(peer), &mut hashes.iter().map(|bytes| u64::from_be_bytes(*bytes)));
    }
    Ok(())
}

/// Forgets what is older.
pub(crate) fn forget_before(tx: &Tx<'_>, before: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM copies WHERE at <= ?1", [moment(before)])?;
    Ok(())
}
