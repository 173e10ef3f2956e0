//! Where the relay keeps everything: one trait in the words of the protocol, with the promises each backend keeps.
//!
//! A backend that passes the suite in `conformance.rs` may stand behind a relay. Four promises hold for every act:
//!
//! * **Accepted means durable.** An act that changes something resolves only after the change would survive
//!   a power cut. A change is whole or absent.
//! * **Nothing of a sender.** No act is told who deposits; a backend stores what it is given and nothing else.
//! * **Time is passed in.** A backend reads no clock; it keeps arrival times by the hour.
//! * **Away is an error, never an answer.** [`StoreError::Unavailable`] says "ask again", not "no".

#[cfg(test)]
mod conformance;
pub mod error;
pub mod model;
pub mod moving;
mod open;
pub mod postgres;
mod record;
mod rules;
pub mod sled;
pub mod sqlite;
mod url;

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_proto::address::Handle;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

pub use error::{OpenStoreError, StoreError};
pub use model::{
    Account, Admitted, Collected, Deposit, Deposited, Device, InviteOffer, Knock, LaneEntry, LaneOpening, LaneRecord,
    NewInvite, NewLane, Publication, Published, Quotas, Registered, Registration, RegistrationToken, Shown,
    StoredEnvelope, Swept, TokenDemand,
};
pub use moving::{LaneCopy, MailboxCopy, Movable, NameCopy, RecordCopy};
pub use open::{Opened, Serving, open};
pub use record::{Holder, NewRecord, Put, Shelf};
pub use url::{ParseStoreUrlError, PostgresUrl, StoreUrl};

/// What every act gives back: a value once it is durable, or the reason why the store is away.
pub type Answer<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// A relay's memory.
pub trait Store: Send + Sync + 'static {
    /// Makes an account, its handle and its empty mailbox, redeeming a token where one is demanded: all or
    /// nothing. For an account that exists it changes the handle and raises the epoch, and asks for no token.
    fn register(&self, registration: Registration) -> Answer<'_, Registered>;

    /// Lets a device in: its epoch must be the highest known one (then the device must be the known one) or
    /// higher (then it becomes the highest).
    fn admit(&self, device: Device) -> Answer<'_, Admitted>;

    /// The account of `agent`, if there is one.
    fn account(&self, agent: AgentId) -> Answer<'_, Option<Account>>;

    /// Deletes everything of `agent`: account, handle, card, prekeys, lanes, mail. Twice is like once.
    fn close_account(&self, agent: AgentId) -> Answer<'_, ()>;

    /// Replaces or withdraws what `owner` shows to others. Sequences only grow; the same bytes again are fine.
    fn publish(&self, owner: AgentId, publication: Publication) -> Answer<'_, Published>;

    /// What `agent` shows to others; nothing for an unknown agent.
    fn shown(&self, agent: AgentId) -> Answer<'_, Option<Shown>>;

    /// Whose handle this is.
    fn holder_of(&self, handle: Handle) -> Answer<'_, Option<AgentId>>;

    /// Opens a lane into `owner`'s mailbox. An invite's lane replaces an earlier one of the same invite. A lane that is opened
    /// again and stands gets a new key and keeps what it counted; another owner's, or an invite's, is left alone.
    fn open_lane(&self, owner: AgentId, lane: NewLane) -> Answer<'_, LaneOpening>;

    /// Closes a lane of `owner`: no deposit that starts after this resolved is accepted. Twice is like once;
    /// another's lane is left alone.
    fn close_lane(&self, owner: AgentId, lane: LaneId) -> Answer<'_, ()>;

    /// The lanes of `owner`, oldest first.
    fn lanes(&self, owner: AgentId) -> Answer<'_, Vec<LaneEntry>>;

    /// What is needed to check a proof for this lane. It may be gone by the time of a deposit, which looks again.
    fn lane(&self, lane: LaneId) -> Answer<'_, Option<LaneRecord>>;

    /// The one-time pair of an invite that nobody used, and what proves the right to have it.
    fn invite(&self, owner: AgentId, invite: InviteId) -> Answer<'_, Option<InviteOffer>>;

    /// Stores one envelope under the next sequence number of the lane's mailbox. Whether the lane lives is
    /// decided in the commit that stores. The same envelope id with the same bytes is accepted again without
    /// being stored again, also after the first was acknowledged; with other bytes it is refused.
    fn deposit(&self, deposit: Deposit) -> Answer<'_, Deposited>;

    /// Puts a stranger's envelope at the front door and names the mailbox, or drops it silently: unknown
    /// mailbox, shut door, too many waiting, seen before.
    fn knock(&self, knock: Knock) -> Answer<'_, Option<AgentId>>;

    /// Copies of up to `limit` envelopes after `after`, in order. Changes nothing.
    fn collect(&self, owner: AgentId, after: u64, limit: usize) -> Answer<'_, Collected>;

    /// Deletes every envelope up to and including `through`; a number beyond the last stands for the last.
    fn acknowledge(&self, owner: AgentId, through: u64) -> Answer<'_, ()>;

    /// Keeps a record of `owner`. An owner's own replaces an earlier one, or only the one it names; what comes by a lane needs the lane to live in
    /// the commit that stores, stays within the quotas, and stands once: the same again is fine, other bytes are not.
    fn put_record(&self, owner: AgentId, record: NewRecord) -> Answer<'_, Put>;

    /// A record of `owner`.
    fn record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, Option<Bytes>>;

    /// Up to `limit` owners who have a record of their own under this key, after `after`, in an order that stays.
    fn holders(&self, shelf: Shelf, key: Bytes, after: Option<AgentId>, limit: usize) -> Answer<'_, Vec<Holder>>;

    /// Deletes a record of `owner`. Twice is like once.
    fn take_record(&self, owner: AgentId, shelf: Shelf, key: Bytes) -> Answer<'_, ()>;

    /// From now on `owner` stands on this shelf under exactly these keys, with empty records.
    fn stand_under(&self, owner: AgentId, shelf: Shelf, keys: Vec<Bytes>) -> Answer<'_, ()>;

    /// Adds a registration token.
    fn issue_token(&self, token: RegistrationToken) -> Answer<'_, ()>;

    /// The registration tokens with the uses they have left, the first to end first; used up and expired ones may
    /// be among them.
    fn tokens(&self) -> Answer<'_, Vec<RegistrationToken>>;

    /// Deletes the registration token with this hash. Twice is like once; whoever came in by it stays.
    fn revoke_token(&self, hash: [u8; 32]) -> Answer<'_, ()>;

    /// Deletes some of what has expired at `now`; asks to be called again while there is more.
    fn sweep(&self, now: Timestamp) -> Answer<'_, Swept>;

    /// Whether it can read and write at this moment.
    fn check(&self) -> Answer<'_, ()>;

    /// Whether anybody has a mailbox here.
    fn has_accounts(&self) -> Answer<'_, bool>;

    /// Keeps a fact about the relay itself, in place of an earlier one.
    fn note(&self, name: Fact, value: String) -> Answer<'_, ()>;

    /// A fact about the relay itself.
    fn noted(&self, name: Fact) -> Answer<'_, Option<String>>;

    /// Keeps a fact about the relay itself unless there is one already; tells which one stands.
    fn settle(&self, name: Fact, value: String) -> Answer<'_, String>;

    /// Rings for mail that arrives through another relay on the same store, until it is dropped. A store that serves
    /// one relay has nothing to tell.
    fn arrivals(&self, _bells: Arc<dyn Bells>) -> Pin<Box<dyn Future<Output = ()> + Send + '_>> {
        Box::pin(std::future::ready(()))
    }
}

/// Facts about the relay itself that every replica and every command must agree on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fact {
    /// Its public address.
    PublicUrl,
    /// How far a move of another store into this one has come.
    Move,
    /// What the master secret's version of this number is recognised by.
    SecretMark(u32),
}

impl Fact {
    /// The name it is kept under.
    pub(crate) fn key(self) -> String {
        match self {
            Self::PublicUrl => "public_url".to_owned(),
            Self::Move => "move".to_owned(),
            Self::SecretMark(version) => format!("secret_mark_{version}"),
        }
    }
}

/// The collectors that wait at this relay.
pub trait Bells: Send + Sync + 'static {
    /// The mailboxes somebody waits at.
    fn waiting(&self) -> Vec<AgentId>;
    /// Wakes whoever waits at a mailbox.
    fn ring(&self, mailbox: &AgentId);
}
