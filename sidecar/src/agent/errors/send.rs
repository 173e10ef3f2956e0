//! Errors of sending.

use a2a_proto::intent::Intent;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::{AttachError, Trouble};
use crate::agent::PayloadProblem;
use crate::error::Explain;

/// Why a message was not written down. Nothing was sent.
#[derive(Debug, thiserror::Error)]
pub enum SendError {
    /// A failure that is not about the message.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// A file cannot be sent.
    #[error(transparent)]
    Attach(#[from] AttachError),
    /// Nobody goes by that name.
    #[error("no peer goes by that name")]
    UnknownPeer,
    /// The recipient looks like an id or address, but is damaged.
    #[error("the recipient is wrong: {reason}")]
    BadRecipient {
        /// What is wrong with it.
        reason: String,
    },
    /// There is no pair.
    #[error("not paired with {peer}")]
    NotPaired {
        /// The petname or short id.
        peer: String,
    },
    /// The other owner has not answered yet.
    #[error("{peer} has not answered the request to pair yet")]
    NotAnswered {
        /// The petname.
        peer: String,
    },
    /// We ended this pair.
    #[error("the pair with {peer} was ended here")]
    Revoked {
        /// The petname.
        peer: String,
    },
    /// The peer ended this pair.
    #[error("{peer} no longer accepts mail from you")]
    NoLongerAccepted {
        /// The petname.
        peer: String,
    },
    /// The peer did not grant this scope.
    #[error("{peer} did not grant the scope {scope}; granted: {}", list(.granted))]
    NotGranted {
        /// The petname.
        peer: String,
        /// What was asked for.
        scope: Scope,
        /// What is granted.
        granted: Vec<Scope>,
    },
    /// What the peer granted has ended.
    #[error("what {peer} granted ended on {}", crate::words::date(*.at))]
    GrantExpired {
        /// The petname.
        peer: String,
        /// When.
        at: Timestamp,
    },
    /// Several scopes are granted and none was named.
    #[error("name a scope; {peer} granted: {}", list(.granted))]
    ScopeNeeded {
        /// The petname.
        peer: String,
        /// What is granted.
        granted: Vec<Scope>,
    },
    /// The message is empty.
    #[error("the message is empty")]
    Empty,
    /// The message does not fit an envelope.
    #[error("the message has {bytes} bytes; {most} fit")]
    TooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The subject is too long.
    #[error("the subject has {bytes} bytes; {most} fit")]
    SubjectTooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// There is a payload, and nothing says of which kind.
    #[error("the payload has no intent")]
    PayloadWithoutIntent,
    /// The payload does not fit.
    #[error("the payload has {bytes} bytes as JSON; {most} fit")]
    PayloadTooLong {
        /// Its size.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The payload does not follow the schema of its intent.
    #[error("the payload does not follow the schema of {intent}: {}", lines(.problems))]
    BadPayload {
        /// Which kind of request.
        intent: Intent,
        /// What is wrong with it, sixteen things at most.
        problems: Vec<PayloadProblem>,
    },
    /// The message answers one that is not in this conversation.
    #[error("the message to answer is not in the conversation with {peer}")]
    UnknownReplyTo {
        /// The petname.
        peer: String,
    },
    /// Too much mail without a sign of life.
    #[error("{peer} has not confirmed the last {count} messages")]
    TooManyUnconfirmed {
        /// The petname.
        peer: String,
        /// How many.
        count: u64,
    },
    /// The owner does not let the agent write this.
    #[error("the owner does not let this agent write to {peer} about {scope}")]
    Forbidden {
        /// The petname.
        peer: String,
        /// What it is about.
        scope: Scope,
    },
    /// The owner was asked and said no.
    #[error("the owner said no to this message")]
    Declined,
    /// The agent wrote more than the owner allows.
    #[error("mail to {peer} pauses: {what} without the owner is the limit")]
    Paused {
        /// The petname.
        peer: String,
        /// What was written, as in "20 messages within an hour".
        what: String,
        /// When it goes on by itself.
        minutes: u64,
    },
    /// Both sides only acknowledge each other.
    #[error("it would only thank {peer} for a thanks, so it was not sent")]
    OnlyThanks {
        /// The petname.
        peer: String,
    },
}

fn list(scopes: &[Scope]) -> String {
    if scopes.is_empty() {
        return "nothing".into();
    }
    scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

fn lines(problems: &[PayloadProblem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl Explain for SendError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Attach(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::BadRecipient { .. } => "bad_recipient",
            Self::NotPaired { .. } => "not_paired",
            Self::NotAnswered { .. } => "not_answered",
            Self::Revoked { .. } => "revoked",
            Self::NoLongerAccepted { .. } => "no_longer_accepted",
            Self::NotGranted { .. } => "not_granted",
            Self::GrantExpired { .. } => "grant_expired",
            Self::ScopeNeeded { .. } => "scope_needed",
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::SubjectTooLong { .. } => "subject_too_long",
            Self::PayloadWithoutIntent => "payload_without_intent",
            Self::PayloadTooLong { .. } => "payload_too_long",
            Self::BadPayload { .. } => "bad_payload",
            Self::UnknownReplyTo { .. } => "unknown_reply_to",
            Self::TooManyUnconfirmed { .. } => "too_many_unconfirmed",
            Self::Forbidden { .. } => "forbidden_by_rule",
            Self::Declined => "declined",
            Self::Paused { .. } => "paused",
            Self::OnlyThanks { .. } => "only_thanks",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Attach(error) => error.next_step(),
            Self::UnknownPeer => "List the peers to see their names with `a2a peers` (tool a2a_list_peers).".into(),
            Self::BadRecipient { .. } => "Copy the id or address again, all of it, or use the petname.".into(),
            Self::NotPaired { .. } | Self::Revoked { .. } | Self::NoLongerAccepted { .. } => {
                "Ask the other person for an invite and accept it with `a2a authorize` (tool a2a_authorize).".into()
            }
            Self::NotAnswered { .. } => "Wait until the other owner approves.".into(),
            Self::NotGranted { .. } => "Use a granted scope, or ask the other owner to grant this one.".into(),
            Self::GrantExpired { .. } => "Only the other owner can prolong it; reach them another way.".into(),
            Self::ScopeNeeded { .. } => "Send it again with one of these scopes.".into(),
            Self::Empty => "Write a body.".into(),
            Self::SubjectTooLong { .. } => "Shorten the subject.".into(),
            Self::TooLong { .. } => "Say it shorter, or in several messages.".into(),
            Self::PayloadWithoutIntent => "Name the intent of the payload.".into(),
            Self::PayloadTooLong { .. } => "Send less of it, or in several messages.".into(),
            Self::BadPayload { .. } => {
                "Nothing was sent. Mend the payload and send again; the schema stands among the peer's capabilities \
                 (tool a2a_get_agent_capabilities)."
                    .into()
            }
            Self::UnknownReplyTo { .. } => "Read the thread for the id, or leave reply_to out.".into(),
            Self::TooManyUnconfirmed { .. } => {
                "Wait: sending goes on by itself once the peer's sidecar confirms some.".into()
            }
            Self::Forbidden { peer, scope } => {
                format!("Tell the owner, who can write by hand or change the rule: `a2a rules set {peer} {scope} ask`.")
            }
            Self::Declined => "Do not send it again unless the owner tells you to.".into(),
            Self::Paused { peer, minutes, .. } => format!(
                "Tell the owner. It goes on by itself in {minutes} minutes; the owner lets it go on now with \
                 `a2a peers resume {peer}`, or allows more with `a2a peers limits {peer}`."
            ),
            Self::OnlyThanks { .. } => "Nothing needs to be said; go on with the owner's work.".into(),
        }
    }
}
