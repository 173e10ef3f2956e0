//! Records on shelves: put under bounds, read, found by key across owners, taken away.

use a2a_proto::codec::{DecodeError, Reader, Writer};
use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use super::rows::{self, LaneRow, Row};
use super::tree::{Changes, Fault, Tree};
use crate::store::rules::{Found, Standing, counted_bytes, is_bounded, judge_record};
use crate::store::{Holder, NewRecord, Put, Quotas, RecordCopy, Shelf};

/// What is looked at without reading a record's value, which may be large and stands apart.
pub(super) struct RecordRow {
    lane: Option<LaneId>,
    expires_at: Option<Timestamp>,
    bytes: u64,
}

impl Row for RecordRow {
    fn write(&self, writer: &mut Writer) {
        writer.u8(self.lane.is_some().into()).fixed(&self.lane.map_or([0; LaneId::SIZE], |lane| *lane.as_bytes()));
        writer.u8(self.expires_at.is_some().into()).u64(self.expires_at.map_or(0, Timestamp::millis));
        writer.u64(self.bytes);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let has_lane = reader.flag()?;
        let lane = LaneId::from_bytes(reader.array()?);
        let expires = reader.flag()?;
        let expires_at = Timestamp::from_millis(reader.u64()?);
        let bytes = reader.u64()?;
        Ok(Self { lane: has_lane.then_some(lane), expires_at: expires.then_some(expires_at), bytes })
    }
}

/// Where a record stands: with its owner's rows.
fn place(owner: &AgentId, shelf: Shelf, key: &[u8]) -> Vec<u8> {
    rows::key(b'R', &[owner.as_bytes(), &[shelf.number()], key])
}

/// Where its value stands.
fn value_place(place: &[u8]) -> Vec<u8> {
    rows::key(b'V', &[&place[1..]])
}

/// Where its owner is found by its key.
fn index(shelf: Shelf, key: &[u8], owner: &[u8]) -> Vec<u8> {
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX).to_be_bytes();
    rows::key(b'S', &[&[shelf.number()], &length, key, owner])
}

pub(super) fn put(
    tree: &Tree,
    changes: &mut Changes,
    owner: &AgentId,
    record: NewRecord,
    quotas: &Quotas,
) -> Result<Put, Fault> {
    if !tree.has(&rows::account(owner))? {
        return Ok(Put::Refused);
    }
    if let Some(answer) = judge(tree, owner, &record, quotas)? {
        return Ok(answer);
    }
    let NewRecord { shelf, key, lane, value, replaces: _, expires_at, now: _ } = record;
    put_copy(changes, owner, &RecordCopy { shelf, key, lane, expires_at, value });
    Ok(Put::Done)
}

/// What to answer without storing.
fn judge(tree: &Tree, owner: &AgentId, record: &NewRecord, quotas: &Quotas) -> Result<Option<Put>, Fault> {
    let earlier: Option<RecordRow> = tree.row(&place(owner, record.shelf, &record.key))?;
    let standing = value(tree, owner, record.shelf, &record.key)?.unwrap_or_default();
    let mut found = Found {
        standing: earlier.map(|row| Standing { value: &standing, lane: row.lane }),
        lane_bytes: 0,
        shelf_bytes: 0,
    };
    if let Some(lane) = &record.lane {
        let living: Option<LaneRow> = tree.row(&rows::lane(owner, lane))?;
        if !living.is_some_and(|row| row.record.is_alive(record.now)) {
            return Ok(Some(Put::Refused));
        }
    }
    if is_bounded(record.shelf, record.lane) {
        for row in tree.rows::<RecordRow>(&place(owner, record.shelf, &[])) {
            let (_, row) = row?;
            found.shelf_bytes += row.bytes;
            found.lane_bytes += if row.lane == record.lane { row.bytes } else { 0 };
        }
    }
    Ok(judge_record(record, &found, quotas))
}

/// Puts a record in as it is.
pub(super) fn put_copy(changes: &mut Changes, owner: &AgentId, copy: &RecordCopy) {
    let place = place(owner, copy.shelf, &copy.key);
    let bytes = counted_bytes(copy.shelf, copy.lane, &copy.value);
    changes.insert(value_place(&place), &copy.value[..]);
    changes.insert(place, RecordRow { lane: copy.lane, expires_at: copy.expires_at, bytes }.to_bytes());
    if copy.lane.is_none() {
        changes.insert(index(copy.shelf, &copy.key, owner.as_bytes()), b"");
    }
}

pub(super) fn value(tree: &Tree, owner: &AgentId, shelf: Shelf, key: &[u8]) -> Result<Option<Bytes>, Fault> {
    let value = tree.bytes(&value_place(&place(owner, shelf, key)))?;
    Ok(value.map(Bytes::from))
}

/// In the order of their ids.
pub(super) fn holders(
    tree: &Tree,
    shelf: Shelf,
    key: &[u8],
    after: Option<AgentId>,
    limit: usize,
) -> Result<Vec<Holder>, Fault> {
    let beginning = index(shelf, key, &[]);
    let (length, mut found) = (beginning.len(), Vec::new());
    for place_of in tree.keys(&beginning)? {
        let agent = AgentId::read_checked(&mut Reader::new(&place_of[length..]))?;
        if after.is_some_and(|after| agent.as_bytes() <= after.as_bytes()) {
            continue;
        }
        if found.len() >= limit {
            break;
        }
        let value = value(tree, &agent, shelf, key)?.unwrap_or_default();
        found.push(Holder { agent, value });
    }
    Ok(found)
}

pub(super) fn take(changes: &mut Changes, owner: &AgentId, shelf: Shelf, key: &[u8]) {
    let place = place(owner, shelf, key);
    changes.remove(value_place(&place));
    changes.remove(place);
    changes.remove(index(shelf, key, owner.as_bytes()));
}

pub(super) fn stand_under(
    tree: &Tree,
    changes: &mut Changes,
    owner: &AgentId,
    shelf: Shelf,
    keys: &[Bytes],
) -> Result<(), Fault> {
    for key in keys_of(tree, owner, shelf)? {
        take(changes, owner, shelf, &key);
    }
    if tree.has(&rows::account(owner))? {
        for key in keys {
            let key = key.clone();
            put_copy(changes, owner, &RecordCopy { shelf, key, lane: None, expires_at: None, value: Bytes::new() });
        }
    }
    Ok(())
}

fn keys_of(tree: &Tree, owner: &AgentId, shelf: Shelf) -> Result<Vec<Vec<u8>>, Fault> {
    let beginning = place(owner, shelf, &[]);
    let keys = tree.keys(&beginning)?;
    Ok(keys.into_iter().map(|key| key[beginning.len()..].to_vec()).collect())
}

/// Everything of an owner.
pub(super) fn leave(tree: &Tree, changes: &mut Changes, owner: &AgentId) -> Result<(), Fault> {
    for shelf in Shelf::ALL {
        for key in keys_of(tree, owner, shelf)? {
            take(changes, owner, shelf, &key);
        }
    }
    Ok(())
}

/// Deletes what has expired, at most so many.
pub(super) fn sweep(tree: &Tree, changes: &mut Changes, now: Timestamp, most: usize) -> Result<usize, Fault> {
    let mut count = 0;
    for row in tree.rows::<RecordRow>(b"R") {
        let (place, row) = row?;
        if row.expires_at.is_some_and(|end| end <= now) && count < most {
            // Only what came by a lane expires, and that is in no index.
            changes.remove(value_place(&place));
            changes.remove(place);
            count += 1;
        }
    }
    Ok(count)
}

/// Records after a place, in the order of shelves and keys.
pub(super) fn copies(
    tree: &Tree,
    owner: &AgentId,
    after: Option<(Shelf, Bytes)>,
    limit: usize,
) -> Result<Vec<RecordCopy>, Fault> {
    let all = rows::key(b'R', &[owner.as_bytes()]);
    // The first key after a record's is its own with a zero behind.
    let first = after.map_or_else(|| all.clone(), |(shelf, key)| [&place(owner, shelf, &key)[..], &[0]].concat());
    let rows = tree.rows_from::<RecordRow>(first, all.clone()).take(limit);
    rows.map(|row| {
        let (place, RecordRow { lane, expires_at, bytes: _ }) = row?;
        let mut named = Reader::new(&place[all.len()..]);
        let shelf = Shelf::numbered(named.u8()?).ok_or(DecodeError::InvalidValue)?;
        let key = Bytes::copy_from_slice(named.fixed(named.remaining())?);
        let value = tree.bytes(&value_place(&place))?.unwrap_or_default().into();
        Ok(RecordCopy { shelf, key, lane, expires_at, value })
    })
    .collect()
}
