//! What a message may carry beside its text: a request with a payload, and attachments.

use std::fmt;

use super::{ContentError, at_most, bounded, read_list, read_option, write_list, write_option};
use crate::attachment::AttachmentKey;
use crate::card::read_line;
use crate::codec::{DecodeError, Reader, Writer};
use crate::intent::Intent;
use crate::limits::{
    MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS, MAX_BODY_BYTES, MAX_FILE_NAME_BYTES, MAX_INTENT_BYTES, MAX_PAYLOAD_BYTES,
};

/// A request that programs can act on.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// Which kind it is.
    pub intent: Intent,
    /// Its particulars, as JSON text; what shape they have is between the two agents.
    pub payload: String,
}

/// A file that is fetched apart from its message.
#[derive(Clone, PartialEq, Eq)]
pub struct Attachment {
    /// What its sender calls it: one line, and no path.
    pub name: String,
    /// How many bytes it has.
    pub size: u64,
    /// SHA-256 of its bytes.
    pub digest: [u8; 32],
    /// What its chunks are sealed under and called at the relay.
    pub key: AttachmentKey,
}

/// What a message carries beside its text; nothing at all for plain mail.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Parts {
    /// A request.
    pub request: Option<Request>,
    /// Files.
    pub attachments: Vec<Attachment>,
}

impl Parts {
    /// Whether there is nothing beside the text.
    pub fn is_empty(&self) -> bool {
        self.request.is_none() && self.attachments.is_empty()
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        write_option(writer, self.request.as_ref(), |writer, request| {
            writer.lp(request.intent.as_str().as_bytes()).lp(request.payload.as_bytes());
        });
        write_list(writer, &self.attachments, |writer, attachment| attachment.write(writer));
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let parts = Self {
            request: read_option(reader, Request::read)?,
            attachments: read_list(reader, MAX_ATTACHMENTS, Attachment::read)?,
        };
        // Nothing beside the text is the other kind's form.
        if parts.is_empty() { Err(DecodeError::InvalidValue) } else { Ok(parts) }
    }

    /// Whether every part keeps its bounds, and all of them together with a text of this length.
    pub(super) fn check(&self, text_bytes: usize) -> Result<(), ContentError> {
        if self.is_empty() {
            return Ok(());
        }
        at_most(&self.attachments, MAX_ATTACHMENTS)?;
        if let Some(request) = &self.request {
            bounded(&request.payload, MAX_PAYLOAD_BYTES)?;
        }
        for attachment in &self.attachments {
            attachment.check()?;
        }
        let mut writer = Writer::new();
        self.write(&mut writer);
        if fits(text_bytes, writer.as_slice().len()) {
            Ok(())
        } else {
            Err(ContentError::TooLong { limit: MAX_BODY_BYTES })
        }
    }
}

/// The text and everything after it take the room of the longest text.
pub(super) const fn fits(text_bytes: usize, parts_bytes: usize) -> bool {
    text_bytes + parts_bytes <= MAX_BODY_BYTES
}

impl Request {
    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self { intent: reader.canonical(MAX_INTENT_BYTES)?, payload: reader.text(MAX_PAYLOAD_BYTES)?.to_owned() })
    }
}

impl Attachment {
    fn write(&self, writer: &mut Writer) {
        writer.lp(self.name.as_bytes()).u64(self.size).fixed(&self.digest).fixed(self.key.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let name = read_line(reader, MAX_FILE_NAME_BYTES)?;
        let size = reader.u64()?;
        if !(1..=MAX_ATTACHMENT_BYTES).contains(&size) {
            return Err(DecodeError::InvalidValue);
        }
        Ok(Self { name, size, digest: reader.array()?, key: AttachmentKey::from_bytes(reader.array()?) })
    }

    fn check(&self) -> Result<(), ContentError> {
        let mut writer = Writer::new();
        self.write(&mut writer);
        Ok(Self::read(&mut Reader::new(writer.as_slice())).map(drop)?)
    }
}

impl fmt::Debug for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Payloads are people's words, and keys are secrets.
        let Self { request, attachments } = self;
        write!(f, "Parts(request: {}, attachments: {})", request.is_some(), attachments.len())
    }
}

impl fmt::Debug for Attachment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Attachment({} bytes)", self.size)
    }
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Request({}, {} bytes)", self.intent, self.payload.len())
    }
}
