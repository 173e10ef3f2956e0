//! Identifiers: the agent id, which is a public key, and the random names of messages, envelopes, lanes, invites and sessions.

use std::fmt;
use std::str::FromStr;

use data_encoding::{BASE64URL_NOPAD, Encoding};
use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

use crate::codec::{DecodeError, Reader, Writer};
use crate::keys::signature::{self, BadSignature, PublicKeyFault};
use crate::labels;
use crate::time::Timestamp;

const PREFIX: &str = "a2a_";
const VERSION: u8 = 1;
const CHECKSUM_SIZE: usize = 2;
const DECODED_SIZE: usize = AgentId::SIZE + CHECKSUM_SIZE + 1;
const ENCODED_CHARS: usize = 56;

#[expect(clippy::expect_used, reason = "the specification is a constant; a test builds it")]
static BASE32_LOWER: LazyLock<Encoding> = LazyLock::new(|| {
    let mut specification = data_encoding::Specification::new();
    specification.symbols.push_str("abcdefghijklmnopqrstuvwxyz234567");
    specification.encoding().expect("a valid base32 specification")
});

/// Who an agent is: the public half of its root key. Public; a collision would be a broken Ed25519.
///
/// As text: `a2a_` and 56 characters of lower-case base32 over key ‖ checksum ‖ version, the shape of a Tor v3 address. Every
/// value of this type has passed the four key checks, so a signature under it means what it should. People compare ids by
/// [`crate::safety_words`]; no part of this program accepts an abbreviated id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentId([u8; 32]);

impl AgentId {
    /// The size in bytes.
    pub const SIZE: usize = 32;

    /// Takes a public key that passes all four checks: on the curve, not weak, canonical, free of torsion.
    pub fn from_key_bytes(bytes: &[u8; 32]) -> Result<Self, ParseAgentIdError> {
        signature::check_public_key(bytes)?;
        Ok(Self(*bytes))
    }

    /// Takes back a public key that passed [`Self::from_key_bytes`] before and has stood in one's own store since, or under
    /// one's own MAC. The checks take as long as a signature: a relay that made them for every row would tell by its time
    /// whether there was a row.
    #[must_use]
    pub const fn from_checked_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The public key.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Reads the 32 bytes of an id inside a layout, with the same checks.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_key_bytes(&reader.array()?).map_err(|_| DecodeError::InvalidValue)
    }

    /// As [`Self::read`], for a layout that stands in one's own store or under one's own MAC; see [`Self::from_checked_bytes`].
    pub fn read_checked(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self(reader.array()?))
    }

    /// Checks a signature by the root key over `LP(label)` ‖ `message`.
    pub fn verify(&self, label: &str, message: &[u8], signature: &[u8; 64]) -> Result<(), BadSignature> {
        signature::verify(&self.0, label, message, signature)
    }

    pub(crate) const fn from_own_key(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }
}

/// Why a text is not an agent id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseAgentIdError {
    /// It does not begin with `a2a_`.
    #[error("an agent id begins with a2a_")]
    Prefix,
    /// It is shorter than an id; abbreviations are never accepted, because anybody can make an id with the same beginning.
    #[error("this agent id is shortened; all 56 characters after a2a_ are needed")]
    Shortened,
    /// It is longer than an id.
    #[error("this agent id is too long; exactly 56 characters follow a2a_")]
    Length,
    /// A character is not of lower-case base32.
    #[error("an agent id has only the characters a-z and 2-7 after a2a_")]
    Alphabet,
    /// The checksum does not fit: a typing mistake.
    #[error("this agent id has a typing mistake: its checksum does not fit")]
    Checksum,
    /// It is of a version that this program does not know.
    #[error("this agent id is of a version unknown to this program")]
    Version,
    /// The key is no point of the curve.
    #[error("this agent id is no public key")]
    NotAKey,
    /// The key is one of the few that would accept signatures over anything.
    #[error("this agent id is a weak key")]
    WeakKey,
    /// The key is another spelling of a key.
    #[error("this agent id is not in canonical form")]
    NonCanonical,
    /// The key has a part outside the group in which signatures mean anything.
    #[error("this agent id is a malformed key")]
    Torsion,
}

impl From<PublicKeyFault> for ParseAgentIdError {
    fn from(fault: PublicKeyFault) -> Self {
        match fault {
            PublicKeyFault::NotAPoint => Self::NotAKey,
            PublicKeyFault::Weak => Self::WeakKey,
            PublicKeyFault::NonCanonical => Self::NonCanonical,
            PublicKeyFault::Torsion => Self::Torsion,
        }
    }
}

impl FromStr for AgentId {
    type Err = ParseAgentIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let encoded = text.strip_prefix(PREFIX).ok_or(ParseAgentIdError::Prefix)?;
        check_length(encoded)?;
        let decoded = BASE32_LOWER.decode(encoded.as_bytes()).map_err(|_| ParseAgentIdError::Alphabet)?;
        let (key, checksum, version) = split(&decoded)?;
        if checksum != checksum_of(&key, version) {
            return Err(ParseAgentIdError::Checksum);
        }
        if version != VERSION {
            return Err(ParseAgentIdError::Version);
        }
        Self::from_key_bytes(&key)
    }
}

fn check_length(encoded: &str) -> Result<(), ParseAgentIdError> {
    match encoded.chars().count().cmp(&ENCODED_CHARS) {
        std::cmp::Ordering::Less => Err(ParseAgentIdError::Shortened),
        std::cmp::Ordering::Equal => Ok(()),
        std::cmp::Ordering::Greater => Err(ParseAgentIdError::Length),
    }
}

fn split(decoded: &[u8]) -> Result<([u8; 32], [u8; CHECKSUM_SIZE], u8), ParseAgentIdError> {
    let mut reader = Reader::new(decoded);
    let mut parts = || Ok::<_, DecodeError>((reader.array()?, reader.array()?, reader.u8()?));
    parts().map_err(|_| ParseAgentIdError::Length)
}

fn checksum_of(key: &[u8; 32], version: u8) -> [u8; CHECKSUM_SIZE] {
    let mut input = Writer::label(labels::ID_CHECKSUM);
    input.fixed(key).u8(version);
    let [first, second, ..] = <[u8; 32]>::from(Sha256::digest(input.as_slice()));
    [first, second]
}

impl fmt::Display for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut bytes = [0; DECODED_SIZE];
        bytes[..Self::SIZE].copy_from_slice(&self.0);
        bytes[Self::SIZE..DECODED_SIZE - 1].copy_from_slice(&checksum_of(&self.0, VERSION));
        bytes[DECODED_SIZE - 1] = VERSION;
        write!(f, "{PREFIX}{}", BASE32_LOWER.encode_display(&bytes))
    }
}

impl fmt::Debug for AgentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgentId({self})")
    }
}

serde_as_text!(AgentId);

random_id! {
    /// One envelope on one lane, chosen by the depositor, so that a retry is told from a second envelope. Public.
    EnvelopeId, 16
}

random_id! {
    /// A lane into a mailbox, chosen by the relay. Names no peer; useless without the lane's key.
    LaneId, 16
}

random_id! {
    /// An invite, chosen by its maker. Names the one-time pair; useless without the invite's secret.
    InviteId, 16
}

random_id! {
    /// A session, an output of its handshake. Known to the two ends only.
    SessionId, 32
}

/// The text is not an identifier of this kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is no identifier of the expected kind and length")]
pub struct ParseIdError;

pub(crate) fn from_base64url<const N: usize>(text: &str) -> Result<[u8; N], ParseIdError> {
    let mut bytes = [0; N];
    // Decoding into a buffer of another length would panic.
    if BASE64URL_NOPAD.decode_len(text.len()) != Ok(N) {
        return Err(ParseIdError);
    }
    BASE64URL_NOPAD.decode_mut(text.as_bytes(), &mut bytes).map_err(|_| ParseIdError)?;
    Ok(bytes)
}

/// A message's name, chosen by its sender: a UUID of version 7, so that ids sort by time. Written as UUID text.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MessageId([u8; 16]);

impl MessageId {
    /// The size in bytes.
    pub const SIZE: usize = 16;

    /// A new name: the time's 48 bits, then 74 random bits (RFC 9562, section 5.7).
    pub fn new(now: Timestamp, rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 16];
        rng.fill_bytes(&mut bytes[6..]);
        bytes[..6].copy_from_slice(&now.millis().to_be_bytes()[2..]);
        bytes[6] = 0x70 | (bytes[6] & 0x0f);
        bytes[8] = 0x80 | (bytes[8] & 0x3f);
        Self(bytes)
    }

    /// Takes the bytes as they are.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        &self.0
    }
}

/// Where the hyphens of UUID text stand.
const UUID_HYPHENS: [usize; 4] = [8, 13, 18, 23];
const UUID_CHARS: usize = 36;

impl FromStr for MessageId {
    type Err = ParseIdError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let is_hyphen = |(at, byte): (usize, u8)| UUID_HYPHENS.contains(&at) == (byte == b'-');
        if text.len() != UUID_CHARS || !text.bytes().enumerate().all(is_hyphen) {
            return Err(ParseIdError);
        }
        let digits = text.replace('-', "");
        let bytes = data_encoding::HEXLOWER.decode(digits.as_bytes()).map_err(|_| ParseIdError)?;
        bytes.try_into().map(Self).map_err(|_| ParseIdError)
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = [&self.0[..4], &self.0[4..6], &self.0[6..8], &self.0[8..10], &self.0[10..]];
        for (at, group) in groups.iter().enumerate() {
            let hyphen = if at == 0 { "" } else { "-" };
            write!(f, "{hyphen}{}", data_encoding::HEXLOWER.encode_display(group))?;
        }
        Ok(())
    }
}

impl fmt::Debug for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MessageId({self})")
    }
}

serde_as_text!(MessageId);
