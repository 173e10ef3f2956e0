//! What faces hand to the agent, and what they get back.
//!
//! Plain data. A type derives `Serialize` only where it holds no text of a peer.

mod audit;
mod away;
mod card;
mod consent;
mod free_busy;
mod glance;
mod guard;
mod identity;
mod mail;
mod mail_news;
mod owner;
mod pairing;
mod recovery;
mod relays;
mod sync;

pub use audit::{AuditEntry, AuditExport, AuditQuery, AuditReport};
pub use away::AwayView;
pub use card::{AgentSearch, CardAtRelay, Listing, Manifest, ManifestEntry, PeersOnly, Published};
pub use consent::{ActionKind, Approved, Detail, DetailValue, Outcome, PendingAction};
pub use free_busy::FreeBusyView;
pub use glance::{Glance, RelayReply, ThreadSummary};
pub use guard::{Hand, Limits, LimitsView, Rule, RuleView};
pub use identity::{Moved, Register, Registered, RelayState, Whoami};
pub use mail::{
    Asked, AttachmentState, AttachmentView, Direction, Draft, Found, InboxMessage, InboxPage, InboxQuery, MarkRead,
    Marked, MessageState, Notice, NoticeKind, OutgoingFile, RequestPart, SearchQuery, SendStatus, Sent, ThreadPage,
    ThreadQuery, Whereabouts,
};
pub use mail_news::MailNews;
pub use owner::{ApprovedBy, Pin, Policy, Way, Word};
pub use pairing::{
    Authorize, Authorized, AuthorizedState, BlockedView, Bounds, Explanation, JoinLink, MadeInvite, MakeInvite,
    PairState, PairView, PeerList, RequestKind, RequestView, Revoke, Revoked, RevokedState, Undone, WaitingView,
};
pub use recovery::{
    BackupMade, BackupView, KeptBackup, RecoveryState, RecoveryWords, RestoreSource, RestoreView, Restored,
    RetiredDevice, VaultView,
};
pub use relays::AllowedRelays;
pub use sync::SyncReport;
