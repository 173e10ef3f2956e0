//! Mailboxes: depositing through a lane, knocking at the front door, collecting and acknowledging.

use std::collections::BTreeMap;
use std::time::Duration;

use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, ToSql, params};

use super::columns;
use crate::store::{Collected, Deposit, Deposited, Knock, Quotas, StoredEnvelope};

/// Stands for the lane where there is none: a knock's.
const FRONT_DOOR: &[u8] = &[];

/// A batch ends early here, so that one answer does not hold a thousand large envelopes in memory.
const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// What one commit deletes at most.
const SLICE_BYTES: i64 = 4 * 1024 * 1024;

pub(super) fn deposit(connection: &Connection, deposit: &Deposit, quotas: &Quotas) -> rusqlite::Result<Deposited> {
    let Some(lane) = live_lane(connection, deposit)? else {
        return Ok(Deposited::Refused);
    };
    let name =
        Name { mailbox: lane.mailbox, lane: deposit.lane.as_bytes(), envelope_id: deposit.envelope_id.as_bytes() };
    match accepted_hash(connection, &name)? {
        Some(hash) if hash == deposit.hash => return Ok(Deposited::Repeated),
        Some(_) => return Ok(Deposited::Refused),
        None => {}
    }
    if lane.is_spent() || lane.pending >= quotas.lane_pending || lane.names >= quotas.lane_names {
        return Ok(Deposited::LaneFull);
    }
    let Some(seq) = take_seq(connection, lane.mailbox, &deposit.envelope, quotas)? else {
        return Ok(Deposited::MailboxFull);
    };
    let arrival = Arrival { seq, lane: Some(deposit.lane), envelope: &deposit.envelope, now: deposit.now };
    insert(connection, lane.mailbox, &arrival)?;
    remember(connection, &name, &deposit.hash, lane.retries_until(deposit.now, quotas))?;
    connection
        .prepare_cached(
            "UPDATE lane SET pending = pending + 1, accepted = accepted + 1, names = names + 1 WHERE lane = ?1",
        )?
        .execute([deposit.lane.as_bytes()])?;
    Ok(Deposited::Stored(lane.owner))
}

/// A lane at the moment of a deposit.
struct LiveLane {
    mailbox: i64,
    owner: AgentId,
    pending: u64,
    accepted: u64,
    names: u64,
    max_envelopes: Option<u64>,
    expires_at: Option<Timestamp>,
}

impl LiveLane {
    fn is_spent(&self) -> bool {
        self.max_envelopes.is_some_and(|most| self.accepted >= most)
    }

    /// Until when a retry is recognised: as long as the lane lives, or well beyond the envelope's own life.
    fn retries_until(&self, now: Timestamp, quotas: &Quotas) -> Timestamp {
        self.expires_at.unwrap_or_else(|| now.plus(quotas.envelope_lifetime.saturating_mul(2)))
    }
}

fn live_lane(connection: &Connection, deposit: &Deposit) -> rusqlite::Result<Option<LiveLane>> {
    let mut statement = connection.prepare_cached(
        "SELECT mailbox, agent, pending, accepted, names, max_envelopes, expires_at
         FROM lane JOIN account USING (mailbox)
         WHERE lane = ?1 AND agent = ?3 AND (expires_at IS NULL OR expires_at > ?2)",
    )?;
    let key = params![deposit.lane.as_bytes(), columns::millis(deposit.now), deposit.mailbox.as_bytes()];
    let read = |row: &Row<'_>| {
        let max_envelopes: Option<i64> = row.get("max_envelopes")?;
        Ok(LiveLane {
            mailbox: row.get("mailbox")?,
            owner: columns::agent(row)?,
            pending: columns::unsigned(row.get("pending")?),
            accepted: columns::unsigned(row.get("accepted")?),
            names: columns::unsigned(row.get("names")?),
            max_envelopes: max_envelopes.map(columns::unsigned),
            expires_at: columns::time(row, "expires_at")?,
        })
    };
    statement.query_row(key, read).optional()
}

/// What a retry is recognised by.
struct Name<'a> {
    mailbox: i64,
    lane: &'a [u8],
    envelope_id: &'a [u8],
}

fn accepted_hash(connection: &Connection, name: &Name<'_>) -> rusqlite::Result<Option<[u8; 32]>> {
    let mut statement =
        connection.prepare_cached("SELECT hash FROM accepted WHERE mailbox = ?1 AND lane = ?2 AND envelope_id = ?3")?;
    let key = params![name.mailbox, name.lane, name.envelope_id];
    statement.query_row(key, |row| row.get(0)).optional()
}

fn remember(connection: &Connection, name: &Name<'_>, hash: &[u8; 32], until: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![name.mailbox, name.lane, name.envelope_id, hash, columns::millis(until)])?;
    Ok(())
}

/// Which of the names that are remembered for retries are to be forgotten.
pub(super) enum Names<'a> {
    Expired(Timestamp),
    OfLane(i64, &'a LaneId),
    OfMailbox(i64),
}

/// Forgets some names and gives their room back; tells how many.
pub(super) fn forget_names(connection: &Connection, names: &Names<'_>, most: usize) -> rusqlite::Result<usize> {
    let most = i64::try_from(most).unwrap_or(i64::MAX);
    let gone = match names {
        Names::Expired(now) => forgotten(connection, "expires_at <= ?2", params![most, columns::millis(*now)]),
        Names::OfLane(mailbox, lane) => {
            forgotten(connection, "mailbox = ?2 AND lane = ?3", params![most, mailbox, lane.as_bytes()])
        }
        Names::OfMailbox(mailbox) => forgotten(connection, "mailbox = ?2", params![most, mailbox]),
    }?;
    let count = gone.values().sum::<usize>();
    for ((mailbox, lane), count) in gone {
        give_names_back(connection, mailbox, &lane, i64::try_from(count).unwrap_or(i64::MAX))?;
    }
    Ok(count)
}

/// How many were forgotten of each lane.
fn forgotten(
    connection: &Connection,
    condition: &str,
    params: &[&dyn ToSql],
) -> rusqlite::Result<BTreeMap<(i64, Vec<u8>), usize>> {
    let mut forget = connection.prepare_cached(&format!(
        "DELETE FROM accepted WHERE (mailbox, lane, envelope_id) IN
             (SELECT mailbox, lane, envelope_id FROM accepted WHERE {condition} LIMIT ?1)
         RETURNING mailbox, lane"
    ))?;
    let (mut rows, mut gone) = (forget.query(params)?, BTreeMap::new());
    while let Some(row) = rows.next()? {
        *gone.entry((row.get(0)?, row.get(1)?)).or_default() += 1;
    }
    Ok(gone)
}

/// A lane that is closed has nothing to give back to.
fn give_names_back(connection: &Connection, mailbox: i64, lane: &[u8], count: i64) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE mailbox SET names = max(names - ?2, 0) WHERE mailbox = ?1")?
        .execute([mailbox, count])?;
    connection
        .prepare_cached("UPDATE lane SET names = max(names - ?2, 0) WHERE lane = ?1")?
        .execute(params![lane, count])?;
    Ok(())
}

/// The mailbox's next number, if there is room.
fn take_seq(connection: &Connection, mailbox: i64, envelope: &[u8], quotas: &Quotas) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "UPDATE mailbox SET last_seq = last_seq + 1, stored_bytes = stored_bytes + ?2,
             stored_envelopes = stored_envelopes + 1, names = names + 1
         WHERE mailbox = ?1 AND stored_bytes + ?2 <= ?3 AND stored_envelopes < ?4 AND names < ?5
         RETURNING last_seq",
    )?;
    let key = params![
        mailbox,
        columns::length(envelope),
        columns::signed(quotas.mailbox_bytes),
        columns::signed(quotas.mailbox_envelopes),
        columns::signed(quotas.mailbox_names),
    ];
    statement.query_row(key, |row| row.get(0)).optional()
}

struct Arrival<'a> {
    seq: i64,
    lane: Option<LaneId>,
    envelope: &'a [u8],
    now: Timestamp,
}

fn insert(connection: &Connection, mailbox: i64, arrival: &Arrival<'_>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO envelope (mailbox, seq, lane, hour, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![
            mailbox,
            arrival.seq,
            arrival.lane.as_ref().map(LaneId::as_bytes),
            columns::signed(arrival.now.hours()),
            arrival.envelope
        ])?;
    Ok(())
}

pub(super) fn knock(connection: &Connection, knock: &Knock, quotas: &Quotas) -> rusqlite::Result<Option<AgentId>> {
    let Some(mailbox) = open_door(connection, &knock.recipient, quotas.knocks_pending)? else {
        return Ok(None);
    };
    let name = Name { mailbox, lane: FRONT_DOOR, envelope_id: &knock.hash };
    if accepted_hash(connection, &name)?.is_some() {
        return Ok(None);
    }
    let Some(seq) = take_seq(connection, mailbox, &knock.envelope, quotas)? else {
        return Ok(None);
    };
    let arrival = Arrival { seq, lane: None, envelope: &knock.envelope, now: knock.now };
    insert(connection, mailbox, &arrival)?;
    remember(connection, &name, &knock.hash, retries_until(knock.now, quotas.envelope_lifetime))?;
    connection
        .prepare_cached("UPDATE mailbox SET knocks_pending = knocks_pending + 1 WHERE mailbox = ?1")?
        .execute([mailbox])?;
    Ok(Some(knock.recipient))
}

fn retries_until(now: Timestamp, lifetime: Duration) -> Timestamp {
    now.plus(lifetime.saturating_mul(2))
}

/// The recipient's mailbox, if its door is open and not crowded.
fn open_door(connection: &Connection, recipient: &AgentId, most: u64) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT mailbox FROM account JOIN publication USING (mailbox) JOIN mailbox USING (mailbox)
         WHERE agent = ?1 AND knocks_open AND knocks_pending < ?2",
    )?;
    let key = params![recipient.as_bytes(), columns::signed(most)];
    statement.query_row(key, |row| row.get(0)).optional()
}

pub(super) fn collect(
    connection: &Connection,
    owner: &AgentId,
    after: u64,
    limit: usize,
) -> rusqlite::Result<Collected> {
    let mut statement = connection
        .prepare_cached("SELECT mailbox, acknowledged FROM mailbox JOIN account USING (mailbox) WHERE agent = ?1")?;
    let counters = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
    let found: Option<(i64, i64)> = statement.query_row([owner.as_bytes()], counters).optional()?;
    let Some((mailbox, acknowledged)) = found else {
        return Ok(Collected { acknowledged_through: 0, envelopes: Vec::new() });
    };
    let acknowledged_through = columns::unsigned(acknowledged);
    // What was acknowledged and is not deleted yet is gone for its owner.
    let envelopes = waiting(connection, mailbox, after.max(acknowledged_through), limit)?;
    Ok(Collected { acknowledged_through, envelopes })
}

fn waiting(connection: &Connection, mailbox: i64, after: u64, limit: usize) -> rusqlite::Result<Vec<StoredEnvelope>> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, lane, hour, body FROM envelope WHERE mailbox = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query(params![mailbox, columns::signed(after), limit])?;
    let (mut envelopes, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        let envelope = stored_envelope(row)?;
        bytes += envelope.envelope.len();
        envelopes.push(envelope);
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    Ok(envelopes)
}

fn stored_envelope(row: &Row<'_>) -> rusqlite::Result<StoredEnvelope> {
    let lane: Option<[u8; LaneId::SIZE]> = row.get("lane")?;
    let body: Vec<u8> = row.get("body")?;
    Ok(StoredEnvelope {
        seq: columns::unsigned(row.get("seq")?),
        lane: lane.map(LaneId::from_bytes),
        hour: columns::unsigned(row.get("hour")?),
        envelope: Bytes::from(body),
    })
}

/// Acknowledges at once and deletes a slice of what was acknowledged; tells whether there is more to delete.
pub(super) fn acknowledge(connection: &Connection, owner: &AgentId, through: u64) -> rusqlite::Result<bool> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(false);
    };
    let mut statement = connection.prepare_cached(
        "UPDATE mailbox SET acknowledged = max(acknowledged, min(?2, last_seq)) WHERE mailbox = ?1
         RETURNING acknowledged",
    )?;
    let through: i64 = statement.query_row(params![mailbox, columns::signed(through)], |row| row.get(0))?;
    delete_slice(connection, mailbox, through)
}

/// Mailboxes that hold what was acknowledged, at most `limit`: whoever acknowledged was cut off before all of it was deleted.
pub(super) fn half_deleted(connection: &Connection, limit: u32) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT mailbox FROM mailbox WHERE stored_envelopes > 0 AND EXISTS
             (SELECT 1 FROM envelope WHERE envelope.mailbox = mailbox.mailbox AND seq <= acknowledged) LIMIT ?1",
    )?;
    statement.query_map([limit], |row| row.get(0))?.collect()
}

/// Deletes a slice of what was acknowledged in a mailbox; tells whether there is more to delete.
pub(super) fn go_on_deleting(connection: &Connection, mailbox: i64) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached("SELECT acknowledged FROM mailbox WHERE mailbox = ?1")?;
    match statement.query_row([mailbox], |row| row.get(0)).optional()? {
        Some(through) => delete_slice(connection, mailbox, through),
        None => Ok(false),
    }
}

/// One commit deletes no more than a slice: overwriting what is deleted takes as much of the log as it held, and the log
/// has to fit into the room that is kept for a full disk.
fn delete_slice(connection: &Connection, mailbox: i64, through: i64) -> rusqlite::Result<bool> {
    let slice = leaving(connection, mailbox, through, SLICE_BYTES)?;
    delete(connection, mailbox, &slice)?;
    Ok(slice.through < through)
}

/// Deletes a mailbox's envelopes up to `through` and gives their room back.
pub(super) fn release(connection: &Connection, mailbox: i64, through: i64) -> rusqlite::Result<()> {
    let all = leaving(connection, mailbox, through, i64::MAX)?;
    delete(connection, mailbox, &all)
}

/// Envelopes that leave a mailbox, and the room that they give back to the lanes that they came through.
struct Leaving {
    through: i64,
    by_lane: BTreeMap<Option<[u8; LaneId::SIZE]>, Room>,
}

#[derive(Default)]
struct Room {
    envelopes: i64,
    bytes: i64,
}

/// The first envelopes of a mailbox, until they have that many bytes. They are added up here: a `GROUP BY` would carry every
/// body through its sorter.
fn leaving(connection: &Connection, mailbox: i64, through: i64, most_bytes: i64) -> rusqlite::Result<Leaving> {
    let mut statement = connection
        .prepare_cached("SELECT seq, lane, length(body) FROM envelope WHERE mailbox = ?1 AND seq <= ?2 ORDER BY seq")?;
    let mut rows = statement.query([mailbox, through])?;
    let (mut by_lane, mut all) = (BTreeMap::<_, Room>::new(), 0);
    while let Some(row) = rows.next()? {
        let (lane, bytes): (_, i64) = (row.get(1)?, row.get(2)?);
        let room = by_lane.entry(lane).or_default();
        room.envelopes += 1;
        room.bytes += bytes;
        all += bytes;
        if all >= most_bytes {
            return Ok(Leaving { through: row.get(0)?, by_lane });
        }
    }
    Ok(Leaving { through, by_lane })
}

fn delete(connection: &Connection, mailbox: i64, leaving: &Leaving) -> rusqlite::Result<()> {
    for (lane, room) in &leaving.by_lane {
        give_back(connection, mailbox, lane.as_ref(), room)?;
    }
    let mut delete = connection.prepare_cached("DELETE FROM envelope WHERE mailbox = ?1 AND seq <= ?2")?;
    delete.execute([mailbox, leaving.through]).map(drop)
}

fn give_back(
    connection: &Connection,
    mailbox: i64,
    lane: Option<&[u8; LaneId::SIZE]>,
    room: &Room,
) -> rusqlite::Result<()> {
    let Room { envelopes, bytes } = *room;
    let knocks = if lane.is_none() { envelopes } else { 0 };
    connection
        .prepare_cached(
            "UPDATE mailbox SET stored_bytes = stored_bytes - ?2, stored_envelopes = stored_envelopes - ?3,
                 knocks_pending = knocks_pending - ?4
             WHERE mailbox = ?1",
        )?
        .execute([mailbox, bytes, envelopes, knocks])?;
    // A lane that was closed meanwhile has nothing to give back to.
    connection
        .prepare_cached("UPDATE lane SET pending = pending - ?2 WHERE lane = ?1")?
        .execute(params![lane, envelopes])?;
    Ok(())
}
