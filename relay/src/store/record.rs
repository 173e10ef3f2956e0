//! What an owner keeps beside mail, by shelf: attachments' chunks, a webhook, places in listings, a sealed backup. Plain data.

use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

/// Where an owner's records stand, beside mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Sealed chunks of attachments, by their names.
    Blob,
    /// The webhook, under the empty key.
    Webhook,
    /// The listings that an owner stands in: capabilities, and the empty key for all.
    Listing,
    /// Parts of the owner's sealed backup, by names that only the owner can tell.
    Backup,
}

impl Shelf {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Blob, Self::Webhook, Self::Listing, Self::Backup];

    /// The number it is kept under.
    pub const fn number(self) -> u8 {
        match self {
            Self::Blob => 1,
            Self::Webhook => 2,
            Self::Listing => 3,
            Self::Backup => 4,
        }
    }

    /// The one that is kept under a number.
    pub fn numbered(number: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|shelf| shelf.number() == number)
    }
}

/// A record to keep.
#[derive(Clone, PartialEq, Eq)]
pub struct NewRecord {
    /// Which shelf.
    pub shelf: Shelf,
    /// Its key there.
    pub key: Bytes,
    /// The lane it came by; none for the owner's own. What comes by a lane is bounded, and stands once. Of the owner's own
    /// only a backup is bounded.
    pub lane: Option<LaneId>,
    /// What is kept.
    pub value: Bytes,
    /// Of the owner's own: only in the place of these bytes, where some are named.
    pub replaces: Option<Bytes>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// The relay's time.
    pub now: Timestamp,
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Put {
    /// It stands, now or already.
    Done,
    /// No mailbox, the lane is over, or the key stands for something else than it should.
    Refused,
    /// Too much of this lane is kept.
    LaneFull,
    /// Too much of this mailbox is kept.
    ShelfFull,
}

/// Who has a record under a key, and what it says.
#[derive(Clone, PartialEq, Eq)]
pub struct Holder {
    /// The owner.
    pub agent: AgentId,
    /// The record.
    pub value: Bytes,
}
