//! Messages of both directions, in the order of their threads.

use a2a_proto::counter::Counter;
use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::params;
use serde::{Deserialize, Serialize};

use super::leases::Reader;
use super::message_rows::{many, row_key};
use super::number::{int, moment, uint};
use super::peers::PeerKey;
use super::{Blob, Place, StoreError, Tx};

pub(super) const TABLE: &str = "messages";
pub(super) const RECEIVED: i64 = 1;
const SENT: i64 = 2;

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// From the peer.
    In,
    /// To the peer.
    Out,
}

impl Way {
    pub(super) fn number(self) -> i64 {
        match self {
            Self::In => RECEIVED,
            Self::Out => SENT,
        }
    }
}

/// How far a message got.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    /// Received, never shown.
    Unread,
    /// Received and shown.
    Shown,
    /// Own mail, on this machine only.
    Waiting,
    /// Own mail, at the peer's relay.
    Queued,
    /// Own mail, receipt `delivered`.
    Delivered,
    /// Own mail, receipt `read`.
    Read,
    /// Own mail, answered.
    Answered,
    /// Own mail, not accepted; received mail that is kept but not shown.
    Refused,
}

const STATES: [(State, &str); 8] = [
    (State::Unread, "unread"),
    (State::Shown, "shown"),
    (State::Waiting, "waiting"),
    (State::Queued, "queued"),
    (State::Delivered, "delivered"),
    (State::Read, "read"),
    (State::Answered, "answered"),
    (State::Refused, "refused"),
];

impl State {
    fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("refused", |(_, word)| word)
    }

    pub(super) fn from_word(word: &str) -> Result<Self, StoreError> {
        STATES
            .iter()
            .find(|(_, known)| *known == word)
            .map(|(state, _)| *state)
            .ok_or(StoreError::Unreadable { table: TABLE })
    }
}

/// A message's text as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct MessageRecord {
    /// What it is about.
    pub(crate) scope: Scope,
    /// A short line.
    pub(crate) subject: Option<String>,
    /// What was said.
    pub(crate) body: String,
    /// The signed content, byte for byte: what receipts and resends refer to.
    pub(crate) content: Blob,
}

/// A message to be stored.
pub(crate) struct NewMessage<'a> {
    /// With whom.
    pub(crate) peer: PeerKey,
    /// Which way.
    pub(crate) way: Way,
    /// Its name.
    pub(crate) message_id: MessageId,
    /// Its position in the sender's chain.
    pub(crate) position: Counter,
    /// How far it is.
    pub(crate) state: State,
    /// The author's clock.
    pub(crate) sent_at: Timestamp,
    /// Our clock.
    pub(crate) stored_at: Timestamp,
    /// The message it answers.
    pub(crate) reply_to: Option<MessageId>,
    /// SHA-256 of the signed content.
    pub(crate) digest: [u8; 32],
    /// The text.
    pub(crate) record: &'a MessageRecord,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    /// Its local number: the order of arrival.
    pub(crate) id: i64,
    /// With whom.
    pub(crate) peer: PeerKey,
    /// Which way.
    pub(crate) way: Way,
    /// Its name.
    pub(crate) message_id: MessageId,
    /// Its place in the thread.
    pub(crate) place: ThreadPlace,
    /// How far it is.
    pub(crate) state: State,
    /// The author's clock.
    pub(crate) sent_at: Timestamp,
    /// Our clock.
    pub(crate) stored_at: Timestamp,
    /// The message it answers.
    pub(crate) reply_to: Option<MessageId>,
    /// SHA-256 of the signed content.
    pub(crate) digest: [u8; 32],
    /// When the peer's relay took it.
    pub(crate) queued_at: Option<Timestamp>,
    /// Why it waits or was refused, in our words.
    pub(crate) reason: Option<String>,
    /// The text.
    pub(crate) record: MessageRecord,
}

/// Orders a thread: local order, with a late arrival moved before what its sender wrote after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ThreadPlace {
    pub(crate) place: i64,
    pub(crate) epoch: i64,
    pub(crate) number: i64,
    pub(crate) id: i64,
}

/// Stores a message and returns its local number; `None` when this very message stands already.
pub(crate) fn insert(tx: &Tx<'_>, new: &NewMessage<'_>) -> Result<Option<i64>, StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &row_key(new.peer, new.way, new.message_id)), new.record)?;
    let added = tx.sql.execute(
        "INSERT INTO messages (peer, direction, message_id, epoch, number, state, sent_at, stored_at, reply_to,
            digest, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) ON CONFLICT DO NOTHING",
        params![
            new.peer.0,
            new.way.number(),
            new.message_id.as_bytes().as_slice(),
            new.position.epoch,
            int(new.position.number),
            new.state.word(),
            moment(new.sent_at),
            moment(new.stored_at),
            new.reply_to.as_ref().map(|id| id.as_bytes().as_slice()),
            new.digest.as_slice(),
            sealed
        ],
    )?;
    if added == 0 {
        return Ok(None);
    }
    let id = tx.sql.last_insert_rowid();
    put_in_place(tx, id, new)?;
    Ok(Some(id))
}

/// The place of a late arrival is that of the first message its sender wrote after it.
fn put_in_place(tx: &Tx<'_>, id: i64, new: &NewMessage<'_>) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE messages SET place = coalesce((
            SELECT min(later.place) FROM messages AS later WHERE later.peer = ?2 AND later.direction = ?3
            AND later.id <> ?1 AND (later.epoch, later.number) > (?4, ?5)), ?1) WHERE id = ?1",
        params![id, new.peer.0, new.way.number(), new.position.epoch, int(new.position.number)],
    )?;
    Ok(())
}

/// The message of that name in the conversation with a peer.
pub(crate) fn find(tx: &Tx<'_>, peer: PeerKey, way: Way, message_id: MessageId) -> Result<Option<Message>, StoreError> {
    let found = many(
        tx,
        "peer = ?1 AND direction = ?2 AND message_id = ?3",
        params![peer.0, way.number(), message_id.as_bytes().as_slice()],
    )?;
    Ok(found.into_iter().next())
}

/// The newest answer to a message, but for those that are kept and not shown.
pub(crate) fn answer_to(tx: &Tx<'_>, peer: PeerKey, message_id: MessageId) -> Result<Option<Message>, StoreError> {
    let condition = "peer = ?1 AND direction = 1 AND reply_to = ?2 AND state <> 'refused' ORDER BY id DESC LIMIT 1";
    Ok(many(tx, condition, params![peer.0, message_id.as_bytes().as_slice()])?.into_iter().next())
}

/// The message of that name, whosever it is.
pub(crate) fn by_name(tx: &Tx<'_>, message_id: MessageId) -> Result<Option<Message>, StoreError> {
    let found = many(tx, "message_id = ?1 ORDER BY id DESC LIMIT 1", params![message_id.as_bytes().as_slice()])?;
    Ok(found.into_iter().next())
}

/// The last message with a peer that was not accepted, by either side.
pub(crate) fn last_refused(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<Message>, StoreError> {
    Ok(many(tx, "peer = ?1 AND state = 'refused' ORDER BY id DESC LIMIT 1", params![peer.0])?.into_iter().next())
}

/// The message of that local number.
pub(crate) fn by_id(tx: &Tx<'_>, id: i64) -> Result<Option<Message>, StoreError> {
    Ok(many(tx, "id = ?1", params![id])?.into_iter().next())
}

/// Messages that were never shown, after a local number, oldest first; not those that another process is showing.
pub(crate) fn unread_after(
    tx: &Tx<'_>,
    after: i64,
    peer: Option<PeerKey>,
    limit: usize,
    reader: &Reader,
) -> Result<Vec<Message>, StoreError> {
    many(
        tx,
        "direction = 1 AND state = 'unread' AND id > ?1 AND (?2 IS NULL OR peer = ?2)
         AND (lease_until <= ?4 OR lease_by = ?5) ORDER BY id LIMIT ?3",
        params![after, peer.map(|peer| peer.0), limit as i64, moment(reader.now), reader.holder.as_slice()],
    )
}

/// Messages before a local number, newest first; of one peer or one direction only, where that is named.
pub(crate) fn before(
    tx: &Tx<'_>,
    before: i64,
    peer: Option<PeerKey>,
    way: Option<Way>,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    many(
        tx,
        "id < ?1 AND (?2 IS NULL OR peer = ?2) AND (?3 IS NULL OR direction = ?3) ORDER BY id DESC LIMIT ?4",
        params![before, peer.map(|peer| peer.0), way.map(Way::number), limit as i64],
    )
}

/// The messages of a conversation before a place, newest first.
pub(crate) fn thread(
    tx: &Tx<'_>,
    peer: PeerKey,
    before: Option<ThreadPlace>,
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    let end = ThreadPlace { place: i64::MAX, epoch: i64::MAX, number: i64::MAX, id: i64::MAX };
    let before = before.unwrap_or(end);
    many(
        tx,
        "peer = ?1 AND (place, epoch, number, id) < (?2, ?3, ?4, ?5)
         ORDER BY place DESC, epoch DESC, number DESC, id DESC LIMIT ?6",
        params![peer.0, before.place, before.epoch, before.number, before.id, limit as i64],
    )
}

/// Notes when the peer's relay took a message.
pub(crate) fn note_queued(tx: &Tx<'_>, id: i64, at: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE messages SET queued_at = ?2 WHERE id = ?1", params![id, moment(at)])?;
    Ok(())
}

/// A received message that is kept but not shown, and why.
pub(crate) fn quarantine(tx: &Tx<'_>, id: i64, why: &str) -> Result<(), StoreError> {
    set_state(tx, id, State::Refused, Some(why))
}

/// Changes how far a message is.
pub(crate) fn set_state(tx: &Tx<'_>, id: i64, state: State, reason: Option<&str>) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE messages SET state = ?2, reason = ?3 WHERE id = ?1", params![id, state.word(), reason])?;
    Ok(())
}

/// How many received messages were never shown.
pub(crate) fn unread(tx: &Tx<'_>, peer: Option<PeerKey>) -> Result<u64, StoreError> {
    count(tx, "direction = 1 AND state = 'unread' AND (?1 IS NULL OR peer = ?1)", params![peer.map(|peer| peer.0)])
}

/// The local number of the newest message; 0 before there is one.
pub(crate) fn newest(tx: &Tx<'_>) -> Result<i64, StoreError> {
    Ok(tx.sql.query_row("SELECT coalesce(max(id), 0) FROM messages", [], |row| row.get(0))?)
}

/// The local numbers of received messages after one that were shown.
pub(crate) fn shown_after(tx: &Tx<'_>, after: i64) -> Result<Vec<i64>, StoreError> {
    let mut rows =
        tx.sql.prepare_cached("SELECT id FROM messages WHERE id > ?1 AND direction = 1 AND state = 'shown'")?;
    Ok(rows.query_map([after], |row| row.get(0))?.collect::<Result<_, _>>()?)
}

/// How many own messages wait on this machine.
pub(crate) fn waiting(tx: &Tx<'_>, peer: Option<PeerKey>) -> Result<u64, StoreError> {
    count(tx, "direction = 2 AND state = 'waiting' AND (?1 IS NULL OR peer = ?1)", params![peer.map(|peer| peer.0)])
}

/// Own messages that a peer's relay took and the peer never confirmed, oldest first.
pub(crate) fn unconfirmed(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<Message>, StoreError> {
    many(
        tx,
        "direction = 2 AND peer = ?1 AND (state = 'queued' OR state = 'waiting')
         AND id NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL) ORDER BY epoch, number, id",
        params![peer.0],
    )
}

/// Own messages in these places of our chain, oldest first, but for those that were refused or wait in the outbox.
pub(crate) fn sent_between(
    tx: &Tx<'_>,
    peer: PeerKey,
    epoch: u32,
    (from, to): (u64, u64),
    limit: usize,
) -> Result<Vec<Message>, StoreError> {
    many(
        tx,
        "direction = 2 AND state <> 'refused' AND peer = ?1 AND epoch = ?2 AND number BETWEEN ?3 AND ?4
         AND id NOT IN (SELECT message FROM outbox WHERE message IS NOT NULL) ORDER BY number LIMIT ?5",
        params![peer.0, epoch, int(from), int(to), limit as i64],
    )
}

/// How many messages of a peer were taken after a moment.
pub(crate) fn received_since(tx: &Tx<'_>, peer: PeerKey, since: Timestamp) -> Result<u64, StoreError> {
    count(tx, "direction = 1 AND peer = ?1 AND stored_at > ?2", params![peer.0, moment(since)])
}

/// How many own messages to a peer have no receipt.
pub(crate) fn unreceipted(tx: &Tx<'_>, peer: PeerKey) -> Result<u64, StoreError> {
    count(tx, "direction = 2 AND state IN ('waiting', 'queued') AND peer = ?1", params![peer.0])
}

fn count(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<u64, StoreError> {
    let sql = format!("SELECT count(*) FROM messages WHERE {condition}");
    Ok(uint(tx.sql.query_row(&sql, params, |row| row.get(0))?))
}

#[cfg(test)]
#[path = "messages_tests.rs"]
mod tests;
