//! The agent card: a signed public description of an agent and of the requests that it takes.
//!
//! Layout: version u8 = 1 ‖ certificate 181 ‖ LP(display name) ‖ LP(handle, or nothing) ‖ LP(relay) ‖ listed u8 ‖ knocks u8 ‖
//! sequence (epoch u32 ‖ number u64) ‖ updated-at u64 ‖ count u32 ‖ count × (LP(id) ‖ LP(title) ‖ LP(description) ‖
//! LP(schema, or nothing)) ‖ signature 64. The certified device signs everything before the signature.

use serde::{Deserialize, Serialize};

use crate::address::{Handle, RelayAuthority};
use crate::certificate::{Certificate, CertificateError};
use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;
use crate::id::AgentId;
use crate::keys::{BadSignature, DeviceKeys, SIGNATURE_SIZE};
use crate::labels::SIG_CARD;
use crate::limits;
use crate::scope::is_plain_word;
use crate::time::Timestamp;

const VERSION: u8 = 1;

/// Whether strangers may knock.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KnockPolicy {
    /// Nobody may.
    Closed,
    /// Whoever does the relay's proof of work may.
    Pow,
}

impl KnockPolicy {
    /// Appends one byte: 0 closed, 1 proof of work.
    pub fn write(self, writer: &mut Writer) {
        writer.u8(match self {
            Self::Closed => 0,
            Self::Pow => 1,
        });
    }

    /// Reads one byte.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(if reader.flag()? { Self::Pow } else { Self::Closed })
    }
}

/// A kind of request that an agent takes. Not a permission: what a peer may do is a scope in a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Capability {
    /// A short name, `[a-z0-9-]{1,64}`, unique on the card.
    pub id: String,
    /// One line.
    pub title: String,
    /// What the agent does with such a request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A JSON Schema of the request, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}

/// What an agent says of itself in public.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Card {
    /// The device that speaks for the agent.
    pub certificate: Certificate,
    /// What the agent calls itself; its own word, so shown beside a petname, never instead of one.
    pub display_name: String,
    /// The handle that it holds at its relay.
    pub handle: Option<Handle>,
    /// Where it takes mail.
    pub relay: RelayAuthority,
    /// The requests that it takes.
    pub capabilities: Vec<Capability>,
    /// Whether it wants to stand in listings.
    pub listed: bool,
    /// Whether strangers may knock.
    pub knocks: KnockPolicy,
    /// Grows with every change; its epoch is the certificate's.
    pub sequence: Counter,
    /// When it was signed.
    pub updated_at: Timestamp,
}

/// Why bytes are not a card, or a card can not be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CardError {
    /// The bytes do not have the layout of a card, or a field is out of bounds.
    #[error("not a card: {0}")]
    Decode(#[from] DecodeError),
    /// The certificate in it does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// It is another agent's card.
    #[error("the card is another agent's")]
    OtherAgent,
    /// The certified device did not sign it.
    #[error("the card is not signed by the device that it names")]
    Signature(#[from] BadSignature),
    /// Its sequence belongs to another device epoch than its certificate.
    #[error("the card's sequence is not of its device's epoch")]
    Epoch,
}

impl Card {
    /// Signs the card. Fails where a reader would refuse it: a name too long, a capability twice, another device's keys.
    pub fn sign(&self, device: &DeviceKeys) -> Result<Vec<u8>, CardError> {
        let mut writer = self.unsigned();
        let signature = device.sign(SIG_CARD, writer.as_slice());
        writer.fixed(&signature);
        let bytes = writer.finish();
        VerifiedCard::parse(&bytes, self.certificate.id())?;
        Ok(bytes)
    }

    fn unsigned(&self) -> Writer {
        let mut writer = Writer::new();
        writer.u8(VERSION).fixed(self.certificate.as_bytes());
        writer.lp(self.display_name.as_bytes());
        writer.lp(self.handle.as_ref().map_or("", Handle::as_str).as_bytes());
        writer.lp(self.relay.as_str().as_bytes()).u8(u8::from(self.listed));
        self.knocks.write(&mut writer);
        self.sequence.write(&mut writer);
        writer.u64(self.updated_at.millis());
        write_capabilities(&mut writer, &self.capabilities);
        writer
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, CardError> {
        reader.version(VERSION)?;
        Ok(Self {
            certificate: Certificate::read_verified(reader)?,
            display_name: read_line(reader, limits::MAX_DISPLAY_NAME_BYTES)?,
            handle: read_handle(reader)?,
            relay: reader.canonical(limits::MAX_AUTHORITY_BYTES)?,
            listed: reader.flag()?,
            knocks: KnockPolicy::read(reader)?,
            sequence: Counter::read(reader)?,
            updated_at: Timestamp::from_millis(reader.u64()?),
            capabilities: read_capabilities(reader)?,
        })
    }
}

impl Capability {
    fn write(&self, writer: &mut Writer) {
        writer.lp(self.id.as_bytes()).lp(self.title.as_bytes());
        writer.lp(self.description.as_bytes()).lp(self.schema.as_deref().unwrap_or("").as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let id = reader.text(limits::MAX_SCOPE_BYTES)?;
        if !is_plain_word(id, limits::MAX_SCOPE_BYTES) {
            return Err(DecodeError::InvalidValue);
        }
        let title = read_line(reader, limits::MAX_TITLE_BYTES)?;
        let description = reader.text(limits::MAX_DESCRIPTION_BYTES)?.to_owned();
        let schema = reader.text(limits::MAX_SCHEMA_BYTES)?;
        let schema = if schema.is_empty() { None } else { Some(schema.to_owned()) };
        Ok(Self { id: id.to_owned(), title, description, schema })
    }
}

/// Appends a list of capabilities, as a card and a content of kind 9 hold it.
pub(crate) fn write_capabilities(writer: &mut Writer, capabilities: &[Capability]) {
    writer.u32(u32::try_from(capabilities.len()).unwrap_or(u32::MAX));
    for capability in capabilities {
        capability.write(writer);
    }
}

/// Reads one; no name stands in it twice.
pub(crate) fn read_capabilities(reader: &mut Reader<'_>) -> Result<Vec<Capability>, DecodeError> {
    let count = usize::try_from(reader.u32()?).map_err(|_| DecodeError::TooLong)?;
    if count > limits::MAX_CAPABILITIES {
        return Err(DecodeError::TooLong);
    }
    let mut capabilities: Vec<Capability> = Vec::new();
    for _ in 0..count {
        let capability = Capability::read(reader)?;
        if capabilities.iter().any(|known| known.id == capability.id) {
            return Err(DecodeError::InvalidValue);
        }
        capabilities.push(capability);
    }
    Ok(capabilities)
}

fn read_handle(reader: &mut Reader<'_>) -> Result<Option<Handle>, DecodeError> {
    match reader.text(limits::MAX_HANDLE_BYTES)? {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|_| DecodeError::InvalidValue),
    }
}

/// One line of text: not empty, no control characters.
pub(crate) fn read_line(reader: &mut Reader<'_>, max: usize) -> Result<String, DecodeError> {
    let text = reader.text(max)?;
    let is_line = !text.trim().is_empty() && !text.chars().any(char::is_control);
    if is_line { Ok(text.to_owned()) } else { Err(DecodeError::InvalidValue) }
}

/// A card whose signatures were verified, with its bytes as they were signed.
///
/// Its certificate may be outside its time, and an older card may be replayed: ask [`Certificate::valid_at`] and compare
/// [`Card::sequence`] with the one last seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedCard {
    card: Card,
    bytes: Vec<u8>,
}

impl VerifiedCard {
    /// Reads a card and verifies that `expected` speaks in it, through a device that it certified.
    pub fn parse(bytes: &[u8], expected: &AgentId) -> Result<Self, CardError> {
        if bytes.len() > limits::MAX_CARD_BYTES {
            return Err(DecodeError::TooLong.into());
        }
        let mut reader = Reader::new(bytes);
        let card = Card::read(&mut reader)?;
        let signed = &bytes[..bytes.len() - reader.remaining()];
        let signature: [u8; SIGNATURE_SIZE] = reader.array()?;
        reader.finish()?;
        if card.certificate.id() != expected {
            return Err(CardError::OtherAgent);
        }
        card.certificate.device().verify(SIG_CARD, signed, &signature)?;
        // Else a thief of an old device could publish a sequence that the owner's next device can not exceed.
        if card.sequence.epoch != card.certificate.epoch() {
            return Err(CardError::Epoch);
        }
        Ok(Self { card, bytes: bytes.to_vec() })
    }

    /// What the card says.
    pub const fn card(&self) -> &Card {
        &self.card
    }

    /// The signed bytes.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
