//! Files of messages: how far each is on its way out or in. What it is stands in the message's signed content.

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};

use super::number::{int, moment, uint};
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "attachments";

/// How far a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FileState {
    /// Own: its chunks go to the peer's relay, before the message.
    Sending,
    /// Own: the peer's relay has it.
    Sent,
    /// A peer's: at our relay, until somebody asks for it.
    There,
    /// A peer's: to be fetched.
    Wanted,
    /// A peer's: in the quarantine folder; the relay may still keep the chunks.
    Saved,
    /// A peer's: in the quarantine folder, and gone from the relay.
    Cleared,
    /// It cannot be had any more.
    Lost,
}

const STATES: [(FileState, &str); 7] = [
    (FileState::Sending, "sending"),
    (FileState::Sent, "sent"),
    (FileState::There, "there"),
    (FileState::Wanted, "wanted"),
    (FileState::Saved, "saved"),
    (FileState::Cleared, "cleared"),
    (FileState::Lost, "lost"),
];

impl FileState {
    fn word(self) -> &'static str {
        STATES.iter().find(|(state, _)| *state == self).map_or("lost", |(_, word)| word)
    }

    fn from_word(word: &str) -> Result<Self, StoreError> {
        let found = STATES.iter().find(|(_, known)| *known == word).map(|(state, _)| *state);
        found.ok_or(StoreError::Unreadable { table: TABLE })
    }
}

/// Where a file is on this machine.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub(crate) struct FileRecord {
    /// Own: the name of the sealed copy in the folder of outgoing files. A peer's: where it was saved.
    pub(crate) path: Option<String>,
    /// Own: the relay that has the first chunks.
    pub(crate) relay: Option<RelayAuthority>,
    /// Why it is lost, in our words.
    pub(crate) reason: Option<String>,
}

/// One file of a message.
#[derive(Debug, Clone)]
pub(crate) struct StoredFile {
    /// The message's local number.
    pub(crate) message: i64,
    /// Its place among the message's files.
    pub(crate) place: u32,
    /// With whom.
    pub(crate) peer: PeerKey,
    /// How far it is.
    pub(crate) state: FileState,
    /// How many chunks are done.
    pub(crate) done: u32,
    /// How often it was tried in vain.
    pub(crate) attempts: u64,
    /// Where it is.
    pub(crate) record: FileRecord,
}

/// Notes a new file.
pub(crate) fn insert(tx: &Tx<'_>, file: &StoredFile, now: Timestamp) -> Result<(), StoreError> {
    let sealed = seal(tx, file.message, file.place, &file.record)?;
    tx.sql.execute(
        "INSERT INTO attachments (message, place, peer, state, done, next_attempt, record)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT DO NOTHING",
        params![file.message, file.place, file.peer.0, file.state.word(), file.done, moment(now), sealed],
    )?;
    Ok(())
}

/// Writes back how far a file is.
pub(crate) fn update(tx: &Tx<'_>, file: &StoredFile) -> Result<(), StoreError> {
    let sealed = seal(tx, file.message, file.place, &file.record)?;
    tx.sql.execute(
        "UPDATE attachments SET state = ?3, done = ?4, record = ?5 WHERE message = ?1 AND place = ?2",
        params![file.message, file.place, file.state.word(), file.done, sealed],
    )?;
    Ok(())
}

/// Puts a file off to a later try.
pub(crate) fn put_off(tx: &Tx<'_>, file: &StoredFile, next: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE attachments SET attempts = attempts + 1, next_attempt = ?3 WHERE message = ?1 AND place = ?2",
        params![file.message, file.place, moment(next)],
    )?;
    Ok(())
}

/// The files of a message, in order.
pub(crate) fn of_message(tx: &Tx<'_>, message: i64) -> Result<Vec<StoredFile>, StoreError> {
    many(tx, "message = ?1 ORDER BY place", params![message])
}

/// Files in a state whose turn it is, oldest first.
pub(crate) fn due(tx: &Tx<'_>, state: FileState, now: Timestamp, limit: usize) -> Result<Vec<StoredFile>, StoreError> {
    let condition = "state = ?1 AND next_attempt <= ?2
        AND (state <> 'sending' OR message IN (SELECT message FROM outbox WHERE message IS NOT NULL)) ORDER BY message, place LIMIT ?3";
    many(tx, condition, params![state.word(), moment(now), int(limit as u64)])
}

/// The sealed copies that are still to be sent, by name.
pub(crate) fn outgoing(tx: &Tx<'_>) -> Result<Vec<String>, StoreError> {
    let files = many(tx, "state = 'sending'", [])?;
    Ok(files.into_iter().filter_map(|file| file.record.path).collect())
}

fn many(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<StoredFile>, StoreError> {
    let sql = format!("SELECT message, place, peer, state, done, attempts, record FROM attachments WHERE {condition}");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map(params, columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(bare, state, sealed)| {
            let record = tx.seal.open_record(Place::record(TABLE, &key(bare.message, bare.place)), &sealed)?;
            Ok(StoredFile { state: FileState::from_word(&state)?, record, ..bare })
        })
        .collect()
}

fn columns(row: &Row<'_>) -> rusqlite::Result<(StoredFile, String, Vec<u8>)> {
    let file = StoredFile {
        message: row.get(0)?,
        place: row.get(1)?,
        peer: PeerKey(row.get(2)?),
        state: FileState::Lost,
        done: row.get(4)?,
        attempts: uint(row.get(5)?),
        record: FileRecord::default(),
    };
    Ok((file, row.get(3)?, row.get(6)?))
}

fn seal(tx: &Tx<'_>, message: i64, place: u32, record: &FileRecord) -> Result<Vec<u8>, StoreError> {
    tx.seal.seal_record(Place::record(TABLE, &key(message, place)), record)
}

fn key(message: i64, place: u32) -> Vec<u8> {
    [message.to_be_bytes().as_slice(), &place.to_be_bytes()].concat()
}
