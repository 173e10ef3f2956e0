//! Receipts that we owe, until they are sealed.

use a2a_proto::id::MessageId;
use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::{moment, timestamp};
use super::peers::PeerKey;
use super::{StoreError, Tx};

/// What a receipt says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OwedKind {
    /// It is stored here.
    Delivered,
    /// It was shown.
    Read,
    /// It was outside what is granted.
    Refused,
    /// The grant had ended.
    RefusedExpired,
    /// It was not what we take: its payload does not follow its schema, or there were too many, say.
    NotTaken,
}

impl OwedKind {
    fn number(self) -> i64 {
        match self {
            Self::Delivered => 1,
            Self::Read => 2,
            Self::Refused => 3,
            Self::NotTaken => 4,
            Self::RefusedExpired => 5,
        }
    }

    fn from_number(number: i64) -> Self {
        match number {
            1 => Self::Delivered,
            2 => Self::Read,
            3 => Self::Refused,
            5 => Self::RefusedExpired,
            _ => Self::NotTaken,
        }
    }
}

/// One receipt that we owe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owed {
    /// What it says.
    pub(crate) kind: OwedKind,
    /// About which message.
    pub(crate) message_id: MessageId,
    /// SHA-256 of that message's content.
    pub(crate) digest: [u8; 32],
}

/// Notes a receipt that is due at a moment.
pub(crate) fn owe(tx: &Tx<'_>, peer: PeerKey, owed: &Owed, due_at: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "INSERT INTO receipts (peer, kind, message_id, digest, due_at) VALUES (?1, ?2, ?3, ?4, ?5)
         ON CONFLICT DO NOTHING",
        params![
            peer.0,
            owed.kind.number(),
            owed.message_id.as_bytes().as_slice(),
            owed.digest.as_slice(),
            moment(due_at)
        ],
    )?;
    Ok(())
}

/// Peers to whom a receipt is due.
pub(crate) fn due_peers(tx: &Tx<'_>, now: Timestamp) -> Result<Vec<PeerKey>, StoreError> {
    let mut statement = tx.sql.prepare_cached("SELECT DISTINCT peer FROM receipts WHERE due_at <= ?1 ORDER BY peer")?;
    let rows = statement.query_map([moment(now)], |row| Ok(PeerKey(row.get(0)?)))?;
    Ok(rows.collect::<Result<Vec<_>, _>>()?)
}

/// The earliest moment at which one is due.
pub(crate) fn next_due(tx: &Tx<'_>) -> Result<Option<Timestamp>, StoreError> {
    let found: Option<i64> = tx.sql.query_row("SELECT min(due_at) FROM receipts", [], |row| row.get(0))?;
    Ok(found.map(timestamp))
}

/// Takes what is owed to a peer, due or not, so that one envelope carries it all; at most `most`.
pub(crate) fn take(tx: &Tx<'_>, peer: PeerKey, most: usize) -> Result<Vec<Owed>, StoreError> {
    let mut statement = tx.sql.prepare_cached(
        "DELETE FROM receipts WHERE id IN (SELECT id FROM receipts WHERE peer = ?1 ORDER BY id LIMIT ?2)
         RETURNING id, kind, message_id, digest",
    )?;
    let mut rows = statement
        .query_map(params![peer.0, most as i64], |row| {
            let owed = Owed {
                kind: OwedKind::from_number(row.get(1)?),
                message_id: MessageId::from_bytes(row.get(2)?),
                digest: row.get(3)?,
            };
            Ok((row.get::<_, i64>(0)?, owed))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.sort_by_key(|(id, _)| *id);
    Ok(rows.into_iter().map(|(_, owed)| owed).collect())
}
