//! Lanes: opening, closing, listing, and what is needed to check a proof.

use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;

use super::mailboxes;
use super::rows::{self, LaneRow, Row};
use super::tree::{Changes, Fault, Tree};
use crate::store::rules::LaneState;
use crate::store::{InviteOffer, LaneEntry, LaneOpening, LaneRecord, NewLane};

pub(super) fn open(
    tree: &Tree,
    changes: &mut Changes,
    owner: &AgentId,
    new: &NewLane,
    most: u64,
) -> Result<LaneOpening, Fault> {
    if !tree.has(&rows::account(owner))? {
        return Ok(LaneOpening::NoMailbox);
    }
    if new.again && tree.has(&rows::lane_owner(&new.lane))? {
        return open_again(tree, changes, owner, new);
    }
    let mut count = 0;
    for (lane, row) in all(tree, owner)? {
        // A retry whose first answer was lost: nobody has the earlier lane's key.
        let is_earlier = matches!((&row.invite, &new.invite), (Some((old, _)), Some(invite)) if *old == invite.invite);
        if is_earlier {
            remove(changes, owner, &lane);
        } else {
            count += 1;
        }
    }
    if count >= most {
        return Ok(LaneOpening::TooMany);
    }
    changes.insert(rows::lane(owner, &new.lane), row_of(owner, new).to_bytes());
    changes.insert(rows::lane_owner(&new.lane), owner.as_bytes());
    Ok(LaneOpening::Open)
}

/// Gives a lane that stands a new key; it keeps what it counted.
fn open_again(tree: &Tree, changes: &mut Changes, owner: &AgentId, new: &NewLane) -> Result<LaneOpening, Fault> {
    let key = rows::lane(owner, &new.lane);
    let Some(mut row) = tree.row::<LaneRow>(&key)?.filter(|row| row.invite.is_none()) else {
        return Ok(LaneOpening::Taken);
    };
    row.record.secret_version = new.secret_version;
    row.record.salt = new.salt;
    row.record.mask = new.mask;
    changes.insert(key, row.to_bytes());
    Ok(LaneOpening::Open)
}

fn row_of(owner: &AgentId, new: &NewLane) -> LaneRow {
    let invite = new.invite.as_ref();
    let expires_at = invite.map(|invite| invite.expires_at);
    let max_envelopes = invite.map(|invite| u64::from(invite.max_envelopes));
    LaneRow {
        record: LaneRecord {
            mailbox: *owner,
            secret_version: new.secret_version,
            salt: new.salt,
            mask: new.mask,
            expires_at,
        },
        opened_hour: new.now.hours(),
        state: LaneState { pending: 0, accepted: 0, max_envelopes, expires_at, names: 0 },
        invite: invite.map(|invite| {
            let (token_hash, one_time) = (invite.token_hash, invite.one_time.clone());
            (invite.invite, InviteOffer { token_hash, one_time, expires_at: invite.expires_at })
        }),
    }
}

fn remove(changes: &mut Changes, owner: &AgentId, lane: &LaneId) {
    changes.remove(rows::lane(owner, lane));
    changes.remove(rows::lane_owner(lane));
}

pub(super) fn all(tree: &Tree, owner: &AgentId) -> Result<Vec<(LaneId, LaneRow)>, Fault> {
    let rows = tree.rows::<LaneRow>(&rows::lanes(owner));
    rows.map(|row| row.and_then(|(key, row)| Ok((lane_of(&key)?, row)))).collect()
}

/// The lane at the end of a key.
fn lane_of(key: &[u8]) -> Result<LaneId, Fault> {
    let mut reader = a2a_proto::codec::Reader::new(&key[1 + AgentId::SIZE..]);
    Ok(LaneId::from_bytes(reader.array()?))
}

/// Its retries end with it: an answer to them would say that the lane once lived.
pub(super) fn close(tree: &Tree, changes: &mut Changes, owner: &AgentId, lane: &LaneId) -> Result<(), Fault> {
    if !tree.has(&rows::lane(owner, lane))? {
        return Ok(());
    }
    remove(changes, owner, lane);
    let names = tree.keys(&rows::name(owner, Some(lane), &[]))?;
    mailboxes::forget_names(tree, changes, &rows::counters(owner), names.len() as u64)?;
    names.into_iter().for_each(|name| changes.remove(name));
    Ok(())
}

pub(super) fn list(tree: &Tree, owner: &AgentId) -> Result<Vec<LaneEntry>, Fault> {
    let lanes = all(tree, owner)?.into_iter().map(|(lane, row)| LaneEntry {
        lane,
        secret_version: row.record.secret_version,
        of_invite: row.invite.is_some(),
        created_at: Timestamp::from_secs(row.opened_hour.saturating_mul(3600)),
        expires_at: row.record.expires_at,
    });
    let mut lanes: Vec<_> = lanes.collect();
    lanes.sort_by_key(|entry| (entry.created_at, *entry.lane.as_bytes()));
    Ok(lanes)
}

/// Reads the first lane from this name on and only then looks whether it has the name: where there is none, a neighbour
/// costs as much as the lane itself would.
pub(super) fn record(tree: &Tree, lane: &LaneId) -> Result<Option<LaneRecord>, Fault> {
    let Some((key, owner)) = tree.first_from(&rows::lane_owner(lane), b"D")? else { return Ok(None) };
    let owner = AgentId::read_checked(&mut a2a_proto::codec::Reader::new(&owner))?;
    let name = LaneId::from_bytes(a2a_proto::codec::Reader::new(&key[1..]).array()?);
    let row: Option<LaneRow> = tree.row(&rows::lane(&owner, &name))?;
    Ok(row.filter(|_| name == *lane).map(|row| row.record))
}

/// An invite is used from the first envelope on: who comes later could not pair any more.
pub(super) fn invite(tree: &Tree, owner: &AgentId, invite: &InviteId) -> Result<Option<InviteOffer>, Fault> {
    let lanes = all(tree, owner)?.into_iter();
    let unused = lanes.filter(|(_, row)| row.state.accepted == 0).filter_map(|(_, row)| row.invite);
    Ok(unused.filter(|(name, _)| name == invite).map(|(_, offer)| offer).next())
}

/// Removes some lanes that ended by themselves; tells how many.
pub(super) fn sweep(tree: &Tree, changes: &mut Changes, now: Timestamp, most: usize) -> Result<usize, Fault> {
    let mut count = 0;
    for row in tree.rows::<LaneRow>(b"L") {
        let (key, row) = row?;
        if row.record.is_alive(now) {
            continue;
        }
        remove(changes, &row.record.mailbox, &lane_of(&key)?);
        count += 1;
        if count == most {
            break;
        }
    }
    Ok(count)
}
