//! Whole mailboxes, out of this store and into it.

use a2a_proto::card::KnockPolicy;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, Row, params};

use super::{accounts, columns};
use crate::store::moving::{LaneCopy, MailboxCopy, NameCopy};
use crate::store::{Device, LaneRecord, StoredEnvelope};

pub(super) fn mailboxes(
    connection: &Connection,
    after: Option<AgentId>,
    limit: usize,
) -> rusqlite::Result<Vec<AgentId>> {
    let after = after.map_or_else(Vec::new, |agent| agent.as_bytes().to_vec());
    let mut statement =
        connection.prepare_cached("SELECT agent FROM account WHERE agent > ?1 ORDER BY agent LIMIT ?2")?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    statement.query_map(params![after, limit], columns::agent)?.collect()
}

pub(super) fn copy(connection: &Connection, agent: &AgentId) -> rusqlite::Result<Option<MailboxCopy>> {
    let Some(mailbox) = columns::mailbox_of(connection, agent)? else {
        return Ok(None);
    };
    let mut statement = connection.prepare_cached(
        "SELECT epoch, device, handle, card, card_sequence, bundle, bundle_sequence, knocks_open, last_seq, acknowledged
         FROM account JOIN publication USING (mailbox) JOIN mailbox USING (mailbox) WHERE mailbox = ?1",
    )?;
    let read = |row: &Row<'_>| {
        let open: bool = row.get("knocks_open")?;
        Ok(MailboxCopy {
            device: Device { agent: *agent, epoch: row.get("epoch")?, key: row.get("device")? },
            handle: columns::handle(row)?,
            card: (bytes(row, "card")?, counter(row, "card_sequence")?),
            bundle: (bytes(row, "bundle")?, counter(row, "bundle_sequence")?),
            knocks: if open { KnockPolicy::Pow } else { KnockPolicy::Closed },
            last_seq: columns::unsigned(row.get("last_seq")?),
            acknowledged: columns::unsigned(row.get("acknowledged")?),
            lanes: lanes(connection, mailbox, agent)?,
            names: names(connection, mailbox)?,
        })
    };
    statement.query_row([mailbox], read).optional()
}

fn bytes(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Bytes>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    Ok(bytes.map(Bytes::from))
}

fn counter(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<a2a_proto::counter::Counter>> {
    let bytes: Option<Vec<u8>> = row.get(column)?;
    bytes.map(|bytes| columns::counter(&bytes)).transpose()
}

fn lanes(connection: &Connection, mailbox: i64, owner: &AgentId) -> rusqlite::Result<Vec<LaneCopy>> {
    let mut statement = connection.prepare_cached(
        "SELECT lane, secret_version, salt, mask, opened_hour, accepted, expires_at, max_envelopes, invite,
             token_hash, one_time
         FROM lane WHERE mailbox = ?1 ORDER BY lane",
    )?;
    let read = |row: &Row<'_>| {
        let max_envelopes: Option<i64> = row.get("max_envelopes")?;
        let invite: Option<[u8; InviteId::SIZE]> = row.get("invite")?;
        let invite = invite.map(|invite| -> rusqlite::Result<_> {
            let one_time: Vec<u8> = row.get("one_time")?;
            Ok((InviteId::from_bytes(invite), row.get("token_hash")?, Bytes::from(one_time)))
        });
        Ok(LaneCopy {
            lane: LaneId::from_bytes(row.get("lane")?),
            record: LaneRecord {
                mailbox: *owner,
                secret_version: row.get("secret_version")?,
                salt: row.get("salt")?,
                mask: row.get("mask")?,
                expires_at: columns::time(row, "expires_at")?,
            },
            opened_hour: columns::unsigned(row.get("opened_hour")?),
            accepted: columns::unsigned(row.get("accepted")?),
            max_envelopes: max_envelopes.map(columns::unsigned),
            invite: invite.transpose()?,
        })
    };
    statement.query_map([mailbox], read)?.collect()
}

fn names(connection: &Connection, mailbox: i64) -> rusqlite::Result<Vec<NameCopy>> {
    let mut statement =
        connection.prepare_cached("SELECT lane, envelope_id, hash, expires_at FROM accepted WHERE mailbox = ?1")?;
    let read = |row: &Row<'_>| {
        let lane: Vec<u8> = row.get("lane")?;
        Ok(NameCopy {
            // The front door's is empty.
            lane: lane.try_into().ok(),
            name: row.get("envelope_id")?,
            hash: row.get("hash")?,
            expires_at: columns::time(row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
        })
    };
    statement.query_map([mailbox], read)?.collect()
}

pub(super) fn put(connection: &Connection, copy: &MailboxCopy) -> rusqlite::Result<()> {
    let agent = copy.device.agent;
    accounts::close(connection, &agent)?;
    connection.prepare_cached("INSERT INTO account (agent, epoch, device, handle) VALUES (?1, ?2, ?3, ?4)")?.execute(
        params![
            agent.as_bytes(),
            copy.device.epoch,
            copy.device.key,
            copy.handle.as_ref().map(|handle| handle.as_str())
        ],
    )?;
    let mailbox = connection.last_insert_rowid();
    connection
        .prepare_cached("INSERT INTO mailbox (mailbox, last_seq, acknowledged) VALUES (?1, ?2, ?3)")?
        .execute([mailbox, columns::signed(copy.last_seq), columns::signed(copy.acknowledged)])?;
    connection
        .prepare_cached(
            "INSERT INTO publication (mailbox, card, card_sequence, bundle, bundle_sequence, knocks_open)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute(params![
            mailbox,
            copy.card.0.as_deref(),
            copy.card.1.map(columns::counter_bytes),
            copy.bundle.0.as_deref(),
            copy.bundle.1.map(columns::counter_bytes),
            copy.knocks == KnockPolicy::Pow,
        ])?;
    copy.lanes.iter().try_for_each(|lane| put_lane(connection, mailbox, lane))?;
    copy.names.iter().try_for_each(|name| put_name(connection, mailbox, name))?;
    count_names(connection, mailbox)
}

fn count_names(connection: &Connection, mailbox: i64) -> rusqlite::Result<()> {
    for count in [
        "UPDATE mailbox SET names = (SELECT count(*) FROM accepted WHERE accepted.mailbox = ?1) WHERE mailbox = ?1",
        "UPDATE lane SET names = (SELECT count(*) FROM accepted WHERE accepted.mailbox = ?1 AND accepted.lane = lane.lane)
         WHERE mailbox = ?1",
    ] {
        connection.prepare_cached(count)?.execute([mailbox])?;
    }
    Ok(())
}

fn put_lane(connection: &Connection, mailbox: i64, lane: &LaneCopy) -> rusqlite::Result<()> {
    let invite = lane.invite.as_ref();
    connection
        .prepare_cached(
            "INSERT INTO lane (lane, mailbox, secret_version, salt, mask, opened_hour, accepted, expires_at,
                 max_envelopes, invite, token_hash, one_time)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        )?
        .execute(params![
            lane.lane.as_bytes(),
            mailbox,
            lane.record.secret_version,
            lane.record.salt,
            lane.record.mask,
            columns::signed(lane.opened_hour),
            columns::signed(lane.accepted),
            lane.record.expires_at.map(columns::millis),
            lane.max_envelopes.map(columns::signed),
            invite.map(|(invite, _, _)| invite.as_bytes()),
            invite.map(|(_, token_hash, _)| token_hash),
            invite.map(|(_, _, one_time)| &one_time[..]),
        ])?;
    Ok(())
}

fn put_name(connection: &Connection, mailbox: i64, name: &NameCopy) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            mailbox,
            name.lane.as_ref().map_or(&[][..], |lane| lane),
            name.name,
            name.hash,
            columns::millis(name.expires_at)
        ])?;
    Ok(())
}

pub(super) fn put_envelopes(
    connection: &Connection,
    agent: &AgentId,
    envelopes: &[StoredEnvelope],
) -> rusqlite::Result<()> {
    let Some(mailbox) = columns::mailbox_of(connection, agent)? else {
        return Err(rusqlite::Error::QueryReturnedNoRows);
    };
    for envelope in envelopes {
        let lane = envelope.lane.as_ref().map(LaneId::as_bytes);
        let (seq, hour) = (columns::signed(envelope.seq), columns::signed(envelope.hour));
        connection
            .prepare_cached("INSERT INTO envelope (mailbox, seq, lane, hour, body) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![mailbox, seq, lane, hour, &envelope.envelope[..]])?;
        connection
            .prepare_cached(
                "UPDATE mailbox SET stored_bytes = stored_bytes + ?2, stored_envelopes = stored_envelopes + 1,
                     knocks_pending = knocks_pending + ?3
                 WHERE mailbox = ?1",
            )?
            .execute(params![mailbox, columns::length(&envelope.envelope), lane.is_none()])?;
        connection
            .prepare_cached("UPDATE lane SET pending = pending + 1 WHERE lane = ?1 AND mailbox = ?2")?
            .execute(params![lane, mailbox])?;
    }
    Ok(())
}
