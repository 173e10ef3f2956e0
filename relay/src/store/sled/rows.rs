//! What stands in the one tree: a letter and a name as the key, a fixed layout as the value. Keys begin with the mailbox.

use a2a_proto::address::Handle;
use a2a_proto::codec::{DecodeError, Reader, Writer};
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;

use super::tree::Fault;
use crate::store::rules::{Counters, KnownDevice, LaneState};
use crate::store::{InviteOffer, LaneRecord};

/// A card, a bundle, a one-time pair: each is far smaller.
const MOST_BYTES: usize = 1 << 20;

pub(super) fn key(kind: u8, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = vec![kind];
    parts.iter().for_each(|part| key.extend_from_slice(part));
    key
}

pub(super) fn account(agent: &AgentId) -> Vec<u8> {
    key(b'A', &[agent.as_bytes()])
}

pub(super) fn handle(handle: &Handle) -> Vec<u8> {
    key(b'H', &[handle.as_str().as_bytes()])
}

pub(super) fn publication(agent: &AgentId) -> Vec<u8> {
    key(b'P', &[agent.as_bytes()])
}

pub(super) fn counters(agent: &AgentId) -> Vec<u8> {
    key(b'M', &[agent.as_bytes()])
}

pub(super) fn lanes(agent: &AgentId) -> Vec<u8> {
    key(b'L', &[agent.as_bytes()])
}

pub(super) fn lane(agent: &AgentId, lane: &LaneId) -> Vec<u8> {
    key(b'L', &[agent.as_bytes(), lane.as_bytes()])
}

pub(super) fn lane_owner(lane: &LaneId) -> Vec<u8> {
    key(b'D', &[lane.as_bytes()])
}

pub(super) fn envelopes(agent: &AgentId) -> Vec<u8> {
    key(b'E', &[agent.as_bytes()])
}

pub(super) fn envelope(agent: &AgentId, seq: u64) -> Vec<u8> {
    key(b'E', &[agent.as_bytes(), &seq.to_be_bytes()])
}

/// Names of a lane's envelopes; a knock's stands under the lane of zeros, made of its hash.
pub(super) fn name(agent: &AgentId, lane: Option<&LaneId>, name: &[u8]) -> Vec<u8> {
    let lane = lane.map_or([0; LaneId::SIZE], |lane| *lane.as_bytes());
    key(b'N', &[agent.as_bytes(), &lane, name])
}

pub(super) fn token(hash: &[u8; 32]) -> Vec<u8> {
    key(b'T', &[hash])
}

pub(super) fn fact(name: &str) -> Vec<u8> {
    key(b'F', &[name.as_bytes()])
}

/// A value of the tree.
pub(super) trait Row: Sized {
    fn write(&self, writer: &mut Writer);
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError>;

    fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        writer.finish()
    }

    fn from_bytes(bytes: &[u8]) -> Result<Self, Fault> {
        let mut reader = Reader::new(bytes);
        let row = Self::read(&mut reader)?;
        reader.finish()?;
        Ok(row)
    }
}

fn write_optional(writer: &mut Writer, value: Option<u64>) {
    writer.u8(value.is_some().into()).u64(value.unwrap_or_default());
}

fn read_optional(reader: &mut Reader<'_>) -> Result<Option<u64>, DecodeError> {
    let is_there = reader.flag()?;
    let value = reader.u64()?;
    Ok(is_there.then_some(value))
}

/// A number at the end of a row that older relays did not write.
fn read_added(reader: &mut Reader<'_>) -> Result<u64, DecodeError> {
    if reader.remaining() == 0 { Ok(0) } else { reader.u64() }
}

fn write_bytes(writer: &mut Writer, bytes: Option<&[u8]>) {
    writer.u8(bytes.is_some().into()).lp(bytes.unwrap_or_default());
}

fn read_bytes(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, DecodeError> {
    let is_there = reader.flag()?;
    let bytes = reader.lp(MOST_BYTES)?.to_vec();
    Ok(is_there.then_some(bytes))
}

pub(super) struct AccountRow {
    pub(super) device: KnownDevice,
    pub(super) handle: Option<Handle>,
}

impl Row for AccountRow {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.device.epoch).fixed(&self.device.key);
        writer.lp(self.handle.as_ref().map_or("", Handle::as_str).as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let device = KnownDevice { epoch: reader.u32()?, key: reader.array()? };
        let text = reader.text(MOST_BYTES)?;
        let parse = |text: &str| text.parse().map_err(|_| DecodeError::InvalidValue);
        let handle = if text.is_empty() { None } else { Some(parse(text)?) };
        Ok(Self { device, handle })
    }
}

#[derive(Default)]
pub(super) struct PublicationRow {
    pub(super) card: Option<Vec<u8>>,
    pub(super) card_sequence: Option<Counter>,
    pub(super) bundle: Option<Vec<u8>>,
    pub(super) bundle_sequence: Option<Counter>,
    pub(super) knocks_open: bool,
}

impl Row for PublicationRow {
    fn write(&self, writer: &mut Writer) {
        for (bytes, sequence) in [(&self.card, self.card_sequence), (&self.bundle, self.bundle_sequence)] {
            write_bytes(writer, bytes.as_deref());
            writer.u8(sequence.is_some().into());
            sequence.unwrap_or(Counter::new(0, 0)).write(writer);
        }
        writer.u8(self.knocks_open.into());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let (card, card_sequence) = read_publication(reader)?;
        let (bundle, bundle_sequence) = read_publication(reader)?;
        Ok(Self { card, card_sequence, bundle, bundle_sequence, knocks_open: reader.flag()? })
    }
}

fn read_publication(reader: &mut Reader<'_>) -> Result<(Option<Vec<u8>>, Option<Counter>), DecodeError> {
    let bytes = read_bytes(reader)?;
    let is_there = reader.flag()?;
    let sequence = Counter::read(reader)?;
    Ok((bytes, is_there.then_some(sequence)))
}

impl Row for Counters {
    fn write(&self, writer: &mut Writer) {
        writer.u64(self.last_seq).u64(self.acknowledged).u64(self.stored_bytes);
        writer.u64(self.stored_envelopes).u64(self.knocks_pending).u64(self.names);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            last_seq: reader.u64()?,
            acknowledged: reader.u64()?,
            stored_bytes: reader.u64()?,
            stored_envelopes: reader.u64()?,
            knocks_pending: reader.u64()?,
            names: read_added(reader)?,
        })
    }
}

pub(super) struct LaneRow {
    pub(super) record: LaneRecord,
    pub(super) opened_hour: u64,
    pub(super) state: LaneState,
    pub(super) invite: Option<(InviteId, InviteOffer)>,
}

impl Row for LaneRow {
    fn write(&self, writer: &mut Writer) {
        let record = &self.record;
        writer.fixed(record.mailbox.as_bytes()).u32(record.secret_version).fixed(&record.salt).fixed(&record.mask);
        writer.u64(self.opened_hour).u64(self.state.pending).u64(self.state.accepted);
        write_optional(writer, record.expires_at.map(Timestamp::millis));
        write_optional(writer, self.state.max_envelopes);
        writer.u8(self.invite.is_some().into());
        if let Some((invite, offer)) = &self.invite {
            writer.fixed(invite.as_bytes()).fixed(&offer.token_hash).u64(offer.expires_at.millis());
            writer.lp(&offer.one_time);
        }
        writer.u64(self.state.names);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mailbox = AgentId::read_checked(reader)?;
        let (secret_version, salt, mask) = (reader.u32()?, reader.array()?, reader.array()?);
        let (opened_hour, pending, accepted) = (reader.u64()?, reader.u64()?, reader.u64()?);
        let expires_at = read_optional(reader)?.map(Timestamp::from_millis);
        let max_envelopes = read_optional(reader)?;
        let invite = if reader.flag()? { Some(read_invite(reader)?) } else { None };
        let record = LaneRecord { mailbox, secret_version, salt, mask, expires_at };
        let state = LaneState { pending, accepted, max_envelopes, expires_at, names: read_added(reader)? };
        Ok(Self { record, opened_hour, state, invite })
    }
}

fn read_invite(reader: &mut Reader<'_>) -> Result<(InviteId, InviteOffer), DecodeError> {
    let invite = InviteId::from_bytes(reader.array()?);
    let (token_hash, expires_at) = (reader.array()?, Timestamp::from_millis(reader.u64()?));
    let one_time = reader.lp(MOST_BYTES)?.to_vec().into();
    Ok((invite, InviteOffer { token_hash, one_time, expires_at }))
}

pub(super) struct EnvelopeRow {
    pub(super) lane: Option<LaneId>,
    pub(super) hour: u64,
    pub(super) body: Vec<u8>,
}

impl Row for EnvelopeRow {
    fn write(&self, writer: &mut Writer) {
        writer.u8(self.lane.is_some().into());
        writer.fixed(&self.lane.map_or([0; LaneId::SIZE], |lane| *lane.as_bytes())).u64(self.hour).lp(&self.body);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let is_there = reader.flag()?;
        let lane = LaneId::from_bytes(reader.array()?);
        Ok(Self { lane: is_there.then_some(lane), hour: reader.u64()?, body: reader.lp(MOST_BYTES)?.to_vec() })
    }
}

/// A name that was used, for which bytes, until when it is remembered.
pub(super) struct NameRow {
    pub(super) hash: [u8; 32],
    pub(super) expires_at: Timestamp,
}

impl Row for NameRow {
    fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.hash).u64(self.expires_at.millis());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { hash: reader.array()?, expires_at: Timestamp::from_millis(reader.u64()?) })
    }
}

pub(super) struct TokenRow {
    pub(super) uses_left: u32,
    pub(super) expires_at: Timestamp,
}

impl Row for TokenRow {
    fn write(&self, writer: &mut Writer) {
        writer.u32(self.uses_left).u64(self.expires_at.millis());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { uses_left: reader.u32()?, expires_at: Timestamp::from_millis(reader.u64()?) })
    }
}
