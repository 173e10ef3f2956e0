//! The stored form of a session: versioned bytes, full of secrets, to be sealed by whoever stores them.
//!
//! Never part of a backup: a restored ratchet would repeat keys. A restore makes a new session by a reset.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use super::chain_key::ChainKey;
use super::header::{Header, HeaderKey, Step};
use super::message_key::MessageKey;
use super::rank::Rank;
use super::receiving::{Progress, ReceivingChain, SkippedKey};
use super::root_key::RootKey;
use super::sending::SendingChain;
use super::session::{Ourselves, Session};
use super::turn::{OurKeys, TheirKeys, Turn};
use crate::certificate::{Certificate, CertificateError};
use crate::codec::{DecodeError, Reader, Writer};
use crate::id::{AgentId, SessionId};
use crate::keys::{AgreementKey, AgreementSecret, DeviceKey, KemKey, KemSecret};
use crate::limits::{MAX_SKIPPED_KEYS, SKIPPED_KEY_CHAINS};
use crate::time::Timestamp;

const VERSION: u8 = 1;
/// Room for a session with the most skipped keys, so that writing a record never moves secrets to a larger buffer.
const CAPACITY_BYTES: usize = 65_536;

/// The bytes are not a session record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// The layout is not that of a record.
    #[error("not a session record: {0}")]
    Decode(#[from] DecodeError),
    /// The peer's certificate inside does not verify.
    #[error("not a session record: {0}")]
    Certificate(#[from] CertificateError),
}

impl Session {
    /// The session's stored form. Holds every secret of the session.
    pub fn to_record(&self) -> Zeroizing<Vec<u8>> {
        let mut writer = Writer::with_capacity(CAPACITY_BYTES);
        writer.u8(VERSION).fixed(self.id.as_bytes()).u64(self.rank.epochs).u64(self.rank.number);
        writer.fixed(self.ours.id.as_bytes()).fixed(self.ours.device.as_bytes()).fixed(self.peer.as_bytes());
        writer.fixed(self.root.as_bytes());
        writer.fixed(self.next_sending.as_bytes()).fixed(self.next_receiving.as_bytes());
        write_turn(&mut writer, &self.turn);
        write_count(&mut writer, self.receiving.len());
        for chain in &self.receiving {
            write_receiving(&mut writer, chain);
        }
        Zeroizing::new(writer.finish())
    }

    /// Reads the stored form.
    pub fn from_record(record: &[u8]) -> Result<Self, RecordError> {
        let mut reader = Reader::new(record);
        reader.version(VERSION)?;
        let session = Self {
            id: SessionId::from_bytes(reader.array()?),
            rank: Rank { epochs: reader.u64()?, number: reader.u64()? },
            ours: Ourselves { id: AgentId::read(&mut reader)?, device: DeviceKey::read(&mut reader)? },
            peer: Certificate::read_verified(&mut reader)?,
            root: RootKey::take(&mut reader.array()?),
            next_sending: HeaderKey::take(&mut reader.array()?),
            next_receiving: HeaderKey::take(&mut reader.array()?),
            turn: read_turn(&mut reader)?,
            receiving: read_chains(&mut reader)?,
        };
        reader.finish()?;
        Ok(session)
    }
}

fn write_turn(writer: &mut Writer, turn: &Turn) {
    match turn {
        Turn::Theirs { ours, sending } => {
            writer.u8(1).fixed(ours.dh.to_bytes().as_ref());
            write_option(writer, ours.kem.as_ref(), |writer, kem| {
                writer.fixed(kem.to_bytes().as_ref());
            });
            write_option(writer, sending.as_ref(), write_sending);
        }
        Turn::Ours { theirs, previous } => {
            writer.u8(2).fixed(theirs.dh.as_bytes());
            write_option(writer, theirs.kem.as_ref(), |writer, kem| {
                writer.fixed(kem.as_bytes());
            });
            writer.u32(*previous);
        }
    }
}

fn read_turn(reader: &mut Reader<'_>) -> Result<Turn, DecodeError> {
    match reader.u8()? {
        1 => {
            let dh = AgreementSecret::from_bytes(reader.array()?);
            let kem = read_option(reader, |reader| Ok(KemSecret::from_bytes(reader.array()?)))?;
            Ok(Turn::Theirs { ours: OurKeys { dh, kem }, sending: read_option(reader, read_sending)? })
        }
        2 => {
            let theirs = TheirKeys { dh: AgreementKey::read(reader)?, kem: read_option(reader, KemKey::read)? };
            Ok(Turn::Ours { theirs, previous: reader.u32()? })
        }
        _ => Err(DecodeError::InvalidValue),
    }
}

/// Header key 32 ‖ chain key 32 ‖ the next message's header 2,400.
fn write_sending(writer: &mut Writer, chain: &SendingChain) {
    let next = Header { step: chain.step.clone(), previous: chain.previous, number: chain.next };
    writer.fixed(chain.header_key.as_bytes()).fixed(chain.chain_key.as_bytes()).fixed(&next.to_bytes());
}

fn read_sending(reader: &mut Reader<'_>) -> Result<SendingChain, DecodeError> {
    let header_key = HeaderKey::take(&mut reader.array()?);
    let chain_key = ChainKey::take(&mut reader.array()?);
    let next: Header = Header::parse(reader.fixed(super::header::HEADER_BYTES)?)?;
    let step: Step = next.step;
    Ok(SendingChain { header_key, chain_key, step, previous: next.previous, next: next.number })
}

/// Header key 32 ‖ what its headers have in common 32 ‖ next u32 ‖ (0 ‖ chain key 32, or 1 ‖ retired at u64) ‖ skipped keys.
fn write_receiving(writer: &mut Writer, chain: &ReceivingChain) {
    writer.fixed(chain.header_key.as_bytes()).fixed(&chain.common).u32(chain.next);
    match &chain.progress {
        Progress::Current(chain_key) => writer.u8(0).fixed(chain_key.as_bytes()),
        Progress::Retired(at) => writer.u8(1).u64(at.millis()),
    };
    write_count(writer, chain.skipped.len());
    for (number, skipped) in &chain.skipped {
        writer.u32(*number).fixed(skipped.key.as_bytes()).u64(skipped.since.millis());
    }
}

fn read_receiving(reader: &mut Reader<'_>) -> Result<ReceivingChain, DecodeError> {
    Ok(ReceivingChain {
        header_key: HeaderKey::take(&mut reader.array()?),
        common: reader.array()?,
        next: reader.u32()?,
        progress: match reader.flag()? {
            false => Progress::Current(ChainKey::take(&mut reader.array()?)),
            true => Progress::Retired(Timestamp::from_millis(reader.u64()?)),
        },
        skipped: read_skipped(reader)?,
    })
}

fn read_skipped(reader: &mut Reader<'_>) -> Result<BTreeMap<u32, SkippedKey>, DecodeError> {
    let mut skipped = BTreeMap::new();
    for _ in 0..read_count(reader, MAX_SKIPPED_KEYS)? {
        let number = reader.u32()?;
        let key = MessageKey::take(&mut reader.array()?);
        if skipped.last_key_value().is_some_and(|(last, _)| *last >= number) {
            return Err(DecodeError::InvalidValue);
        }
        skipped.insert(number, SkippedKey { key, since: Timestamp::from_millis(reader.u64()?) });
    }
    Ok(skipped)
}

fn read_chains(reader: &mut Reader<'_>) -> Result<Vec<ReceivingChain>, DecodeError> {
    let most = usize::try_from(SKIPPED_KEY_CHAINS).unwrap_or(usize::MAX);
    let count = read_count(reader, most)?;
    (0..count).map(|_| read_receiving(reader)).collect()
}

fn write_option<T>(writer: &mut Writer, value: Option<&T>, write: impl FnOnce(&mut Writer, &T)) {
    writer.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        write(writer, value);
    }
}

fn read_option<T>(
    reader: &mut Reader<'_>,
    read: impl FnOnce(&mut Reader<'_>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if reader.flag()? { read(reader).map(Some) } else { Ok(None) }
}

fn write_count(writer: &mut Writer, count: usize) {
    writer.u32(u32::try_from(count).unwrap_or(u32::MAX));
}

fn read_count(reader: &mut Reader<'_>, most: usize) -> Result<usize, DecodeError> {
    let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong)?;
    if count <= most { Ok(count) } else { Err(DecodeError::TooLong) }
}
