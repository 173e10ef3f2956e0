//! Envelopes: the outer two bytes that a relay sees, and the five sizes an envelope may have.
//!
//! Outer layout: version u8 = 1 ‖ kind u8 ‖ sealed rest. The whole length is exactly one of
//! [`ENVELOPE_BUCKETS_BYTES`], counting every byte. See `docs/protocol.md`, "Envelopes and padding".

mod padding;

use crate::codec::DecodeError;
use crate::limits::ENVELOPE_BUCKETS_BYTES;
use crate::primitives::kdf::sha256;

pub(crate) use padding::{pad, strip};

/// The envelope version that this program writes and reads.
pub const VERSION: u8 = 1;
/// The size of the outer part in bytes: version and kind.
pub(crate) const OUTER_BYTES: usize = 2;

/// What an envelope holds; all that a relay learns of it beside its size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Kind {
    /// A handshake with the first message of its session.
    FirstFlight,
    /// A message of a session that exists.
    Message,
}

impl Kind {
    /// Reads the outer part: an allowed length, a known version and a known kind.
    pub fn of(envelope: &[u8]) -> Result<Self, DecodeError> {
        if !ENVELOPE_BUCKETS_BYTES.contains(&envelope.len()) {
            return Err(DecodeError::InvalidValue);
        }
        match envelope {
            [VERSION, 1, ..] => Ok(Self::FirstFlight),
            [VERSION, 2, ..] => Ok(Self::Message),
            _ => Err(DecodeError::UnknownVersion),
        }
    }

    /// The outer part of an envelope of this kind.
    pub(crate) const fn outer(self) -> [u8; OUTER_BYTES] {
        match self {
            Self::FirstFlight => [VERSION, 1],
            Self::Message => [VERSION, 2],
        }
    }
}

/// SHA-256 of a whole envelope: tells a duplicate from another envelope with the same place in its chain.
pub fn hash(envelope: &[u8]) -> [u8; 32] {
    sha256(&[envelope])
}
