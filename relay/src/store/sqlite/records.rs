//! Records on shelves: put under bounds, read, found by key across owners, taken away.

use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::columns;
use crate::store::rules::{Found, Standing, counted_bytes, is_bounded, judge_record};
use crate::store::{Holder, NewRecord, Put, Quotas, RecordCopy, Shelf};

/// Records that one commit deletes at most: a chunk of an attachment is as large as many envelopes.
pub(super) const SLICE_RECORDS: u8 = 64;

pub(super) fn put(
    connection: &Connection,
    owner: &AgentId,
    record: &NewRecord,
    quotas: &Quotas,
) -> rusqlite::Result<Put> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(Put::Refused);
    };
    let standing = standing(connection, mailbox, record)?;
    let mut found = Found {
        standing: standing.as_ref().map(|(value, lane)| Standing { value, lane: *lane }),
        lane_bytes: 0,
        shelf_bytes: 0,
    };
    if let Some(lane) = &record.lane {
        let Some((of_lane, of_all)) = bytes_by_lanes(connection, mailbox, lane, record.now)? else {
            return Ok(Put::Refused);
        };
        (found.lane_bytes, found.shelf_bytes) = (of_lane, of_all);
    } else if is_bounded(record.shelf, record.lane) {
        found.shelf_bytes = bytes_on_shelf(connection, mailbox, record.shelf)?;
    }
    if let Some(answer) = judge_record(record, &found, quotas) {
        return Ok(answer);
    }
    replace(connection, mailbox, record)?;
    Ok(Put::Done)
}

/// Bytes that came by this lane, if it lives, and by all lanes: running sums, since the writer must not read as many rows
/// for each chunk as there are.
fn bytes_by_lanes(
    connection: &Connection,
    mailbox: i64,
    lane: &LaneId,
    now: Timestamp,
) -> rusqlite::Result<Option<(u64, u64)>> {
    let mut statement = connection.prepare_cached(
        "SELECT lane.blob_bytes, mailbox.blob_bytes FROM lane JOIN mailbox USING (mailbox)
         WHERE lane = ?1 AND mailbox = ?2 AND (expires_at IS NULL OR expires_at > ?3)",
    )?;
    let read = |row: &Row<'_>| Ok((columns::unsigned(row.get(0)?), columns::unsigned(row.get(1)?)));
    statement.query_row(params![lane.as_bytes(), mailbox, columns::millis(now)], read).optional()
}

type Stored = (Vec<u8>, Option<LaneId>);

fn standing(connection: &Connection, mailbox: i64, record: &NewRecord) -> rusqlite::Result<Option<Stored>> {
    let mut statement =
        connection.prepare_cached("SELECT value, lane FROM record WHERE mailbox = ?1 AND shelf = ?2 AND key = ?3")?;
    let read = |row: &Row<'_>| {
        let lane: Option<[u8; LaneId::SIZE]> = row.get("lane")?;
        Ok((row.get("value")?, lane.map(LaneId::from_bytes)))
    };
    statement.query_row(params![mailbox, record.shelf.number(), &record.key[..]], read).optional()
}

/// Bytes of a shelf of the owner's own.
fn bytes_on_shelf(connection: &Connection, mailbox: i64, shelf: Shelf) -> rusqlite::Result<u64> {
    let mut statement =
        connection.prepare_cached("SELECT coalesce(sum(bytes), 0) FROM record WHERE mailbox = ?1 AND shelf = ?2")?;
    statement.query_row(params![mailbox, shelf.number()], |row| row.get(0)).map(columns::unsigned)
}

fn replace(connection: &Connection, mailbox: i64, record: &NewRecord) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO record (mailbox, shelf, key, lane, bytes, expires_at, value)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
             ON CONFLICT (mailbox, shelf, key) DO UPDATE SET lane = excluded.lane, bytes = excluded.bytes,
                 expires_at = excluded.expires_at, value = excluded.value",
        )?
        .execute(params![
            mailbox,
            record.shelf.number(),
            &record.key[..],
            record.lane.as_ref().map(LaneId::as_bytes),
            columns::signed(counted_bytes(record.shelf, record.lane, &record.value)),
            record.expires_at.map(columns::millis),
            &record.value[..],
        ])?;
    Ok(())
}

pub(super) fn value(
    connection: &Connection,
    owner: &AgentId,
    shelf: Shelf,
    key: &[u8],
) -> rusqlite::Result<Option<Bytes>> {
    let mut statement = connection.prepare_cached(
        "SELECT value FROM record JOIN account USING (mailbox) WHERE agent = ?1 AND shelf = ?2 AND key = ?3",
    )?;
    let value = statement.query_row(params![owner.as_bytes(), shelf.number(), key], |row| row.get::<_, Vec<u8>>(0));
    Ok(value.optional()?.map(Bytes::from))
}

/// In the order of the accounts; after one that is gone there is nobody.
pub(super) fn holders(
    connection: &Connection,
    shelf: Shelf,
    key: &[u8],
    after: Option<AgentId>,
    limit: usize,
) -> rusqlite::Result<Vec<Holder>> {
    let after = match after {
        None => 0,
        Some(agent) => columns::mailbox_of(connection, &agent)?.unwrap_or(i64::MAX),
    };
    let mut statement = connection.prepare_cached(
        "SELECT agent, value FROM record JOIN account USING (mailbox)
         WHERE shelf = ?1 AND key = ?2 AND lane IS NULL AND mailbox > ?3 ORDER BY mailbox LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let read =
        |row: &Row<'_>| Ok(Holder { agent: columns::agent(row)?, value: Bytes::from(row.get::<_, Vec<u8>>("value")?) });
    let rows = statement.query_map(params![shelf.number(), key, after, limit], read)?;
    rows.collect()
}

pub(super) fn take(connection: &Connection, owner: &AgentId, shelf: Shelf, key: &[u8]) -> rusqlite::Result<()> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(());
    };
    connection
        .prepare_cached("DELETE FROM record WHERE mailbox = ?1 AND shelf = ?2 AND key = ?3")?
        .execute(params![mailbox, shelf.number(), key])?;
    Ok(())
}

pub(super) fn stand_under(
    connection: &Connection,
    owner: &AgentId,
    shelf: Shelf,
    keys: &[Bytes],
) -> rusqlite::Result<()> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(());
    };
    connection
        .prepare_cached("DELETE FROM record WHERE mailbox = ?1 AND shelf = ?2")?
        .execute(params![mailbox, shelf.number()])?;
    let mut insert = connection.prepare_cached(
        "INSERT INTO record (mailbox, shelf, key, bytes, value) VALUES (?1, ?2, ?3, 0, x'') ON CONFLICT DO NOTHING",
    )?;
    for key in keys {
        insert.execute(params![mailbox, shelf.number(), &key[..]])?;
    }
    Ok(())
}

/// Records after a place, in the order of shelves and keys.
pub(super) fn copies(
    connection: &Connection,
    owner: &AgentId,
    after: Option<(Shelf, Bytes)>,
    limit: usize,
) -> rusqlite::Result<Vec<RecordCopy>> {
    let (shelf, key) = after.map_or((0, Bytes::new()), |(shelf, key)| (shelf.number(), key));
    let mut statement = connection.prepare_cached(
        "SELECT shelf, key, lane, expires_at, value FROM record JOIN account USING (mailbox)
         WHERE agent = ?1 AND (shelf, key) > (?2, ?3) ORDER BY shelf, key LIMIT ?4",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map(params![owner.as_bytes(), shelf, &key[..], limit], record_copy)?.collect()
}

fn record_copy(row: &Row<'_>) -> rusqlite::Result<RecordCopy> {
    let number: u8 = row.get("shelf")?;
    let lane: Option<[u8; LaneId::SIZE]> = row.get("lane")?;
    Ok(RecordCopy {
        shelf: Shelf::numbered(number).ok_or(rusqlite::Error::IntegralValueOutOfRange(0, i64::from(number)))?,
        key: Bytes::from(row.get::<_, Vec<u8>>("key")?),
        lane: lane.map(LaneId::from_bytes),
        expires_at: columns::time(row, "expires_at")?,
        value: Bytes::from(row.get::<_, Vec<u8>>("value")?),
    })
}

/// Puts copies in, whatever the quotas say.
pub(super) fn put_copies(connection: &Connection, owner: &AgentId, copies: &[RecordCopy]) -> rusqlite::Result<()> {
    let mailbox = columns::mailbox_of(connection, owner)?.ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    copies.iter().try_for_each(|copy| {
        let RecordCopy { shelf, key, lane, expires_at, value } = copy.clone();
        let now = Timestamp::EPOCH;
        replace(connection, mailbox, &NewRecord { shelf, key, lane, value, replaces: None, expires_at, now })
    })
}

/// Deletes some records of an account that is about to be closed; tells whether there may be more.
pub(super) fn leave(connection: &Connection, owner: &AgentId) -> rusqlite::Result<bool> {
    let gone = connection
        .prepare_cached(
            "DELETE FROM record WHERE rowid IN (SELECT record.rowid FROM record JOIN account USING (mailbox)
                 WHERE agent = ?1 LIMIT ?2)",
        )?
        .execute(params![owner.as_bytes(), SLICE_RECORDS])?;
    Ok(gone == usize::from(SLICE_RECORDS))
}

/// Deletes some of what has expired.
pub(super) fn sweep(connection: &Connection, now: Timestamp) -> rusqlite::Result<usize> {
    connection
        .prepare_cached("DELETE FROM record WHERE rowid IN (SELECT rowid FROM record WHERE expires_at <= ?1 LIMIT ?2)")?
        .execute(params![columns::millis(now), SLICE_RECORDS])
}
