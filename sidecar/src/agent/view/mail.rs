//! Views of messages: drafts, the inbox, threads and notices.

use std::path::PathBuf;

use a2a_proto::id::{AgentId, MessageId};
use a2a_proto::intent::Intent;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Hand, Rule};
use crate::agent::Untrusted;
use crate::agent::attachments::Prepared;

/// A message before it is sealed.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// A petname, full id or address.
    pub recipient: String,
    /// A short line above the body.
    pub subject: Option<String>,
    /// What to say.
    pub body: String,
    /// What it is about; without it the only granted scope, else `message`.
    pub scope: Option<Scope>,
    /// The message this one answers.
    pub reply_to: Option<MessageId>,
    /// Which kind of request it is.
    pub intent: Option<Intent>,
    /// The request's particulars; only with an intent.
    pub payload: Option<serde_json::Value>,
    /// Whose hand writes it.
    pub hand: Hand,
    /// Files to send with it.
    pub attachments: Vec<OutgoingFile>,
}

/// A file to be sent.
#[derive(Clone, PartialEq, Eq)]
pub struct OutgoingFile {
    /// Where it is: the whole path.
    pub path: PathBuf,
    /// What became of it once it was sealed.
    pub(in crate::agent) ready: Option<Prepared>,
}

impl From<PathBuf> for OutgoingFile {
    fn from(path: PathBuf) -> Self {
        Self { path, ready: None }
    }
}

/// How far a file of a message is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AttachmentState {
    /// Own: on its way to the peer's relay.
    Sending,
    /// Own: at the peer's relay.
    Sent,
    /// A peer's: at our relay until somebody asks for it.
    NotFetched,
    /// A peer's: being fetched, or tried again later.
    Fetching,
    /// A peer's: in the quarantine folder.
    Saved,
    /// It cannot be had any more.
    Lost,
}

impl AttachmentState {
    /// The state in one plain word.
    pub fn word(self) -> &'static str {
        match self {
            Self::Sending => "sending",
            Self::Sent => "sent",
            Self::NotFetched => "not_fetched",
            Self::Fetching => "fetching",
            Self::Saved => "saved",
            Self::Lost => "lost",
        }
    }
}

/// One file of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachmentView {
    /// What its sender calls it.
    pub name: Untrusted,
    /// How many bytes it has.
    pub size: u64,
    /// How far it is.
    pub state: AttachmentState,
    /// Where it was saved.
    pub path: Option<String>,
    /// Why it is lost, in our words.
    pub reason: Option<String>,
}

impl std::fmt::Debug for Draft {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { recipient: _, subject: _, body, scope, reply_to, intent, payload: _, hand: _, attachments } = self;
        f.debug_struct("Draft")
            .field("body_bytes", &body.len())
            .field("scope", scope)
            .field("reply_to", reply_to)
            .field("intent", intent)
            .field("attachments", &attachments.len())
            .finish_non_exhaustive()
    }
}

/// Where a fresh message stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "status")]
pub enum SendStatus {
    /// The peer's relay has it on disk.
    Queued,
    /// It is safe on this machine only, and goes later.
    Waiting {
        /// Why, in our words.
        reason: String,
    },
}

/// A message that was written down for good.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Sent {
    /// Where it stands.
    #[serde(flatten)]
    pub status: SendStatus,
    /// Its name from now on.
    pub message_id: MessageId,
    /// The petname of the recipient.
    pub peer: String,
    /// What it was sent under.
    pub scope: Scope,
}

/// Which way a message went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// From the peer to us.
    Received,
    /// From us to the peer.
    Sent,
}

/// How far a message of ours got.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum MessageState {
    /// On this machine only; the text says why, in our words.
    Waiting(String),
    /// At the peer's relay.
    Queued,
    /// On the peer's machine, by a signed receipt.
    Delivered,
    /// Shown to the peer's model.
    Read,
    /// The peer answered it.
    Answered,
    /// Not accepted; the text says why, in our words.
    Refused(String),
    /// The peer's relay kept it as long as it keeps mail, and the peer never confirmed it.
    Expired,
}

impl MessageState {
    /// The state in one plain word, and why where there is a why.
    pub fn word(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Waiting(reason) => ("waiting", Some(reason)),
            Self::Queued => ("queued", None),
            Self::Delivered => ("delivered", None),
            Self::Read => ("read", None),
            Self::Answered => ("answered", None),
            Self::Refused(reason) => ("refused", Some(reason)),
            Self::Expired => ("expired", None),
        }
    }
}

/// A question and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Its name.
    pub message_id: MessageId,
    /// The petname of who was asked.
    pub peer: String,
    /// What it was sent under.
    pub scope: Scope,
    /// How far it got.
    pub state: MessageState,
    /// Whether it was asked before and therefore not sent again.
    pub already: bool,
    /// The answer, if it came.
    pub answer: Option<InboxMessage>,
}

/// Where one message is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whereabouts {
    /// Its name.
    pub message_id: MessageId,
    /// The petname of the other side.
    pub peer: String,
    /// How far it got, for own mail.
    pub state: Option<MessageState>,
    /// Where it is and why, in one line of our words.
    pub line: String,
}

/// A request as it arrived: its payload followed the schema, where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestPart {
    /// Which kind it is. A peer chose the word.
    pub intent: Intent,
    /// Whether the intent is one that ships with a2a, so that its name is ours.
    pub is_ready: bool,
    /// Its particulars, as JSON text.
    pub payload: Untrusted,
}

/// One message of an inbox or a thread.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InboxMessage {
    /// Its name.
    pub message_id: MessageId,
    /// Which way it went.
    pub direction: Direction,
    /// The petname of the author; for own mail, ours.
    pub from: String,
    /// The id of the author, proven by signature.
    pub from_id: AgentId,
    /// A short line above the body.
    pub subject: Option<Untrusted>,
    /// What was said.
    pub body: Untrusted,
    /// What it is about.
    pub scope: Scope,
    /// Always true: what does not verify is never stored as a message.
    pub verified: bool,
    /// The author's clock.
    pub sent_at: Timestamp,
    /// Our clock; for own mail the moment it was written.
    pub received_at: Timestamp,
    /// Whether it has never been shown before this page.
    pub unread: bool,
    /// The message this one answers.
    pub reply_to: Option<MessageId>,
    /// How far it got, for own mail.
    pub state: Option<MessageState>,
    /// The request in it.
    pub request: Option<RequestPart>,
    /// The files of it.
    pub attachments: Vec<AttachmentView>,
    /// Why it is kept but not shown, in our words: then subject, body and request are left out.
    pub quarantined: Option<String>,
    /// What the agent may do about it, by the owner's rule.
    pub rule: Rule,
}

/// What to list of the inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxQuery {
    /// Only what was never shown.
    pub unread_only: bool,
    /// Only of this peer.
    pub peer: Option<String>,
    /// How many at most; 20 unless said.
    pub limit: Option<usize>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// Whether showing the page counts as reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MarkRead(pub bool);

/// What the owner or the model should know beside the mail.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NoticeKind {
    /// Somebody redeemed an invite.
    Paired,
    /// A stranger asks to pair.
    Request,
    /// Mail of a peer is missing.
    Gap,
    /// Something that touches security.
    Security,
    /// A relay is away or answers wrongly.
    Relay,
    /// This machine's clock is off.
    Clock,
    /// A peer no longer accepts our mail, or refused one message.
    Refused,
    /// Mail of a peer is kept but not shown.
    Quarantined,
    /// The agent's mail to a peer pauses.
    Paused,
}

/// One thing to know, in our words only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Notice {
    /// What it is about.
    pub kind: NoticeKind,
    /// The whole text; names in it are petnames.
    pub text: String,
    /// When it arose.
    pub at: Timestamp,
}

/// A page of the inbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InboxPage {
    /// Oldest first. Unread mail is paged forwards, the whole inbox backwards from the newest.
    pub messages: Vec<InboxMessage>,
    /// Where the next page begins.
    pub next_cursor: Option<String>,
    /// What to know beside the mail, security first; each is shown once, and what is too much for one page on the next.
    pub notices: Vec<Notice>,
}

/// What to list of a conversation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ThreadQuery {
    /// A petname, id or address.
    pub peer: String,
    /// How many at most; 20 unless said.
    pub limit: Option<usize>,
    /// Where the last page ended; pages go back in time.
    pub cursor: Option<String>,
    /// Only this message.
    pub message_id: Option<MessageId>,
}

/// What became of marking messages as read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Marked {
    /// The petname of the peer.
    pub peer: String,
    /// How many are marked now that were not before.
    pub count: u64,
    /// Whether the peer is told by a signed receipt.
    pub told: bool,
}

/// A page of a conversation, both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ThreadPage {
    /// The petname of the peer.
    pub peer: String,
    /// The peer's id.
    pub agent_id: AgentId,
    /// Oldest first; the last page of the conversation comes first.
    pub messages: Vec<InboxMessage>,
    /// Where the page before this one begins.
    pub next_cursor: Option<String>,
}

/// What to look for in what was said.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SearchQuery {
    /// Words that a message holds, all of them, in any case.
    pub words: String,
    /// Only of the conversation with this peer.
    pub peer: Option<String>,
    /// How many at most; 20 unless said.
    pub limit: Option<usize>,
    /// Where the last page ended.
    pub cursor: Option<String>,
}

/// A page of what was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Newest first.
    pub messages: Vec<InboxMessage>,
    /// Where the next page begins; there may be one although this page is not full.
    pub next_cursor: Option<String>,
}
