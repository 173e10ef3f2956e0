//! Messages as results: data with its provenance, and a fenced text copy.

use schemars::JsonSchema;
use serde::Serialize;

use super::reply::Failure;
use super::when::rfc3339;
use crate::agent::{Direction, InboxMessage, MessageState};
use crate::present::{self, Attribution, Budget, Presented};

/// What a result says of every text that a peer wrote.
pub(super) const UNTRUSTED: &str = "untrusted-peer";

/// What a result says of our own text.
const OWN: &str = "own";

/// One message, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct Message {
    pub(super) message_id: String,
    pub(super) from: String,
    pub(super) from_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<Presented>,
    pub(super) body: Presented,
    pub(super) scope: String,
    pub(super) verified: bool,
    pub(super) trust: &'static str,
    pub(super) sent_at: String,
    pub(super) unread: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<String>,
    /// Own mail: waiting, queued, delivered, read, answered or refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state_reason: Option<String>,
}

/// One message in both forms, and where its next part begins if it was cut.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) message: Message,
    pub(super) text: String,
    pub(super) next: Option<usize>,
}

/// Shows a message from byte `from` on, within what the call may still show. `peer` is the petname that reads on.
pub(super) fn show(message: &InboxMessage, peer: &str, from: usize, budget: &mut Budget) -> Result<Shown, Failure> {
    let body = present::neutralise(&message.body);
    let read_on = format!("a2a_read_thread {{\"peer\":\"{peer}\",\"message_id\":\"{}\"}}", message.message_id);
    let part = if from == 0 && !budget.admits(&body) {
        budget.leave_out(&body, &format!("{read_on} shows it"))
    } else {
        budget.take(&body, from, &format!("{read_on} with the cursor reads on"))
    };
    let subject = message.subject.as_ref().map(present::line);
    let shown = describe(message, subject, part.text);
    let text = to_text(message, &shown)?;
    Ok(Shown { message: shown, text, next: part.next })
}

fn describe(message: &InboxMessage, subject: Option<Presented>, body: Presented) -> Message {
    let (state, state_reason) = message.state.as_ref().map(state).unzip();
    Message {
        message_id: message.message_id.to_string(),
        from: message.from.clone(),
        from_id: message.from_id.to_string(),
        subject,
        body,
        scope: message.scope.to_string(),
        verified: message.verified,
        trust: if message.direction == Direction::Sent { OWN } else { UNTRUSTED },
        sent_at: rfc3339(message.sent_at),
        unread: message.unread,
        reply_to: message.reply_to.as_ref().map(ToString::to_string),
        state,
        state_reason: state_reason.flatten(),
    }
}

/// How far own mail got, in one word, and why.
fn state(state: &MessageState) -> (&'static str, Option<String>) {
    match state {
        MessageState::Waiting(reason) => ("waiting", Some(reason.clone())),
        MessageState::Queued => ("queued", None),
        MessageState::Delivered => ("delivered", None),
        MessageState::Read => ("read", None),
        MessageState::Answered => ("answered", None),
        MessageState::Refused(reason) => ("refused", Some(reason.clone())),
    }
}

/// Facts in our words on one line, then the fenced text.
fn to_text(message: &InboxMessage, shown: &Message) -> Result<String, Failure> {
    let mut facts = format!("{} · {} · scope {}", shown.message_id, shown.sent_at, shown.scope);
    if shown.unread {
        facts.push_str(" · unread");
    }
    if let Some(answered) = &shown.reply_to {
        facts.push_str(&format!(" · answers {answered}"));
    }
    if let Some(state) = shown.state {
        facts.push_str(&format!(" · {state}"));
    }
    let author = match message.direction {
        Direction::Received => present::Author::Peer(Attribution { petname: &shown.from, agent_id: &shown.from_id }),
        Direction::Sent => present::Author::Ourselves,
    };
    let block = present::fence(author, shown.subject.as_ref(), &shown.body).map_err(|_| {
        Failure::new("no_randomness", "the operating system gave no random numbers", "Restart the machine.")
    })?;
    Ok(format!("{facts}\n{block}"))
}
