//! Ratchet sessions, several per peer at times.

use a2a_proto::counter::Counter;
use a2a_proto::time::Timestamp;
use rusqlite::{Row, params};
use zeroize::Zeroizing;

use super::number::{int, moment, uint};
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "sessions";

/// A row of the table.
#[derive(Clone)]
pub(crate) struct StoredSession {
    /// The session's id.
    pub(crate) sid: [u8; 32],
    /// Orders sessions of one pair: the newest sends.
    pub(crate) counter: Counter,
    /// The live session in stored form.
    pub(crate) record: Zeroizing<Vec<u8>>,
}

/// Adds a session or writes back one that moved on.
pub(crate) fn save(
    tx: &Tx<'_>,
    peer: PeerKey,
    sid: &[u8; 32],
    counter: Counter,
    record: &[u8],
    now: Timestamp,
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal(Place::record(TABLE, sid), record)?;
    tx.sql.execute(
        "INSERT INTO sessions (sid, peer, epoch, number, used_at, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (sid) DO UPDATE SET used_at = excluded.used_at, record = excluded.record",
        params![sid.as_slice(), peer.0, counter.epoch, int(counter.number), moment(now), sealed],
    )?;
    Ok(())
}

/// The sessions of a peer: the one that sends first.
pub(crate) fn of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<StoredSession>, StoreError> {
    let mut statement = tx.sql.prepare_cached(
        "SELECT sid, epoch, number, record FROM sessions WHERE peer = ?1 ORDER BY epoch DESC, number DESC, sid ASC",
    )?;
    let rows = statement.query_map([peer.0], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(sid, epoch, number, sealed)| {
            let record = tx.seal.open(Place::record(TABLE, &sid), &sealed)?;
            Ok(StoredSession { sid, counter: Counter::new(epoch, uint(number)), record })
        })
        .collect()
}

/// Forgets every session of a peer.
pub(crate) fn delete_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM sessions WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Forgets sessions that another one replaced and that were last used before `unused_since`.
pub(crate) fn delete_stale(tx: &Tx<'_>, unused_since: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute(
        "DELETE FROM sessions WHERE used_at < ?1 AND EXISTS (
            SELECT 1 FROM sessions AS newer WHERE newer.peer = sessions.peer AND newer.sid <> sessions.sid
            AND (newer.epoch, newer.number) > (sessions.epoch, sessions.number))",
        [moment(unused_since)],
    )?)
}

fn columns(row: &Row<'_>) -> rusqlite::Result<([u8; 32], u32, i64, Vec<u8>)> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
}
