//! Mailboxes: depositing through a lane, knocking at the front door, collecting, acknowledging, sweeping.

use std::collections::BTreeMap;

use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use super::rows::{self, EnvelopeRow, LaneRow, NameRow, PublicationRow, Row};
use super::tree::{Changes, Fault, Tree};
use crate::store::rules::{self, BATCH_BYTES, Counters, Leaving, Verdict};
use crate::store::{Collected, Deposit, Deposited, Knock, Quotas, StoredEnvelope};

pub(super) fn deposit(
    tree: &Tree,
    changes: &mut Changes,
    deposit: &Deposit,
    quotas: &Quotas,
) -> Result<Deposited, Fault> {
    let owner = deposit.mailbox;
    let Some(mut counters) = tree.row::<Counters>(&rows::counters(&owner))? else {
        return Ok(Deposited::Refused);
    };
    let mut lane: Option<LaneRow> = tree.row(&rows::lane(&owner, &deposit.lane))?;
    let name = rows::name(&owner, Some(&deposit.lane), deposit.envelope_id.as_bytes());
    let earlier = tree.row::<NameRow>(&name)?.map(|row| row.hash);
    let state = lane.as_mut().map(|lane| &mut lane.state);
    let (seq, expires_at) = match rules::judge(deposit, state, earlier, &mut counters, quotas) {
        Verdict::Store { seq, retries_until } => (seq, retries_until),
        Verdict::Answer(answer) => return Ok(answer),
    };
    if let Some(lane) = lane {
        changes.insert(rows::lane(&owner, &deposit.lane), lane.to_bytes());
    }
    changes.insert(name, NameRow { hash: deposit.hash, expires_at }.to_bytes());
    changes.insert(rows::counters(&owner), counters.to_bytes());
    let row = EnvelopeRow { lane: Some(deposit.lane), hour: deposit.now.hours(), body: deposit.envelope.to_vec() };
    changes.insert(rows::envelope(&owner, seq), row.to_bytes());
    Ok(Deposited::Stored(owner))
}

pub(super) fn knock(
    tree: &Tree,
    changes: &mut Changes,
    knock: &Knock,
    quotas: &Quotas,
) -> Result<Option<AgentId>, Fault> {
    let owner = knock.recipient;
    let Some(mut counters) = tree.row::<Counters>(&rows::counters(&owner))? else {
        return Ok(None);
    };
    let shown: Option<PublicationRow> = tree.row(&rows::publication(&owner))?;
    let open = shown.is_some_and(|shown| shown.knocks_open);
    let name = rows::name(&owner, None, &knock.hash);
    let repeated = tree.has(&name)?;
    let verdict = rules::judge_knock(&knock.envelope, knock.now, open, repeated, &mut counters, quotas);
    let (seq, expires_at) = match verdict {
        Verdict::Store { seq, retries_until } => (seq, retries_until),
        Verdict::Answer(answer) => return Ok(answer),
    };
    changes.insert(name, NameRow { hash: knock.hash, expires_at }.to_bytes());
    changes.insert(rows::counters(&owner), counters.to_bytes());
    let row = EnvelopeRow { lane: None, hour: knock.now.hours(), body: knock.envelope.to_vec() };
    changes.insert(rows::envelope(&owner, seq), row.to_bytes());
    Ok(Some(owner))
}

pub(super) fn collect(tree: &Tree, owner: &AgentId, after: u64, limit: usize) -> Result<Collected, Fault> {
    let counters: Option<Counters> = tree.row(&rows::counters(owner))?;
    let acknowledged_through = counters.unwrap_or_default().acknowledged;
    let first = rows::envelope(owner, after.max(acknowledged_through).saturating_add(1));
    let (mut envelopes, mut bytes) = (Vec::new(), 0);
    for row in tree.rows_from::<EnvelopeRow>(first, rows::envelopes(owner)).take(limit) {
        let (key, row) = row?;
        bytes += row.body.len();
        let (seq, envelope) = (seq_of(&key)?, Bytes::from(row.body));
        envelopes.push(StoredEnvelope { seq, lane: row.lane, hour: row.hour, envelope });
        if bytes >= BATCH_BYTES {
            break;
        }
    }
    Ok(Collected { acknowledged_through, envelopes })
}

/// The number at the end of a key.
fn seq_of(key: &[u8]) -> Result<u64, Fault> {
    let mut reader = a2a_proto::codec::Reader::new(&key[1 + AgentId::SIZE..]);
    Ok(reader.u64()?)
}

pub(super) fn acknowledge(tree: &Tree, changes: &mut Changes, owner: &AgentId, through: u64) -> Result<(), Fault> {
    let Some(mut counters) = tree.row::<Counters>(&rows::counters(owner))? else {
        return Ok(());
    };
    let through = counters.acknowledge(through);
    release(tree, changes, owner, &mut counters, |seq, _| seq <= through)?;
    changes.insert(rows::counters(owner), counters.to_bytes());
    Ok(())
}

/// Removes a mailbox's first envelopes while `leaves`, and gives their room back; tells how many.
fn release(
    tree: &Tree,
    changes: &mut Changes,
    owner: &AgentId,
    counters: &mut Counters,
    leaves: impl Fn(u64, &EnvelopeRow) -> bool,
) -> Result<usize, Fault> {
    let (mut left, mut of_lanes) = (Leaving::default(), BTreeMap::<[u8; LaneId::SIZE], u64>::new());
    for row in tree.rows::<EnvelopeRow>(&rows::envelopes(owner)) {
        let (key, row) = row?;
        if !leaves(seq_of(&key)?, &row) {
            break;
        }
        left.envelopes += 1;
        left.bytes += row.body.len() as u64;
        match row.lane {
            Some(lane) => *of_lanes.entry(*lane.as_bytes()).or_default() += 1,
            None => left.knocks += 1,
        }
        changes.remove(key);
    }
    counters.give_back(&left);
    for (lane, count) in of_lanes {
        let key = rows::lane(owner, &LaneId::from_bytes(lane));
        // A lane that was closed meanwhile has nothing to give back to.
        if let Some(mut row) = tree.row::<LaneRow>(&key)? {
            row.state.pending = row.state.pending.saturating_sub(count);
            changes.insert(key, row.to_bytes());
        }
    }
    Ok(usize::try_from(left.envelopes).unwrap_or(usize::MAX))
}

/// Removes what has waited for longer than `oldest_hour` allows, of all mailboxes.
pub(super) fn sweep(tree: &Tree, changes: &mut Changes, oldest_hour: u64) -> Result<usize, Fault> {
    let mut count = 0;
    for row in tree.rows::<Counters>(b"M") {
        let (key, mut counters) = row?;
        let mut reader = a2a_proto::codec::Reader::new(&key[1..]);
        let owner = AgentId::read_checked(&mut reader)?;
        let left = release(tree, changes, &owner, &mut counters, |_, row| row.hour < oldest_hour)?;
        if left > 0 {
            changes.insert(key, counters.to_bytes());
            count += left;
        }
    }
    Ok(count)
}

/// Removes some names that are no longer remembered; tells how many.
pub(super) fn sweep_names(tree: &Tree, changes: &mut Changes, now: Timestamp, most: usize) -> Result<usize, Fault> {
    let (mut count, mut gone) = (0, BTreeMap::<Vec<u8>, u64>::new());
    for row in tree.rows::<NameRow>(b"N") {
        let (key, row) = row?;
        if row.expires_at <= now {
            *gone.entry(key[1..1 + AgentId::SIZE + LaneId::SIZE].to_vec()).or_default() += 1;
            changes.remove(key);
            count += 1;
        }
        if count == most {
            break;
        }
    }
    give_names_back(tree, changes, &gone)?;
    Ok(count)
}

/// Gives the room of names back, by mailbox and lane; a lane that was closed has nothing to give back to.
fn give_names_back(tree: &Tree, changes: &mut Changes, gone: &BTreeMap<Vec<u8>, u64>) -> Result<(), Fault> {
    let mut of_mailboxes = BTreeMap::<&[u8], u64>::new();
    for (place, count) in gone {
        *of_mailboxes.entry(&place[..AgentId::SIZE]).or_default() += count;
        let key = rows::key(b'L', &[place]);
        if let Some(mut row) = tree.row::<LaneRow>(&key)? {
            row.state.names = row.state.names.saturating_sub(*count);
            changes.insert(key, row.to_bytes());
        }
    }
    for (mailbox, count) in of_mailboxes {
        forget_names(tree, changes, &rows::key(b'M', &[mailbox]), count)?;
    }
    Ok(())
}

/// Takes names off the counters that stand under this key.
pub(super) fn forget_names(tree: &Tree, changes: &mut Changes, key: &[u8], count: u64) -> Result<(), Fault> {
    if let Some(mut counters) = tree.row::<Counters>(key)? {
        counters.names = counters.names.saturating_sub(count);
        changes.insert(key, counters.to_bytes());
    }
    Ok(())
}
