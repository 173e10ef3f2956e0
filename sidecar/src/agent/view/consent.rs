//! Views of acts that the owner must complete outside the model.

use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use super::Policy;
use crate::agent::Untrusted;

/// An act that is done, or waits for the owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It happened.
    Done(T),
    /// The owner must decide outside the model.
    Pending(PendingAction),
}

/// What kind of act waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ActionKind {
    /// Making an invite.
    MakeInvite,
    /// Accepting an invite.
    AcceptInvite,
    /// Asking a stranger to pair.
    Knock,
    /// Letting a stranger in.
    ApproveRequest,
    /// Changing what a peer is granted.
    Regrant,
    /// Accepting a peer's new start.
    AcceptReset,
    /// Publishing our card.
    PublishCard,
    /// Telling peers only what we take.
    TellPeers,
    /// Sending what the guard stopped.
    SendMessage,
}

impl ActionKind {
    /// The word for it in the audit log and for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::MakeInvite => "make_invite",
            Self::AcceptInvite => "accept_invite",
            Self::Knock => "knock",
            Self::ApproveRequest => "approve_request",
            Self::Regrant => "regrant",
            Self::AcceptReset => "accept_reset",
            Self::PublishCard => "publish_card",
            Self::TellPeers => "tell_peers",
            Self::SendMessage => "send_message",
        }
    }
}

/// One line of what the owner approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What the value is.
    pub label: &'static str,
    /// The value.
    pub value: DetailValue,
}

/// Who wrote a detail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DetailValue {
    /// This program did: safe to show.
    Ours(String),
    /// Our own side did, the owner or the model: goes through `present`, but is not a stranger's.
    Own(Untrusted),
    /// A stranger did: goes through `present`, and is marked.
    Theirs(Untrusted),
}

/// An act bound to the exact bytes that the owner approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingAction {
    /// Six characters to type.
    pub id: String,
    /// What kind of act it is.
    pub kind: ActionKind,
    /// One sentence: what will happen.
    pub title: String,
    /// Everything that the approval covers.
    pub details: Vec<Detail>,
    /// What the owner's yes takes.
    pub policy: Policy,
    /// When it was asked for.
    pub created_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// What an approval did.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct Approved {
    /// What kind of act it was.
    pub kind: ActionKind,
    /// One sentence in our words.
    pub summary: String,
    /// The link, when an invite was made.
    pub invite: Option<String>,
}

impl std::fmt::Debug for Approved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { kind, summary, invite: _ } = self;
        f.debug_struct("Approved").field("kind", kind).field("summary", summary).finish_non_exhaustive()
    }
}
