//! Lanes: opening, closing, listing, and what is needed to check a proof.

use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::mailboxes::Names;
use super::{columns, mailboxes};
use crate::store::{InviteOffer, LaneEntry, LaneOpening, LaneRecord, NewInvite, NewLane};

/// Names that one commit forgets at most when a lane or an account is closed.
const SLICE_NAMES: usize = 2000;

pub(super) fn open(
    connection: &Connection,
    owner: &AgentId,
    lane: &NewLane,
    most: u64,
) -> rusqlite::Result<LaneOpening> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(LaneOpening::NoMailbox);
    };
    if let Some(invite) = &lane.invite {
        // A retry whose first answer was lost: nobody has the earlier lane's key.
        connection
            .prepare_cached("DELETE FROM lane WHERE mailbox = ?1 AND invite = ?2")?
            .execute(params![mailbox, invite.invite.as_bytes()])?;
    }
    if let Some(standing) = standing(connection, mailbox, lane)? {
        return Ok(standing);
    }
    if count(connection, mailbox)? >= most {
        return Ok(LaneOpening::TooMany);
    }
    insert(connection, mailbox, lane)?;
    Ok(LaneOpening::Open)
}

/// What becomes of a lane that is opened again and stands; none when it does not. It keeps what it counted.
fn standing(connection: &Connection, mailbox: i64, lane: &NewLane) -> rusqlite::Result<Option<LaneOpening>> {
    if !lane.again {
        return Ok(None);
    }
    let rewritten = connection
        .prepare_cached(
            "UPDATE lane SET secret_version = ?3, salt = ?4, mask = ?5
             WHERE lane = ?1 AND mailbox = ?2 AND invite IS NULL",
        )?
        .execute(params![lane.lane.as_bytes(), mailbox, lane.secret_version, lane.salt, lane.mask])?;
    if rewritten > 0 {
        return Ok(Some(LaneOpening::Open));
    }
    let mut taken = connection.prepare_cached("SELECT 1 FROM lane WHERE lane = ?1")?;
    Ok(taken.exists([lane.lane.as_bytes()])?.then_some(LaneOpening::Taken))
}

fn count(connection: &Connection, mailbox: i64) -> rusqlite::Result<u64> {
    let mut statement = connection.prepare_cached("SELECT count(*) FROM lane WHERE mailbox = ?1")?;
    statement.query_row([mailbox], |row| row.get(0)).map(columns::unsigned)
}

fn insert(connection: &Connection, mailbox: i64, lane: &NewLane) -> rusqlite::Result<()> {
    let invite = lane.invite.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO lane (lane, mailbox, secret_version, salt, mask, opened_hour,
                 expires_at, max_envelopes, invite, token_hash, one_time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            lane.lane.as_bytes(),
            mailbox,
            lane.secret_version,
            lane.salt,
            lane.mask,
            columns::signed(lane.now.hours()),
            invite.map(|invite| columns::millis(invite.expires_at)),
            invite.map(|invite| invite.max_envelopes),
            invite.map(|invite| invite.invite.as_bytes()),
            invite.map(|NewInvite { token_hash, .. }| token_hash),
            invite.map(|invite| &invite.one_time[..]),
        ])?;
    Ok(())
}

/// From here on nothing comes through it. Its retries end with it, since an answer to them would say that the lane once lived;
/// what was remembered for them is deleted in slices, so that no deposit waits long. Tells whether there is more of it.
pub(super) fn close(connection: &Connection, owner: &AgentId, lane: &LaneId) -> rusqlite::Result<bool> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(false);
    };
    connection
        .prepare_cached("DELETE FROM lane WHERE lane = ?1 AND mailbox = ?2")?
        .execute(params![lane.as_bytes(), mailbox])?;
    let names = mailboxes::forget_names(connection, &Names::OfLane(mailbox, lane), SLICE_NAMES)?;
    Ok(names == SLICE_NAMES)
}

/// Deletes some of what an account that is about to be closed remembers for retries; tells whether there may be more.
pub(super) fn forget_names(connection: &Connection, owner: &AgentId) -> rusqlite::Result<bool> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(false);
    };
    Ok(mailboxes::forget_names(connection, &Names::OfMailbox(mailbox), SLICE_NAMES)? == SLICE_NAMES)
}

pub(super) fn list(connection: &Connection, owner: &AgentId) -> rusqlite::Result<Vec<LaneEntry>> {
    let mut statement = connection.prepare_cached(
        "SELECT lane, secret_version, invite IS NOT NULL AS of_invite, opened_hour, expires_at
         FROM lane JOIN account USING (mailbox) WHERE agent = ?1 ORDER BY opened_hour, lane",
    )?;
    statement.query_map([owner.as_bytes()], entry)?.collect()
}

fn entry(row: &Row<'_>) -> rusqlite::Result<LaneEntry> {
    let hour = columns::unsigned(row.get("opened_hour")?);
    Ok(LaneEntry {
        lane: LaneId::from_bytes(row.get("lane")?),
        secret_version: row.get("secret_version")?,
        of_invite: row.get("of_invite")?,
        created_at: Timestamp::from_secs(hour.saturating_mul(3600)),
        expires_at: columns::time(row, "expires_at")?,
    })
}

/// Reads the first lane from this name on and only then looks whether it has the name: where there is none, a neighbour
/// costs as much as the lane itself would.
pub(super) fn record(connection: &Connection, lane: &LaneId) -> rusqlite::Result<Option<LaneRecord>> {
    let mut statement = connection.prepare_cached(
        "SELECT lane, agent, secret_version, salt, mask, expires_at
         FROM lane JOIN account USING (mailbox) WHERE lane >= ?1 ORDER BY lane LIMIT 1",
    )?;
    let read = |row: &Row<'_>| {
        let record = LaneRecord {
            mailbox: columns::agent(row)?,
            secret_version: row.get("secret_version")?,
            salt: row.get("salt")?,
            mask: row.get("mask")?,
            expires_at: columns::time(row, "expires_at")?,
        };
        Ok((LaneId::from_bytes(row.get("lane")?), record))
    };
    let nearest = statement.query_row([lane.as_bytes()], read).optional()?;
    Ok(nearest.filter(|(name, _)| name == lane).map(|(_, record)| record))
}

/// An invite is used from the first envelope on: who comes later could not pair any more.
pub(super) fn invite(
    connection: &Connection,
    owner: &AgentId,
    invite: &InviteId,
) -> rusqlite::Result<Option<InviteOffer>> {
    let mut statement = connection.prepare_cached(
        "SELECT token_hash, one_time, expires_at FROM lane JOIN account USING (mailbox)
         WHERE agent = ?1 AND invite = ?2 AND accepted = 0",
    )?;
    let read = |row: &Row<'_>| {
        let one_time: Vec<u8> = row.get("one_time")?;
        Ok(InviteOffer {
            token_hash: row.get("token_hash")?,
            one_time: Bytes::from(one_time),
            expires_at: columns::time(row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
        })
    };
    let row = statement.query_row(params![owner.as_bytes(), invite.as_bytes()], read);
    row.optional()
}
