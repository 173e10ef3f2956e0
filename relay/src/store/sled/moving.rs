//! Whole mailboxes, out of this store and into it.

use std::collections::HashMap;

use a2a_proto::card::KnockPolicy;
use a2a_proto::codec::Reader;
use a2a_proto::id::{AgentId, LaneId};
use bytes::Bytes;

use super::rows::{self, AccountRow, EnvelopeRow, LaneRow, NameRow, PublicationRow, Row};
use super::tree::{Changes, Fault, Tree};
use super::{accounts, lanes};
use crate::store::moving::{LaneCopy, MailboxCopy, NameCopy};
use crate::store::rules::{Counters, KnownDevice, LaneState};
use crate::store::{Device, InviteOffer, StoredEnvelope};

pub(super) fn mailboxes(tree: &Tree, after: Option<AgentId>, limit: usize) -> Result<Vec<AgentId>, Fault> {
    // The first key after a mailbox's is its own with a zero behind.
    let first = after.map_or(b"A".to_vec(), |agent| rows::key(b'A', &[agent.as_bytes(), &[0]]));
    let accounts = tree.rows_from::<AccountRow>(first, b"A".to_vec()).take(limit);
    accounts.map(|row| Ok(AgentId::read_checked(&mut Reader::new(&row?.0[1..]))?)).collect()
}

pub(super) fn copy(tree: &Tree, agent: &AgentId) -> Result<Option<MailboxCopy>, Fault> {
    let account: Option<AccountRow> = tree.row(&rows::account(agent))?;
    let Some(account) = account else { return Ok(None) };
    let shown: PublicationRow = tree.row(&rows::publication(agent))?.unwrap_or_default();
    let counters: Counters = tree.row(&rows::counters(agent))?.unwrap_or_default();
    let lanes = lanes::all(tree, agent)?.into_iter().map(|(lane, row)| lane_copy(lane, row)).collect();
    let names = tree.rows::<NameRow>(&rows::key(b'N', &[agent.as_bytes()]));
    Ok(Some(MailboxCopy {
        device: Device { agent: *agent, epoch: account.device.epoch, key: account.device.key },
        handle: account.handle,
        card: (shown.card.map(Bytes::from), shown.card_sequence),
        bundle: (shown.bundle.map(Bytes::from), shown.bundle_sequence),
        knocks: if shown.knocks_open { KnockPolicy::Pow } else { KnockPolicy::Closed },
        last_seq: counters.last_seq,
        acknowledged: counters.acknowledged,
        lanes,
        names: names.map(|row| name_copy(row?)).collect::<Result<_, Fault>>()?,
    }))
}

fn lane_copy(lane: LaneId, row: LaneRow) -> LaneCopy {
    LaneCopy {
        lane,
        record: row.record,
        opened_hour: row.opened_hour,
        accepted: row.state.accepted,
        max_envelopes: row.state.max_envelopes,
        invite: row.invite.map(|(invite, offer)| (invite, offer.token_hash, offer.one_time)),
    }
}

fn name_copy((key, row): (Vec<u8>, NameRow)) -> Result<NameCopy, Fault> {
    let mut reader = Reader::new(&key[1 + AgentId::SIZE..]);
    let lane: [u8; LaneId::SIZE] = reader.array()?;
    let name = reader.fixed(reader.remaining())?.to_vec();
    // The front door's is all zeros.
    let lane = (lane != [0; LaneId::SIZE]).then_some(lane);
    Ok(NameCopy { lane, name, hash: row.hash, expires_at: row.expires_at })
}

pub(super) fn put(tree: &Tree, changes: &mut Changes, copy: MailboxCopy) -> Result<(), Fault> {
    let agent = copy.device.agent;
    accounts::close(tree, changes, &agent)?;
    if let Some(handle) = &copy.handle {
        changes.insert(rows::handle(handle), agent.as_bytes());
    }
    let device = KnownDevice { epoch: copy.device.epoch, key: copy.device.key };
    changes.insert(rows::account(&agent), AccountRow { device, handle: copy.handle }.to_bytes());
    let shown = PublicationRow {
        card: copy.card.0.map(|bytes| bytes.to_vec()),
        card_sequence: copy.card.1,
        bundle: copy.bundle.0.map(|bytes| bytes.to_vec()),
        bundle_sequence: copy.bundle.1,
        knocks_open: copy.knocks == KnockPolicy::Pow,
    };
    changes.insert(rows::publication(&agent), shown.to_bytes());
    let names = copy.names.len() as u64;
    let counters = Counters { last_seq: copy.last_seq, acknowledged: copy.acknowledged, names, ..Counters::default() };
    changes.insert(rows::counters(&agent), counters.to_bytes());
    let mut of_lanes = HashMap::<[u8; LaneId::SIZE], u64>::new();
    copy.names.iter().filter_map(|name| name.lane).for_each(|lane| *of_lanes.entry(lane).or_default() += 1);
    for lane in copy.lanes {
        changes.insert(rows::lane_owner(&lane.lane), agent.as_bytes());
        let names = of_lanes.get(lane.lane.as_bytes()).copied().unwrap_or_default();
        changes.insert(rows::lane(&agent, &lane.lane), lane_row(lane, names).to_bytes());
    }
    for name in copy.names {
        let lane = name.lane.map(LaneId::from_bytes);
        let row = NameRow { hash: name.hash, expires_at: name.expires_at };
        changes.insert(rows::name(&agent, lane.as_ref(), &name.name), row.to_bytes());
    }
    Ok(())
}

fn lane_row(lane: LaneCopy, names: u64) -> LaneRow {
    let expires_at = lane.record.expires_at;
    let offer = |token_hash, one_time| InviteOffer {
        token_hash,
        one_time,
        expires_at: expires_at.unwrap_or(a2a_proto::time::Timestamp::EPOCH),
    };
    LaneRow {
        record: lane.record,
        opened_hour: lane.opened_hour,
        state: LaneState { pending: 0, accepted: lane.accepted, max_envelopes: lane.max_envelopes, expires_at, names },
        invite: lane.invite.map(|(invite, token_hash, one_time)| (invite, offer(token_hash, one_time))),
    }
}

pub(super) fn put_envelopes(
    tree: &Tree,
    changes: &mut Changes,
    agent: &AgentId,
    envelopes: Vec<StoredEnvelope>,
) -> Result<(), Fault> {
    let mut counters: Counters = tree.row(&rows::counters(agent))?.unwrap_or_default();
    let mut lanes = HashMap::new();
    for stored in envelopes {
        counters.stored_envelopes += 1;
        counters.stored_bytes += stored.envelope.len() as u64;
        match stored.lane {
            Some(lane) => *lanes.entry(lane).or_insert(0) += 1,
            None => counters.knocks_pending += 1,
        }
        let row = EnvelopeRow { lane: stored.lane, hour: stored.hour, body: stored.envelope.to_vec() };
        changes.insert(rows::envelope(agent, stored.seq), row.to_bytes());
    }
    changes.insert(rows::counters(agent), counters.to_bytes());
    for (lane, count) in lanes {
        if let Some(mut row) = tree.row::<LaneRow>(&rows::lane(agent, &lane))? {
            row.state.pending += count;
            changes.insert(rows::lane(agent, &lane), row.to_bytes());
        }
    }
    Ok(())
}
