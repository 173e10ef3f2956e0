//! Messages as they stand in their rows.

use a2a_proto::id::MessageId;
use a2a_proto::scope::Scope;
use rusqlite::Row;

use super::messages::{Message, MessageRecord, RECEIVED, State, TABLE, ThreadPlace, Way};
use super::number::timestamp;
use super::peers::PeerKey;
use super::{Blob, Place, StoreError, Tx};

/// The messages that a condition names.
pub(super) fn many(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Message>, StoreError> {
    let sql = format!(
        "SELECT id, peer, direction, message_id, place, epoch, number, state, sent_at, stored_at, reply_to, digest,
            reason, record, queued_at FROM messages WHERE {condition}"
    );
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map(params, columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|(message, state, sealed)| open(tx, message, &state, &sealed)).collect()
}

type Bare = Message;

fn columns(row: &Row<'_>) -> rusqlite::Result<(Bare, String, Vec<u8>)> {
    let id: i64 = row.get(0)?;
    let direction: i64 = row.get(2)?;
    let reply_to: Option<[u8; 16]> = row.get(10)?;
    let message = Message {
        id,
        peer: PeerKey(row.get(1)?),
        way: if direction == RECEIVED { Way::In } else { Way::Out },
        message_id: MessageId::from_bytes(row.get(3)?),
        place: ThreadPlace { place: row.get(4)?, epoch: row.get(5)?, number: row.get(6)?, id },
        state: State::Waiting,
        sent_at: timestamp(row.get(8)?),
        stored_at: timestamp(row.get(9)?),
        reply_to: reply_to.map(MessageId::from_bytes),
        digest: row.get(11)?,
        queued_at: row.get::<_, Option<i64>>(14)?.map(timestamp),
        reason: row.get(12)?,
        record: MessageRecord { scope: Scope::message(), subject: None, body: String::new(), content: Blob::default() },
    };
    Ok((message, row.get(7)?, row.get(13)?))
}

fn open(tx: &Tx<'_>, bare: Bare, state: &str, sealed: &[u8]) -> Result<Message, StoreError> {
    let key = row_key(bare.peer, bare.way, bare.message_id);
    let record = tx.seal.open_record(Place::record(TABLE, &key), sealed)?;
    Ok(Message { state: State::from_word(state)?, record, ..bare })
}

/// What a message's record is sealed for.
pub(super) fn row_key(peer: PeerKey, way: Way, message_id: MessageId) -> Vec<u8> {
    [&peer.0.to_be_bytes(), &way.number().to_be_bytes(), message_id.as_bytes().as_slice()].concat()
}
