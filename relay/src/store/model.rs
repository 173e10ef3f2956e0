//! What goes into the store and what comes out of it: plain data.

use std::time::Duration;

use a2a_proto::address::Handle;
use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, EnvelopeId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;

/// How much one owner may make the relay keep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quotas {
    /// Bytes of envelopes in one mailbox.
    pub mailbox_bytes: u64,
    /// Envelopes in one mailbox.
    pub mailbox_envelopes: u64,
    /// Envelopes of one lane that wait in its mailbox, so that one peer cannot fill it.
    pub lane_pending: u64,
    /// Names of one lane that are remembered for retries, long after their envelopes were acknowledged.
    pub lane_names: u64,
    /// Names of one mailbox, of all its lanes and of knocks.
    pub mailbox_names: u64,
    /// Knocks that wait in one mailbox.
    pub knocks_pending: u64,
    /// Lanes into one mailbox.
    pub lanes: u64,
    /// Bytes of blobs that came by one lane; each counts for [`Quotas::LEAST_BLOB`] at least.
    pub lane_blob_bytes: u64,
    /// Bytes of blobs in one mailbox, counted alike.
    pub mailbox_blob_bytes: u64,
    /// Bytes of an owner's backup, the one before it included while it is replaced; counted alike.
    pub backup_bytes: u64,
    /// How long an envelope waits to be collected.
    pub envelope_lifetime: Duration,
}

impl Quotas {
    /// What a blob counts for at least, so that a bound on bytes also bounds how many there are.
    pub const LEAST_BLOB: u64 = 64 * 1024;
}

impl Default for Quotas {
    fn default() -> Self {
        Self {
            mailbox_bytes: 256 * 1024 * 1024,
            mailbox_envelopes: 20_000,
            lane_pending: 1_000,
            lane_names: 250_000,
            mailbox_names: 1_000_000,
            knocks_pending: 20,
            lanes: 2_000,
            lane_blob_bytes: 256 * 1024 * 1024,
            mailbox_blob_bytes: 4 * 1024 * 1024 * 1024,
            backup_bytes: 128 * 1024 * 1024,
            envelope_lifetime: a2a_proto::limits::ENVELOPE_LIFETIME,
        }
    }
}

/// A device as its root certified it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Device {
    /// Whose device it is.
    pub agent: AgentId,
    /// Its epoch.
    pub epoch: u32,
    /// Its public signing key.
    pub key: [u8; 32],
}

/// An account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The highest device epoch that was certified to this relay.
    pub epoch: u32,
    /// Its handle, if it claimed one.
    pub handle: Option<Handle>,
}

/// What a newcomer must bring.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TokenDemand {
    /// Nothing: everybody is welcome.
    Nothing,
    /// A token; this is the hash of the one that was shown.
    Token(Option<[u8; 32]>),
    /// Nothing helps: there are no new accounts.
    Closed,
}

/// A request for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registration {
    /// Who, with which device.
    pub device: Device,
    /// The handle it claims.
    pub handle: Option<Handle>,
    /// What a newcomer must bring.
    pub demand: TokenDemand,
    /// The relay's time.
    pub now: Timestamp,
}

/// What became of a request for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Registered {
    /// The account exists, with this handle.
    Done(Option<Handle>),
    /// There are no new accounts here.
    Closed,
    /// A token is needed.
    TokenNeeded,
    /// The token is unknown, used up or expired.
    TokenUsed,
    /// Somebody else has this handle.
    HandleTaken,
    /// This device's epoch is below the highest known one, or it is another device at that epoch.
    EpochTooLow {
        /// The highest epoch known here.
        highest: u32,
    },
}

/// Whether a device may act for its agent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Admitted {
    /// It may; its epoch is the highest now.
    Yes,
    /// It may not: no account, or another device or epoch came first.
    No,
}

/// What an owner shows, or shows no more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Publication {
    /// The signed card.
    Card {
        /// Its bytes, handed out as they are.
        bytes: Bytes,
        /// Its sequence number.
        sequence: Counter,
    },
    /// No card any more. Its sequence number stays known.
    WithdrawCard,
    /// The signed prekey bundle.
    Prekeys {
        /// Its bytes, handed out as they are.
        bytes: Bytes,
        /// The epoch of its certificate and the time it was made.
        sequence: Counter,
        /// Whether its owner takes knocks.
        knocks: KnockPolicy,
    },
}

/// What became of a publication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Published {
    /// It is shown now.
    Done,
    /// A newer one was published before.
    Stale,
}

/// What an agent shows to others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Its card.
    pub card: Option<Bytes>,
    /// Its prekey bundle.
    pub bundle: Option<Bytes>,
    /// Whether it takes knocks.
    pub knocks: KnockPolicy,
}

/// What is kept to compute and check a lane's key; the key itself is stored nowhere.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct LaneRecord {
    /// The mailbox it leads into.
    pub mailbox: AgentId,
    /// Which version of the master secret its key comes from.
    pub secret_version: u32,
    /// The salt of the derivation.
    pub salt: [u8; 16],
    /// The mask of the derivation; zero, but for a lane that was opened again under its old key.
    pub mask: [u8; 32],
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

impl LaneRecord {
    /// Whether it has not ended by itself.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }
}

/// A lane to open.
#[derive(Clone, PartialEq, Eq)]
pub struct NewLane {
    /// Its name: drawn by the relay, but for a lane that is opened again.
    pub lane: LaneId,
    /// Which version of the master secret its key comes from.
    pub secret_version: u32,
    /// The salt of its key.
    pub salt: [u8; 16],
    /// The mask of its key.
    pub mask: [u8; 32],
    /// Whether its owner has had it before, so that it may stand already.
    pub again: bool,
    /// Set for an invite's lane.
    pub invite: Option<NewInvite>,
    /// The relay's time.
    pub now: Timestamp,
}

/// The invite behind a lane.
#[derive(Clone, PartialEq, Eq)]
pub struct NewInvite {
    /// Which invite.
    pub invite: InviteId,
    /// SHA-256 of the token that its holder shows to fetch the one-time pair.
    pub token_hash: [u8; 32],
    /// The signed one-time pair.
    pub one_time: Bytes,
    /// When the lane ends.
    pub expires_at: Timestamp,
    /// How many envelopes it takes in all.
    pub max_envelopes: u32,
}

/// What became of a lane to open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LaneOpening {
    /// It is open.
    Open,
    /// The mailbox has too many lanes.
    TooMany,
    /// One of this name stands already, and is no pair's lane of this owner.
    Taken,
    /// There is no such mailbox any more.
    NoMailbox,
}

/// A lane as its owner sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LaneEntry {
    /// Its name.
    pub lane: LaneId,
    /// Which version of the master secret its key comes from.
    pub secret_version: u32,
    /// Whether it is an invite's.
    pub of_invite: bool,
    /// When it was opened, to the hour.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// An unused invite's one-time pair and what proves the right to it.
#[derive(Clone, PartialEq, Eq)]
pub struct InviteOffer {
    /// SHA-256 of the fetch token.
    pub token_hash: [u8; 32],
    /// The signed one-time pair.
    pub one_time: Bytes,
    /// When the invite ends.
    pub expires_at: Timestamp,
}

/// One envelope for a lane, its proof already checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Deposit {
    /// The mailbox, as the lane's record named it.
    pub mailbox: AgentId,
    /// The lane.
    pub lane: LaneId,
    /// The depositor's name for this envelope.
    pub envelope_id: EnvelopeId,
    /// SHA-256 of the envelope.
    pub hash: [u8; 32],
    /// The envelope.
    pub envelope: Bytes,
    /// The relay's time.
    pub now: Timestamp,
}

/// What became of a deposit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deposited {
    /// It is stored in this mailbox.
    Stored(AgentId),
    /// The same bytes were accepted before under the same name.
    Repeated,
    /// The lane is closed or expired, or the name was used for other bytes.
    Refused,
    /// Too much of this lane waits in the mailbox, or came lately, or its invite has carried all that it may: the owner has to
    /// collect, and gives whoever redeemed it a lane of their own.
    LaneFull,
    /// The mailbox is full.
    MailboxFull,
}

/// One envelope for a front door, its work already checked.
#[derive(Clone, PartialEq, Eq)]
pub struct Knock {
    /// Whose door.
    pub recipient: AgentId,
    /// SHA-256 of the envelope.
    pub hash: [u8; 32],
    /// The envelope.
    pub envelope: Bytes,
    /// The relay's time.
    pub now: Timestamp,
}

/// An envelope in a mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct StoredEnvelope {
    /// Its number in the mailbox: from 1, never used twice.
    pub seq: u64,
    /// The lane it came by; none for the front door.
    pub lane: Option<LaneId>,
    /// The hour it arrived, in hours since the Unix epoch.
    pub hour: u64,
    /// The envelope.
    pub envelope: Bytes,
}

/// What waits in a mailbox.
#[derive(Clone, PartialEq, Eq)]
pub struct Collected {
    /// Everything up to here was acknowledged and is gone.
    pub acknowledged_through: u64,
    /// Envelopes in order.
    pub envelopes: Vec<StoredEnvelope>,
}

/// A token that lets newcomers register.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegistrationToken {
    /// SHA-256 of the token.
    pub hash: [u8; 32],
    /// How many accounts it makes.
    pub uses: u32,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// What one round of sweeping deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Swept {
    /// Rows deleted.
    pub rows: u64,
    /// Whether another round would find more.
    pub more: bool,
}
