//! What becomes of a device, a publication, a deposit and a knock: rules without a database, for backends that decide in Rust.

use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;

use super::{Deposit, Deposited, Device, NewRecord, Put, Quotas, Shelf};

/// A batch ends early here, so that one answer does not hold a thousand large envelopes in memory.
pub(super) const BATCH_BYTES: usize = 4 * 1024 * 1024;

/// An account's device as last certified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct KnownDevice {
    pub(super) epoch: u32,
    pub(super) key: [u8; 32],
}

impl KnownDevice {
    /// A higher epoch is a newer device. At the same epoch only the first one seen is the agent's: two devices that
    /// claim one epoch are a stolen backup or a theft, and the second must not push out the first.
    pub(super) fn admits(&self, device: &Device) -> bool {
        device.epoch > self.epoch || self.is(device)
    }

    pub(super) fn is(&self, device: &Device) -> bool {
        device.epoch == self.epoch && device.key == self.key
    }
}

/// A publication that stands already.
pub(super) struct Earlier<'a> {
    pub(super) bytes: Option<&'a [u8]>,
    pub(super) sequence: Option<Counter>,
}

impl Earlier<'_> {
    /// A higher sequence replaces; the very same bytes again are a retry.
    pub(super) fn gives_way_to(&self, bytes: &[u8], sequence: Counter) -> bool {
        self.sequence.is_none_or(|earlier| self.bytes == Some(bytes) || sequence > earlier)
    }
}

/// The counters of a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Counters {
    pub(super) last_seq: u64,
    pub(super) acknowledged: u64,
    pub(super) stored_bytes: u64,
    pub(super) stored_envelopes: u64,
    pub(super) knocks_pending: u64,
    pub(super) names: u64,
}

impl Counters {
    /// The mailbox's next number, if there is room.
    fn take_seq(&mut self, envelope: &[u8], quotas: &Quotas) -> Option<u64> {
        let bytes = self.stored_bytes + envelope.len() as u64;
        let is_full = bytes > quotas.mailbox_bytes || self.stored_envelopes >= quotas.mailbox_envelopes;
        if is_full || self.names >= quotas.mailbox_names {
            return None;
        }
        // Its name is remembered.
        self.names += 1;
        self.stored_bytes = bytes;
        self.stored_envelopes += 1;
        self.last_seq += 1;
        Some(self.last_seq)
    }

    /// Takes an acknowledgement; a number beyond the last stands for the last. Gives back up to where it reaches.
    pub(super) fn acknowledge(&mut self, through: u64) -> u64 {
        self.acknowledged = self.acknowledged.max(through.min(self.last_seq));
        self.acknowledged
    }

    /// Envelopes left.
    pub(super) fn give_back(&mut self, left: &Leaving) {
        self.stored_envelopes = self.stored_envelopes.saturating_sub(left.envelopes);
        self.stored_bytes = self.stored_bytes.saturating_sub(left.bytes);
        self.knocks_pending = self.knocks_pending.saturating_sub(left.knocks);
    }
}

/// Envelopes that leave a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Leaving {
    pub(super) envelopes: u64,
    pub(super) bytes: u64,
    pub(super) knocks: u64,
}

/// A lane at the moment of a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LaneState {
    pub(super) pending: u64,
    pub(super) accepted: u64,
    pub(super) max_envelopes: Option<u64>,
    pub(super) expires_at: Option<Timestamp>,
    pub(super) names: u64,
}

impl LaneState {
    fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    fn is_spent(&self) -> bool {
        self.max_envelopes.is_some_and(|most| self.accepted >= most)
    }

    fn is_full(&self, quotas: &Quotas) -> bool {
        self.is_spent() || self.pending >= quotas.lane_pending || self.names >= quotas.lane_names
    }

    /// Until when a retry is recognised: as long as the lane lives, or well beyond the envelope's own life.
    fn retries_until(&self, now: Timestamp, quotas: &Quotas) -> Timestamp {
        self.expires_at.unwrap_or_else(|| retries_until(now, quotas))
    }
}

fn retries_until(now: Timestamp, quotas: &Quotas) -> Timestamp {
    now.plus(quotas.envelope_lifetime.saturating_mul(2))
}

/// What a backend has to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict<T> {
    /// Store the envelope under this number and its name until then; counters and lane are stepped already.
    Store { seq: u64, retries_until: Timestamp },
    /// Store nothing and say this.
    Answer(T),
}

/// A deposit, with the lane as it stands in the storing commit (none: closed) and the hash that its name was used for.
pub(super) fn judge(
    deposit: &Deposit,
    lane: Option<&mut LaneState>,
    earlier: Option<[u8; 32]>,
    counters: &mut Counters,
    quotas: &Quotas,
) -> Verdict<Deposited> {
    let Some(lane) = lane.filter(|lane| lane.is_alive(deposit.now)) else {
        return Verdict::Answer(Deposited::Refused);
    };
    match earlier {
        Some(hash) if hash == deposit.hash => return Verdict::Answer(Deposited::Repeated),
        Some(_) => return Verdict::Answer(Deposited::Refused),
        None if lane.is_full(quotas) => return Verdict::Answer(Deposited::LaneFull),
        None => {}
    }
    let Some(seq) = counters.take_seq(&deposit.envelope, quotas) else {
        return Verdict::Answer(Deposited::MailboxFull);
    };
    lane.pending += 1;
    lane.accepted += 1;
    lane.names += 1;
    Verdict::Store { seq, retries_until: lane.retries_until(deposit.now, quotas) }
}

/// A knock at a door, and whether the door is open and the same was taken before.
pub(super) fn judge_knock(
    envelope: &[u8],
    now: Timestamp,
    open: bool,
    repeated: bool,
    counters: &mut Counters,
    quotas: &Quotas,
) -> Verdict<Option<AgentId>> {
    if !open || repeated || counters.knocks_pending >= quotas.knocks_pending {
        return Verdict::Answer(None);
    }
    let Some(seq) = counters.take_seq(envelope, quotas) else {
        return Verdict::Answer(None);
    };
    counters.knocks_pending += 1;
    Verdict::Store { seq, retries_until: retries_until(now, quotas) }
}

/// A record that stands already under a key.
pub(super) struct Standing<'a> {
    pub(super) value: &'a [u8],
    pub(super) lane: Option<LaneId>,
}

/// What a record finds on its shelf in the storing commit.
pub(super) struct Found<'a> {
    pub(super) standing: Option<Standing<'a>>,
    /// Bytes of its lane on this shelf.
    pub(super) lane_bytes: u64,
    /// Bytes of all on this shelf.
    pub(super) shelf_bytes: u64,
}

/// What to answer without storing; `None` to store. An owner's own record replaces an earlier one, or the one that it
/// names; what came by a lane stands once, so that no lane changes what another brought, nor what is under way.
pub(super) fn judge_record(record: &NewRecord, found: &Found<'_>, quotas: &Quotas) -> Option<Put> {
    if record.lane.is_none() {
        return judge_own_record(record, found, quotas);
    }
    if let Some(standing) = &found.standing {
        // Whoever sent a part of it may go on through a lane that it got meanwhile; nothing is changed by that.
        let is_retry = standing.value == &record.value[..] && standing.lane.is_some();
        return Some(if is_retry { Put::Done } else { Put::Refused });
    }
    let bytes = counted_bytes(record.shelf, record.lane, &record.value);
    if found.lane_bytes + bytes > quotas.lane_blob_bytes {
        return Some(Put::LaneFull);
    }
    (found.shelf_bytes + bytes > quotas.mailbox_blob_bytes).then_some(Put::ShelfFull)
}

fn judge_own_record(record: &NewRecord, found: &Found<'_>, quotas: &Quotas) -> Option<Put> {
    let stands = found.standing.as_ref().map(|standing| standing.value);
    if record.replaces.as_ref().is_some_and(|known| stands != Some(&known[..])) {
        return Some(Put::Refused);
    }
    let counted = |value| counted_bytes(record.shelf, None, value);
    let left = found.shelf_bytes.saturating_sub(stands.map_or(0, counted));
    (left + counted(&record.value) > quotas.backup_bytes).then_some(Put::ShelfFull)
}

/// Whether a record has a quota. An owner's own have none, but for a backup.
pub(super) fn is_bounded(shelf: Shelf, lane: Option<LaneId>) -> bool {
    lane.is_some() || shelf == Shelf::Backup
}

/// What a record counts for in its quotas.
pub(super) fn counted_bytes(shelf: Shelf, lane: Option<LaneId>, value: &[u8]) -> u64 {
    if is_bounded(shelf, lane) { Quotas::LEAST_BLOB.max(value.len() as u64) } else { 0 }
}
