//! Sealed envelopes that a relay has not taken yet, in the order in which they must go.
//!
//! A row holds the exact bytes: every retry deposits the same. Per peer only the oldest row may go, and only the
//! process that holds its lease sends it, so two processes never interleave.

use a2a_proto::id::EnvelopeId;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};

use super::number::{moment, timestamp, uint};
use super::peers::PeerKey;
use super::{StoreError, Tx};

/// Which door an envelope goes through.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Route {
    /// The lane that the peer gave us; the newest one at the time of sending.
    Lane,
    /// The front door of the peer's mailbox.
    Knock,
}

impl Route {
    fn word(self) -> &'static str {
        match self {
            Self::Lane => "lane",
            Self::Knock => "knock",
        }
    }
}

/// An envelope that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    /// Its local number.
    pub(crate) id: i64,
    /// The name that makes a retry recognisable.
    pub(crate) envelope_id: EnvelopeId,
    /// To whom.
    pub(crate) peer: PeerKey,
    /// Through which door.
    pub(crate) route: Route,
    /// The message inside, when it is one.
    pub(crate) message: Option<i64>,
    /// How often it was tried.
    pub(crate) attempts: u64,
    /// The sealed bytes.
    pub(crate) envelope: Vec<u8>,
}

/// An envelope to be sent.
pub(crate) struct Letter<'a> {
    /// The name that makes a retry recognisable.
    pub(crate) envelope_id: EnvelopeId,
    /// To whom.
    pub(crate) peer: PeerKey,
    /// Through which door.
    pub(crate) route: Route,
    /// The message inside, when it is one.
    pub(crate) message: Option<i64>,
    /// The sealed bytes.
    pub(crate) envelope: &'a [u8],
}

/// Adds an envelope at the end of its peer's line.
pub(crate) fn push(tx: &Tx<'_>, letter: &Letter<'_>, now: Timestamp) -> Result<i64, StoreError> {
    let Letter { envelope_id, peer, route, message, envelope } = letter;
    tx.sql.execute(
        "INSERT INTO outbox (envelope_id, peer, route, message, next_attempt, created_at, envelope)
         VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6)",
        params![envelope_id.as_bytes().as_slice(), peer.0, route.word(), message, moment(now), *envelope],
    )?;
    Ok(tx.sql.last_insert_rowid())
}

/// Leases the oldest envelope of every peer whose turn it is, at most one a peer.
pub(crate) fn lease(
    tx: &Tx<'_>,
    holder: &[u8; 16],
    now: Timestamp,
    until: Timestamp,
    only: Option<PeerKey>,
) -> Result<Vec<Waiting>, StoreError> {
    let due = due(tx, now, only)?;
    for waiting in &due {
        tx.sql.execute(
            "UPDATE outbox SET lease_until = ?2, lease_by = ?3 WHERE id = ?1",
            params![waiting.id, moment(until), holder.as_slice()],
        )?;
    }
    Ok(due)
}

fn due(tx: &Tx<'_>, now: Timestamp, only: Option<PeerKey>) -> Result<Vec<Waiting>, StoreError> {
    let mut statement = tx.sql.prepare_cached(
        "SELECT id, envelope_id, peer, route, message, attempts, envelope FROM outbox
         WHERE id IN (SELECT min(id) FROM outbox GROUP BY peer)
         AND NOT EXISTS (SELECT 1 FROM attachments WHERE attachments.message = outbox.message AND state = 'sending')
         AND next_attempt <= ?1 AND lease_until <= ?1 AND (?2 IS NULL OR peer = ?2) ORDER BY id",
    )?;
    let rows = statement.query_map(params![moment(now), only.map(|peer| peer.0)], columns)?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// Takes an envelope out of the line, when `holder` still leases it.
pub(crate) fn take_out(tx: &Tx<'_>, id: i64, holder: &[u8; 16]) -> Result<bool, StoreError> {
    Ok(tx.sql.execute("DELETE FROM outbox WHERE id = ?1 AND lease_by = ?2", params![id, holder.as_slice()])? > 0)
}

/// Puts an envelope back for a later try.
pub(crate) fn put_back(
    tx: &Tx<'_>,
    id: i64,
    holder: &[u8; 16],
    next_attempt: Timestamp,
    reason: &str,
) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE outbox SET attempts = attempts + 1, next_attempt = ?3, lease_until = 0, lease_by = NULL, reason = ?4
         WHERE id = ?1 AND lease_by = ?2",
        params![id, holder.as_slice(), moment(next_attempt), reason],
    )?;
    Ok(())
}

/// Makes every envelope due at once: the owner asks.
pub(crate) fn hurry_all(tx: &Tx<'_>, now: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE outbox SET next_attempt = ?1 WHERE next_attempt > ?1", params![moment(now)])?;
    Ok(())
}

/// Makes every envelope of a peer due at once: it was just heard from.
pub(crate) fn hurry(tx: &Tx<'_>, peer: PeerKey, now: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE outbox SET next_attempt = ?2 WHERE peer = ?1 AND next_attempt > ?2",
        params![peer.0, moment(now)],
    )?;
    Ok(())
}

/// Drops what waits of one message.
pub(crate) fn drop_message(tx: &Tx<'_>, message: i64) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM outbox WHERE message = ?1", [message])?;
    Ok(())
}

/// Drops everything that waits for a peer and returns the messages inside.
pub(crate) fn drop_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<i64>, StoreError> {
    let mut statement = tx.sql.prepare_cached("DELETE FROM outbox WHERE peer = ?1 RETURNING message")?;
    let rows = statement.query_map([peer.0], |row| row.get::<_, Option<i64>>(0))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?.into_iter().flatten().collect())
}

/// Where a message stands in the line.
pub(crate) struct InLine {
    /// How often it was tried.
    pub(crate) attempts: u64,
    /// When it is tried next.
    pub(crate) next_attempt: Timestamp,
}

/// Where a message stands in the line, while it waits.
pub(crate) fn of_message(tx: &Tx<'_>, message: i64) -> Result<Option<InLine>, StoreError> {
    let mut statement =
        tx.sql.prepare_cached("SELECT attempts, next_attempt FROM outbox WHERE message = ?1 ORDER BY id LIMIT 1")?;
    let found = statement
        .query_row([message], |row| Ok(InLine { attempts: uint(row.get(0)?), next_attempt: timestamp(row.get(1)?) }));
    Ok(found.optional()?)
}

/// Why the head of a peer's line waits.
pub(crate) fn head_reason(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<String>, StoreError> {
    let found: Option<Option<String>> = tx
        .sql
        .query_row("SELECT reason FROM outbox WHERE peer = ?1 ORDER BY id LIMIT 1", [peer.0], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Whether some process is sending to a peer just now.
pub(crate) fn is_leased(tx: &Tx<'_>, peer: PeerKey, now: Timestamp) -> Result<bool, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT 1 FROM outbox WHERE peer = ?1 AND lease_until > ?2")?;
    Ok(statement.exists(params![peer.0, moment(now)])?)
}

/// How many envelopes wait.
pub(crate) fn len(tx: &Tx<'_>) -> Result<u64, StoreError> {
    Ok(uint(tx.sql.query_row("SELECT count(*) FROM outbox", [], |row| row.get(0))?))
}

fn columns(row: &Row<'_>) -> rusqlite::Result<Waiting> {
    let route: String = row.get(3)?;
    Ok(Waiting {
        id: row.get(0)?,
        envelope_id: EnvelopeId::from_bytes(row.get(1)?),
        peer: PeerKey(row.get(2)?),
        route: if route == Route::Knock.word() { Route::Knock } else { Route::Lane },
        message: row.get(4)?,
        attempts: uint(row.get(5)?),
        envelope: row.get(6)?,
    })
}
