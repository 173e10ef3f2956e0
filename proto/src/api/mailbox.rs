//! Collecting and acknowledging: the batch of envelopes that a mailbox hands to its owner.
//!
//! Layout: acknowledged-through u64 ‖ count u32 ‖ count × (sequence u64 ‖ source u8 ‖ lane 16 ‖ hour u64 ‖ LP(envelope)).

use serde::{Deserialize, Serialize};

use crate::codec::{DecodeError, Reader, Writer};
use crate::id::LaneId;
use crate::limits::{MAX_BATCH_ENVELOPES, MAX_ENVELOPE_BYTES};

const FROM_LANE: u8 = 1;
const FROM_FRONT_DOOR: u8 = 2;
const NO_LANE: [u8; LaneId::SIZE] = [0; LaneId::SIZE];

/// What a mailbox holds after some sequence number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch {
    /// Up to here the owner has acknowledged. Ahead of the owner's own store, it shows that the store was rolled back.
    pub acknowledged_through: u64,
    /// The envelopes, by ascending sequence.
    pub items: Vec<BatchItem>,
}

/// One envelope in a mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct BatchItem {
    /// Its place in the mailbox: from 1 upwards, never used again.
    pub sequence: u64,
    /// How it came in.
    pub source: Source,
    /// When it came in, in whole hours since the Unix epoch.
    pub hour: u64,
    /// The envelope.
    pub envelope: Vec<u8>,
}

/// How an envelope came into a mailbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// Through a lane.
    Lane(LaneId),
    /// Through the front door: a knock.
    FrontDoor,
}

/// Lets the relay delete everything up to a sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Acknowledge {
    /// The last sequence number that is safe with the owner.
    #[cfg_attr(feature = "openapi", schema(format = "uint64"))]
    pub through: u64,
}

impl Acknowledge {
    /// The number as eight bytes, as it goes over a stream.
    pub const fn to_bytes(self) -> [u8; 8] {
        self.through.to_be_bytes()
    }

    /// Reads what [`Self::to_bytes`] wrote.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        Some(Self { through: u64::from_be_bytes(bytes.try_into().ok()?) })
    }
}

impl std::fmt::Debug for BatchItem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { sequence, source, hour, envelope } = self;
        f.debug_struct("BatchItem")
            .field("sequence", sequence)
            .field("source", source)
            .field("hour", hour)
            .field("envelope_bytes", &envelope.len())
            .finish()
    }
}

impl Batch {
    /// The batch's bytes.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u64(self.acknowledged_through);
        writer.u32(u32::try_from(self.items.len()).unwrap_or(u32::MAX));
        for item in &self.items {
            item.write(&mut writer);
        }
        writer.finish()
    }

    /// Reads a batch; sequence numbers must ascend and lie after what was acknowledged.
    pub fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        let acknowledged_through = reader.u64()?;
        let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong)?;
        if count > MAX_BATCH_ENVELOPES {
            return Err(DecodeError::TooLong);
        }
        let mut items = Vec::new();
        let mut last = acknowledged_through;
        for _ in 0..count {
            let item = BatchItem::read(&mut reader)?;
            if item.sequence <= last {
                return Err(DecodeError::InvalidValue);
            }
            last = item.sequence;
            items.push(item);
        }
        reader.finish()?;
        Ok(Self { acknowledged_through, items })
    }
}

impl BatchItem {
    fn write(&self, writer: &mut Writer) {
        let (source, lane) = match &self.source {
            Source::Lane(lane) => (FROM_LANE, *lane.as_bytes()),
            Source::FrontDoor => (FROM_FRONT_DOOR, NO_LANE),
        };
        writer.u64(self.sequence).u8(source).fixed(&lane).u64(self.hour).lp(&self.envelope);
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let sequence = reader.u64()?;
        let source = match (reader.u8()?, reader.array()?) {
            (FROM_LANE, lane) => Source::Lane(LaneId::from_bytes(lane)),
            (FROM_FRONT_DOOR, NO_LANE) => Source::FrontDoor,
            _ => return Err(DecodeError::InvalidValue),
        };
        let (hour, envelope) = (reader.u64()?, reader.lp(MAX_ENVELOPE_BYTES)?.to_vec());
        Ok(Self { sequence, source, hour, envelope })
    }
}
