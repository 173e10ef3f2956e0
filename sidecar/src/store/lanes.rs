//! Lanes at our relay into our mailbox, and whom each belongs to.

use a2a_proto::address::RelayAuthority;
use a2a_proto::id::{InviteId, LaneId};
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::number::moment;
use super::peers::PeerKey;
use super::{Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "lanes";

/// A lane as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct LaneRecord {
    /// The lane.
    pub(crate) lane: LaneId,
    /// Its key; we keep it to open the lane again after our relay lost it.
    pub(crate) key: SecretBlob,
    /// The relay that opened it.
    pub(crate) relay: RelayAuthority,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    /// The lane.
    pub(crate) lane: LaneId,
    /// Who deposits through it, once known.
    pub(crate) peer: Option<PeerKey>,
    /// The invite that it was opened for.
    pub(crate) invite: Option<InviteId>,
    /// False once we closed it.
    pub(crate) open: bool,
}

/// Notes a lane that our relay opened.
pub(crate) fn insert(
    tx: &Tx<'_>,
    record: &LaneRecord,
    peer: Option<PeerKey>,
    invite: Option<InviteId>,
    expires_at: Option<Timestamp>,
) -> Result<(), StoreError> {
    let tag = tag(tx, record.lane);
    let sealed = tx.seal.seal_record(Place::record(TABLE, &tag), record)?;
    tx.sql.execute(
        "INSERT INTO lanes (tag, peer, invite_id, state, expires_at, record) VALUES (?1, ?2, ?3, 'open', ?4, ?5)",
        params![
            tag.as_slice(),
            peer.map(|peer| peer.0),
            invite.as_ref().map(|id| id.as_bytes().as_slice()),
            expires_at.map(moment),
            sealed
        ],
    )?;
    Ok(())
}

/// The lane of that id.
pub(crate) fn find(tx: &Tx<'_>, lane: LaneId) -> Result<Option<Lane>, StoreError> {
    let row = tx
        .sql
        .query_row(
            "SELECT tag, peer, invite_id, state, record FROM lanes WHERE tag = ?1",
            [tag(tx, lane).as_slice()],
            columns,
        )
        .optional()?;
    row.map(|row| open(tx, row)).transpose()
}

/// Lanes of a peer that are open.
pub(crate) fn open_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Vec<Lane>, StoreError> {
    many(tx, "peer = ?1 AND state = 'open'", params![peer.0])
}

/// The newest open lane of a peer, with its key.
pub(crate) fn newest_of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<LaneRecord>, StoreError> {
    let row: Option<(Vec<u8>, Vec<u8>)> = tx
        .sql
        .query_row(
            "SELECT tag, record FROM lanes WHERE peer = ?1 AND state = 'open' AND invite_id IS NULL
             ORDER BY rowid DESC LIMIT 1",
            [peer.0],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .optional()?;
    row.map(|(tag, sealed)| tx.seal.open_record(Place::record(TABLE, &tag), &sealed)).transpose()
}

/// The open lanes of pairs, those of invites aside.
pub(crate) fn of_pairs(tx: &Tx<'_>) -> Result<Vec<LaneRecord>, StoreError> {
    let condition = "state = 'open' AND invite_id IS NULL AND peer IS NOT NULL";
    Ok(records(tx, condition, params![])?.into_iter().map(|(_, record)| record).collect())
}

/// The open lanes of invites that hold beyond that moment, and that nobody took up.
pub(crate) fn of_invites(tx: &Tx<'_>, beyond: Timestamp) -> Result<Vec<(InviteId, LaneRecord)>, StoreError> {
    let condition = "state = 'open' AND peer IS NULL AND invite_id IS NOT NULL AND expires_at > ?1";
    let sql = format!("SELECT invite_id, tag, record FROM lanes WHERE {condition} ORDER BY rowid");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let read = |row: &Row<'_>| Ok((InviteId::from_bytes(row.get(0)?), row.get(1)?, row.get(2)?));
    let rows = statement.query_map([moment(beyond)], read)?;
    let rows = rows.collect::<Result<Vec<(InviteId, Vec<u8>, Vec<u8>)>, _>>()?;
    let open = |(invite, tag, sealed): (InviteId, Vec<u8>, Vec<u8>)| {
        Ok((invite, tx.seal.open_record(Place::record(TABLE, &tag), &sealed)?))
    };
    rows.into_iter().map(open).collect()
}

/// The open lane of a pair with that id, whose it is, and its key.
pub(crate) fn of_pair(tx: &Tx<'_>, lane: LaneId) -> Result<Option<(PeerKey, LaneRecord)>, StoreError> {
    let condition = "tag = ?1 AND state = 'open' AND invite_id IS NULL AND peer IS NOT NULL";
    Ok(records(tx, condition, params![tag(tx, lane).as_slice()])?.pop())
}

fn records(
    tx: &Tx<'_>,
    condition: &str,
    params: impl rusqlite::Params,
) -> Result<Vec<(PeerKey, LaneRecord)>, StoreError> {
    let sql = format!("SELECT peer, tag, record FROM lanes WHERE {condition} ORDER BY rowid");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map(params, |row| Ok((PeerKey(row.get(0)?), row.get(1)?, row.get(2)?)))?;
    let rows = rows.collect::<Result<Vec<(PeerKey, Vec<u8>, Vec<u8>)>, _>>()?;
    let open = |(peer, tag, sealed): (PeerKey, Vec<u8>, Vec<u8>)| {
        Ok((peer, tx.seal.open_record(Place::record(TABLE, &tag), &sealed)?))
    };
    rows.into_iter().map(open).collect()
}

/// Notes who deposits through a lane.
pub(crate) fn set_peer(tx: &Tx<'_>, lane: LaneId, peer: PeerKey) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE lanes SET peer = ?2 WHERE tag = ?1", params![tag(tx, lane).as_slice(), peer.0])?;
    Ok(())
}

/// Closes a lane here: what still comes through it is dropped.
pub(crate) fn close(tx: &Tx<'_>, lane: LaneId) -> Result<(), StoreError> {
    tx.sql.execute("UPDATE lanes SET state = 'closed' WHERE tag = ?1", [tag(tx, lane).as_slice()])?;
    Ok(())
}

fn many(tx: &Tx<'_>, condition: &str, params: impl rusqlite::Params) -> Result<Vec<Lane>, StoreError> {
    let sql = format!("SELECT tag, peer, invite_id, state, record FROM lanes WHERE {condition}");
    let mut statement = tx.sql.prepare_cached(&sql)?;
    let rows = statement.query_map(params, columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| open(tx, row)).collect()
}

type Columns = (Vec<u8>, Option<i64>, Option<[u8; 16]>, String, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?))
}

fn open(tx: &Tx<'_>, (tag, peer, invite, state, sealed): Columns) -> Result<Lane, StoreError> {
    let record: LaneRecord = tx.seal.open_record(Place::record(TABLE, &tag), &sealed)?;
    Ok(Lane {
        lane: record.lane,
        peer: peer.map(PeerKey),
        invite: invite.map(InviteId::from_bytes),
        open: state == "open",
    })
}

fn tag(tx: &Tx<'_>, lane: LaneId) -> [u8; 16] {
    tx.seal.tag("lane", lane.as_bytes())
}
