//! Receipts: signed word on what became of a content. Never receipted themselves.

use crate::codec::{DecodeError, Reader, Writer};
use crate::id::MessageId;

/// What became of one content, named by its digest: a receipt for other bytes is no receipt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Receipt {
    /// What became of it.
    pub kind: ReceiptKind,
    /// The content's name.
    pub message_id: MessageId,
    /// The content's digest.
    pub digest: [u8; 32],
}

/// What became of a content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ReceiptKind {
    /// It is stored at the recipient; the sender may forget its text.
    Delivered,
    /// It was shown.
    Read,
    /// It arrived and was not accepted.
    Refused(RefusalReason),
}

/// Why a content was not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RefusalReason {
    /// Its scope is not among those granted.
    OutsideGrant,
    /// The grant has expired.
    GrantExpired,
    /// The recipient's owner does not accept such content.
    Policy,
}

impl Receipt {
    /// The size in bytes: kind u8 ‖ reason u8 ‖ message id 16 ‖ digest 32.
    pub const SIZE: usize = 50;

    pub(super) fn write(&self, writer: &mut Writer) {
        let (kind, reason) = self.kind.codes();
        writer.u8(kind).u8(reason).fixed(self.message_id.as_bytes()).fixed(&self.digest);
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let kind = ReceiptKind::from_codes(reader.u8()?, reader.u8()?)?;
        Ok(Self { kind, message_id: MessageId::from_bytes(reader.array()?), digest: reader.array()? })
    }
}

impl ReceiptKind {
    const fn codes(self) -> (u8, u8) {
        match self {
            Self::Delivered => (1, 0),
            Self::Read => (2, 0),
            Self::Refused(reason) => (3, reason.code()),
        }
    }

    const fn from_codes(kind: u8, reason: u8) -> Result<Self, DecodeError> {
        match (kind, reason) {
            (1, 0) => Ok(Self::Delivered),
            (2, 0) => Ok(Self::Read),
            (3, 1) => Ok(Self::Refused(RefusalReason::OutsideGrant)),
            (3, 2) => Ok(Self::Refused(RefusalReason::GrantExpired)),
            (3, 3) => Ok(Self::Refused(RefusalReason::Policy)),
            _ => Err(DecodeError::InvalidValue),
        }
    }
}

impl RefusalReason {
    const fn code(self) -> u8 {
        match self {
            Self::OutsideGrant => 1,
            Self::GrantExpired => 2,
            Self::Policy => 3,
        }
    }
}
