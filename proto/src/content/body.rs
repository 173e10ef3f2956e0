//! The kinds of content, and their layouts.

use super::hello::Heads;
use super::parts::{Parts, fits};
use super::receipt::Receipt;
use super::{ContentError, at_most, bounded, capabilities, read_list, read_option, write_list, write_option};
use crate::address::RelayAuthority;
use crate::card::Capability;
use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;
use crate::id::MessageId;
use crate::lane::LaneOffer;
use crate::limits::{
    MAX_AUTHORITY_BYTES, MAX_BODY_BYTES, MAX_DISPLAY_NAME_BYTES, MAX_HELLO_TEXT_BYTES, MAX_RECEIPTS, MAX_SCOPE_BYTES,
    MAX_SCOPES, MAX_SUBJECT_BYTES,
};
use crate::scope::Scope;
use crate::time::Timestamp;

/// What a content says. Only [`Body::Message`] carries words for the other side's model; the rest is between the sidecars.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Body {
    /// Kind 1: mail; kind 8 when it carries more than its text.
    Message {
        /// What it is about, in terms of the grant.
        scope: Scope,
        /// The subject; may be empty.
        subject: String,
        /// The text.
        body: String,
        /// The content that it answers.
        reply_to: Option<MessageId>,
        /// What it carries beside the text.
        parts: Parts,
    },
    /// Kind 2: what became of contents.
    Receipts(Vec<Receipt>),
    /// Kind 3: the first content of a session.
    Hello {
        /// The name that the sender goes by.
        display_name: String,
        /// The sender's home relay.
        relay: RelayAuthority,
        /// What the sender would like to be granted.
        requested: Vec<Scope>,
        /// What the sender grants.
        granted: Vec<Scope>,
        /// Words for the other owner; never for a model.
        text: String,
        /// Where the pair's chains stand.
        heads: Heads,
    },
    /// Kind 4: what the sender grants from now on, and where it takes mail. The highest counter holds.
    Terms {
        /// Orders terms of one sender.
        counter: Counter,
        /// A new lane for the peer's mail; none leaves the lane as it is.
        lane: Option<LaneOffer>,
        /// Every scope granted; none at all ends the grant.
        granted: Vec<Scope>,
        /// When the grant ends.
        expires_at: Option<Timestamp>,
    },
    /// Kind 5: something that came from the peer could not be opened. A reset may quote the nonce.
    Report {
        /// Random; kept by the sender for seven days.
        nonce: [u8; 32],
        /// What happened.
        reason: ReportReason,
    },
    /// Kind 6: contents at these positions never arrived; seal the same bytes again.
    Resend {
        /// The device epoch of the positions.
        epoch: u32,
        /// The first number.
        from: u64,
        /// The last number.
        to: u64,
    },
    /// Kind 7: nothing but a turn of the ratchet.
    Ack {},
    /// Kind 9: which requests the sender takes from this peer, beside those on its card. The highest counter holds.
    Capabilities {
        /// Orders the lists of one sender.
        counter: Counter,
        /// The whole list; empty takes it back.
        capabilities: Vec<Capability>,
    },
}

/// Why a report was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReportReason {
    /// Contents are missing and were not sent again.
    Gap,
    /// Two envelopes claimed one place in a chain.
    Fork,
    /// A genuine header stood before something that does not verify, or too far ahead.
    Unopenable,
}

impl Body {
    /// The kind byte.
    pub(super) fn kind(&self) -> u8 {
        match self {
            Self::Message { parts, .. } => {
                if parts.is_empty() {
                    1
                } else {
                    8
                }
            }
            Self::Receipts(_) => 2,
            Self::Hello { .. } => 3,
            Self::Terms { .. } => 4,
            Self::Report { .. } => 5,
            Self::Resend { .. } => 6,
            Self::Ack {} => 7,
            Self::Capabilities { .. } => 9,
        }
    }

    pub(super) fn write(&self, writer: &mut Writer) {
        match self {
            Self::Message { scope, subject, body, reply_to, parts } => {
                writer.lp(scope.as_str().as_bytes()).lp(subject.as_bytes());
                write_option(writer, reply_to.as_ref(), |writer, id| {
                    writer.fixed(id.as_bytes());
                });
                writer.lp(body.as_bytes());
                if !parts.is_empty() {
                    parts.write(writer);
                }
            }
            Self::Receipts(receipts) => write_list(writer, receipts, |writer, receipt| receipt.write(writer)),
            Self::Hello { display_name, relay, requested, granted, text, heads } => {
                writer.lp(display_name.as_bytes()).lp(relay.as_str().as_bytes());
                write_scopes(writer, requested);
                write_scopes(writer, granted);
                writer.lp(text.as_bytes());
                heads.write(writer);
            }
            Self::Terms { counter, lane, granted, expires_at } => {
                counter.write(writer);
                write_option(writer, lane.as_ref(), |writer, lane| lane.write(writer));
                write_scopes(writer, granted);
                write_option(writer, expires_at.as_ref(), |writer, at| {
                    writer.u64(at.millis());
                });
            }
            Self::Report { nonce, reason } => {
                writer.fixed(nonce).u8(reason.code());
            }
            Self::Resend { epoch, from, to } => {
                writer.u32(*epoch).u64(*from).u64(*to);
            }
            Self::Ack {} => {}
            Self::Capabilities { counter, capabilities: list } => {
                counter.write(writer);
                capabilities::write(writer, list);
            }
        }
    }

    pub(super) fn read(kind: u8, reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        match kind {
            1 => read_message(reader),
            2 => read_list(reader, MAX_RECEIPTS, Receipt::read).map(Self::Receipts),
            3 => read_hello(reader),
            4 => read_terms(reader),
            5 => Ok(Self::Report { nonce: reader.array()?, reason: ReportReason::from_code(reader.u8()?)? }),
            6 => read_resend(reader),
            7 => Ok(Self::Ack {}),
            8 => read_message_with_parts(reader),
            9 => Ok(Self::Capabilities { counter: Counter::read(reader)?, capabilities: capabilities::read(reader)? }),
            _ => Err(DecodeError::UnknownVersion),
        }
    }

    pub(super) fn check(&self) -> Result<(), ContentError> {
        match self {
            Self::Message { subject, body, parts, .. } => {
                bounded(subject, MAX_SUBJECT_BYTES)?;
                bounded(body, MAX_BODY_BYTES)?;
                parts.check(body.len())
            }
            Self::Receipts(receipts) => at_most(receipts, MAX_RECEIPTS),
            Self::Hello { display_name, requested, granted, text, .. } => {
                bounded(display_name, MAX_DISPLAY_NAME_BYTES)?;
                at_most(requested, MAX_SCOPES)?;
                at_most(granted, MAX_SCOPES)?;
                bounded(text, MAX_HELLO_TEXT_BYTES)
            }
            Self::Terms { granted, .. } => at_most(granted, MAX_SCOPES),
            Self::Resend { from, to, .. } if from > to => Err(DecodeError::InvalidValue.into()),
            Self::Capabilities { capabilities: list, .. } => capabilities::check(list),
            Self::Report { .. } | Self::Resend { .. } | Self::Ack {} => Ok(()),
        }
    }
}

fn read_message(reader: &mut Reader<'_>) -> Result<Body, DecodeError> {
    Ok(Body::Message {
        scope: reader.canonical(MAX_SCOPE_BYTES)?,
        subject: reader.text(MAX_SUBJECT_BYTES)?.to_owned(),
        reply_to: read_option(reader, |reader| Ok(MessageId::from_bytes(reader.array()?)))?,
        body: reader.text(MAX_BODY_BYTES)?.to_owned(),
        parts: Parts::default(),
    })
}

fn read_message_with_parts(reader: &mut Reader<'_>) -> Result<Body, DecodeError> {
    let mut message = read_message(reader)?;
    let before = reader.remaining();
    let read = Parts::read(reader)?;
    if let Body::Message { body, parts, .. } = &mut message {
        if !fits(body.len(), before - reader.remaining()) {
            return Err(DecodeError::TooLong);
        }
        *parts = read;
    }
    Ok(message)
}

fn read_hello(reader: &mut Reader<'_>) -> Result<Body, DecodeError> {
    Ok(Body::Hello {
        display_name: reader.text(MAX_DISPLAY_NAME_BYTES)?.to_owned(),
        relay: reader.canonical(MAX_AUTHORITY_BYTES)?,
        requested: read_scopes(reader)?,
        granted: read_scopes(reader)?,
        text: reader.text(MAX_HELLO_TEXT_BYTES)?.to_owned(),
        heads: Heads::read(reader)?,
    })
}

fn read_terms(reader: &mut Reader<'_>) -> Result<Body, DecodeError> {
    Ok(Body::Terms {
        counter: Counter::read(reader)?,
        lane: read_option(reader, LaneOffer::read)?,
        granted: read_scopes(reader)?,
        expires_at: read_option(reader, |reader| reader.u64().map(Timestamp::from_millis))?,
    })
}

fn read_resend(reader: &mut Reader<'_>) -> Result<Body, DecodeError> {
    let (epoch, from, to) = (reader.u32()?, reader.u64()?, reader.u64()?);
    if from <= to { Ok(Body::Resend { epoch, from, to }) } else { Err(DecodeError::InvalidValue) }
}

fn write_scopes(writer: &mut Writer, scopes: &[Scope]) {
    write_list(writer, scopes, |writer, scope| {
        writer.lp(scope.as_str().as_bytes());
    });
}

fn read_scopes(reader: &mut Reader<'_>) -> Result<Vec<Scope>, DecodeError> {
    read_list(reader, MAX_SCOPES, |reader| reader.canonical(MAX_SCOPE_BYTES))
}

impl ReportReason {
    const fn code(self) -> u8 {
        match self {
            Self::Gap => 1,
            Self::Fork => 2,
            Self::Unopenable => 3,
        }
    }

    const fn from_code(code: u8) -> Result<Self, DecodeError> {
        match code {
            1 => Ok(Self::Gap),
            2 => Ok(Self::Fork),
            3 => Ok(Self::Unopenable),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // The texts are people's words; the kind is all that a log may hold.
        write!(f, "Body(kind {})", self.kind())
    }
}
