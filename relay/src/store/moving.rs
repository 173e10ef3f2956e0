//! A whole mailbox as it goes from one store to another, in a form that no backend's tables show through.

use a2a_proto::address::Handle;
use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

use super::{Answer, Device, LaneRecord, Shelf, StoredEnvelope};

/// Everything of one mailbox but its envelopes and records.
#[derive(Clone, PartialEq, Eq)]
pub struct MailboxCopy {
    /// Whose it is, with the newest device.
    pub device: Device,
    /// Its handle.
    pub handle: Option<Handle>,
    /// The card and its sequence; the sequence outlives a withdrawn card.
    pub card: (Option<Bytes>, Option<Counter>),
    /// The prekey bundle and its sequence.
    pub bundle: (Option<Bytes>, Option<Counter>),
    /// Whether it takes knocks.
    pub knocks: KnockPolicy,
    /// The number of the last envelope.
    pub last_seq: u64,
    /// Everything up to here was acknowledged.
    pub acknowledged: u64,
    /// Its lanes, by name.
    pub lanes: Vec<LaneCopy>,
    /// Names that were used, by lane and name.
    pub names: Vec<NameCopy>,
}

/// A lane.
#[derive(Clone, PartialEq, Eq)]
pub struct LaneCopy {
    /// Its name.
    pub lane: LaneId,
    /// What its key is computed from.
    pub record: LaneRecord,
    /// The hour it was opened.
    pub opened_hour: u64,
    /// Envelopes it has taken.
    pub accepted: u64,
    /// Envelopes it takes in all.
    pub max_envelopes: Option<u64>,
    /// The invite behind it: its name, SHA-256 of its fetch token, its one-time pair.
    pub invite: Option<(InviteId, [u8; 32], Bytes)>,
}

/// A name that was used.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct NameCopy {
    /// The lane; none for the front door.
    pub lane: Option<[u8; LaneId::SIZE]>,
    /// The envelope's name; a knock's is its hash.
    pub name: Vec<u8>,
    /// For which bytes.
    pub hash: [u8; 32],
    /// Until when it is remembered.
    pub expires_at: Timestamp,
}

/// A record beside mail.
#[derive(Clone, PartialEq, Eq)]
pub struct RecordCopy {
    /// Its shelf.
    pub shelf: Shelf,
    /// Its key there.
    pub key: Bytes,
    /// The lane it came by.
    pub lane: Option<LaneId>,
    /// When it ends.
    pub expires_at: Option<Timestamp>,
    /// What is kept.
    pub value: Bytes,
}

impl MailboxCopy {
    /// Puts lists in the one order in which two stores' copies can be compared.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.lanes.sort_by_key(|lane| *lane.lane.as_bytes());
        self.names.sort();
        self
    }
}

/// What a store does when mailboxes are moved. Nobody serves from it meanwhile.
pub trait Movable {
    /// Mailboxes after this one in the order of their ids, at most `limit`.
    fn mailboxes(&self, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<AgentId>>;

    /// Everything of a mailbox but its envelopes, which are collected, and its records.
    fn mailbox_copy(&self, mailbox: AgentId) -> Answer<'_, Option<MailboxCopy>>;

    /// Records of a mailbox after this place, by the numbers of shelves and by keys, at most `limit`.
    fn records(&self, mailbox: AgentId, after: Option<(Shelf, Bytes)>, limit: usize) -> Answer<'_, Vec<RecordCopy>>;

    /// Puts a mailbox in, in place of whatever there is of it. It has no envelopes and no records then.
    fn put_mailbox(&self, copy: MailboxCopy) -> Answer<'_, ()>;

    /// Puts envelopes into a mailbox under the numbers they have.
    fn put_envelopes(&self, mailbox: AgentId, envelopes: Vec<StoredEnvelope>) -> Answer<'_, ()>;

    /// Puts records into a mailbox as they are, whatever the quotas say.
    fn put_records(&self, mailbox: AgentId, records: Vec<RecordCopy>) -> Answer<'_, ()>;
}
