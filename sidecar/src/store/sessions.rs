//! Ratchet sessions, several per peer at times.

use a2a_proto::id::SessionId;
use a2a_proto::ratchet::Session;
use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::moment;
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "sessions";

/// Adds a session, or writes back one that moved on.
pub(crate) fn save(tx: &Tx<'_>, peer: PeerKey, session: &Session, now: Timestamp) -> Result<(), StoreError> {
    let sid = session.id().as_bytes();
    let sealed = tx.seal.seal(Place::record(TABLE, sid), &session.to_record())?;
    tx.sql.execute(
        "INSERT INTO sessions (sid, peer, used_at, record) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (sid) DO UPDATE SET used_at = excluded.used_at, record = excluded.record",
        params![sid.as_slice(), peer.0, moment(now), sealed],
    )?;
    Ok(())
}

/// The sessions of a peer: the one that sends first.
pub(crate) fn of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<Session>, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT sid, record FROM sessions WHERE peer = ?1")?;
    let rows = statement
        .query_map([peer.0], |row| Ok((row.get::<_, [u8; 32]>(0)?, row.get::<_, Vec<u8>>(1)?)))?
        .collect::<Result<Vec<_>, _>>()?;
    let mut sessions = rows.into_iter().map(|(sid, sealed)| open(tx, &sid, &sealed)).collect::<Result<Vec<_>, _>>()?;
    sessions
        .sort_by(|one, other| if one.outranks(other) { std::cmp::Ordering::Less } else { std::cmp::Ordering::Greater });
    Ok(sessions)
}

/// Forgets every session of a peer.
pub(crate) fn delete_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM sessions WHERE peer = ?1", [peer.0])?;
    Ok(())
}

/// Forgets a session that another one replaced.
pub(crate) fn delete(tx: &Tx<'_>, sid: &SessionId) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM sessions WHERE sid = ?1", [sid.as_bytes().as_slice()])?;
    Ok(())
}

/// Sessions last used before a moment, of peers that have several.
pub(crate) fn idle(tx: &Tx<'_>, unused_since: Timestamp) -> Result<Vec<(PeerKey, SessionId)>, StoreError> {
    let mut statement = tx.sql.prepare_cached(
        "SELECT peer, sid FROM sessions WHERE used_at < ?1
         AND peer IN (SELECT peer FROM sessions GROUP BY peer HAVING count(*) > 1)",
    )?;
    let rows = statement
        .query_map([moment(unused_since)], |row| Ok((PeerKey(row.get(0)?), SessionId::from_bytes(row.get(1)?))))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

fn open(tx: &Tx<'_>, sid: &[u8; 32], sealed: &[u8]) -> Result<Session, StoreError> {
    let record = tx.seal.open(Place::record(TABLE, sid), sealed)?;
    Session::from_record(&record).map_err(|_| StoreError::Unreadable { table: TABLE })
}
