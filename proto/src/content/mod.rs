//! Contents: what one agent tells another, in one canonical binary form per value. See `docs/protocol.md`, "Contents".
//!
//! The first two bytes say version and kind, and they are under the signature: text that a person or a model wrote can never
//! be read as one of the sidecar's own statements.

mod body;
mod capabilities;
mod error;
mod hello;
mod parts;
mod receipt;

#[cfg(test)]
mod tests;

use std::fmt;

use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;
use crate::id::MessageId;
use crate::primitives::kdf::sha256;
use crate::time::Timestamp;

pub use body::{Body, ReportReason};
pub use error::ContentError;
pub use hello::{Head, Heads};
pub use parts::{Attachment, Parts, Request};
pub use receipt::{Receipt, ReceiptKind, RefusalReason};

const VERSION: u8 = 1;

/// One thing said to a peer, with its place among everything said to it.
///
/// `position` and `previous` form a chain per pair and direction, over contents of every kind: a peer that holds the content
/// after a missing one knows that it is missing. The chain belongs to the pair; sessions come and go beneath it.
#[derive(Clone, PartialEq, Eq)]
pub struct Content {
    /// Its name, chosen by the sender.
    pub message_id: MessageId,
    /// Its place among the contents from this sender to this peer.
    pub position: Counter,
    /// The digest of the content before it; zero for the first.
    pub previous: [u8; 32],
    /// When the sender wrote it, by the sender's clock.
    pub sent_at: Timestamp,
    /// What it says.
    pub body: Body,
}

impl Content {
    /// The canonical bytes: version u8 = 1 ‖ kind u8 ‖ message id 16 ‖ position 12 ‖ previous 32 ‖ sent-at u64 ‖ body.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION).u8(self.body.kind()).fixed(self.message_id.as_bytes());
        self.position.write(&mut writer);
        writer.fixed(&self.previous).u64(self.sent_at.millis());
        self.body.write(&mut writer);
        writer.finish()
    }

    /// Reads canonical bytes; `parse(bytes)?.to_bytes() == bytes`.
    pub fn parse(bytes: &[u8]) -> Result<Self, ContentError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let kind = reader.u8()?;
        let content = Self {
            message_id: MessageId::from_bytes(reader.array()?),
            position: Counter::read(&mut reader)?,
            previous: reader.array()?,
            sent_at: Timestamp::from_millis(reader.u64()?),
            body: Body::read(kind, &mut reader)?,
        };
        reader.finish()?;
        Ok(content)
    }

    /// Whether every part keeps its bounds, so that the peer will read what we write.
    pub fn check(&self) -> Result<(), ContentError> {
        self.body.check()
    }

    /// SHA-256 of the canonical bytes: what receipts name, and the next content's `previous`.
    pub fn digest(&self) -> [u8; 32] {
        sha256(&[&self.to_bytes()])
    }
}

impl fmt::Debug for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Contents carry people's words and lane keys; neither belongs in a log.
        let Self { message_id, position, previous: _, sent_at: _, body } = self;
        write!(f, "Content({message_id}, {}.{}, kind {})", position.epoch, position.number, body.kind())
    }
}

/// Fails unless a text is within its bound.
fn bounded(text: &str, max: usize) -> Result<(), ContentError> {
    if text.len() <= max { Ok(()) } else { Err(ContentError::TooLong { limit: max }) }
}

/// Fails unless a list is within its bound.
fn at_most<T>(list: &[T], max: usize) -> Result<(), ContentError> {
    if list.len() <= max { Ok(()) } else { Err(ContentError::TooMany { limit: max }) }
}

fn write_list<T>(writer: &mut Writer, list: &[T], mut write: impl FnMut(&mut Writer, &T)) {
    writer.u32(u32::try_from(list.len()).unwrap_or(u32::MAX));
    for item in list {
        write(writer, item);
    }
}

fn read_list<'a, T>(
    reader: &mut Reader<'a>,
    max: usize,
    mut read: impl FnMut(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Vec<T>, DecodeError> {
    let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong)?;
    if count > max {
        return Err(DecodeError::TooLong);
    }
    (0..count).map(|_| read(reader)).collect()
}

fn write_option<T>(writer: &mut Writer, value: Option<&T>, write: impl FnOnce(&mut Writer, &T)) {
    writer.u8(u8::from(value.is_some()));
    if let Some(value) = value {
        write(writer, value);
    }
}

fn read_option<'a, T>(
    reader: &mut Reader<'a>,
    read: impl FnOnce(&mut Reader<'a>) -> Result<T, DecodeError>,
) -> Result<Option<T>, DecodeError> {
    if reader.flag()? { read(reader).map(Some) } else { Ok(None) }
}
