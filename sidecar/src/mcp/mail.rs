//! Messages as results: data with its provenance, and a text copy; a peer's words are fenced in both.
//!
//! Claude Code and Codex show their model the data and not the text copy, so a fence in the copy alone would protect nobody.

use schemars::JsonSchema;
use serde::Serialize;

use super::reply::Failure;
use super::when::rfc3339;
use crate::agent::{AttachmentView, Direction, InboxMessage, MessageState, Rule};
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
    /// A peer's begins with "| ".
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) subject: Option<String>,
    /// A peer's stands between marks, each line after "| "; own text is as it was written.
    pub(super) body: String,
    pub(super) scope: String,
    pub(super) verified: bool,
    pub(super) trust: &'static str,
    pub(super) sent_at: String,
    pub(super) unread: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reply_to: Option<String>,
    /// A peer's: what the owner lets you do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rule: Option<String>,
    /// Own mail: waiting, queued, delivered, read, answered, refused or expired.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) state_reason: Option<String>,
    /// The request that the body ends with, where its kind is a ready one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) intent: Option<String>,
    /// Its files; a peer's name begins with "| ".
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) attachments: Vec<File>,
    /// Why it is kept but not shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quarantined: Option<String>,
}

/// One file of a message, as data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct File {
    pub(super) name: String,
    pub(super) size: u64,
    /// sending, sent, not_fetched (read it with save), fetching, saved or lost
    pub(super) state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reason: Option<String>,
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
    let body = present::told(message);
    let read_on = format!("a2a_read_thread {{\"peer\":\"{peer}\",\"message_id\":\"{}\"}}", message.message_id);
    let part = if from == 0 && !budget.admits(&body) {
        budget.leave_out(&body, &format!("{read_on} shows it"))
    } else {
        budget.take(&body, from, &format!("{read_on} with the cursor reads on"))
    };
    let subject = message.subject.as_ref().map(present::line);
    let block = fenced(message, subject.as_ref(), &part.text)?;
    let shown = match message.direction {
        Direction::Received => describe(message, subject.as_ref().map(present::quoted), block.clone()),
        Direction::Sent => describe(message, subject.as_ref().map(ToString::to_string), part.text.to_string()),
    };
    let text = format!("{}\n{block}", facts(&shown));
    Ok(Shown { message: shown, text, next: part.next })
}

fn describe(message: &InboxMessage, subject: Option<String>, body: String) -> Message {
    let (state, state_reason) = message.state.as_ref().map(MessageState::word).unzip();
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
        rule: (message.direction == Direction::Received).then(|| rule(message.rule)),
        state,
        state_reason: state_reason.flatten().map(str::to_owned),
        // Any other intent is a word of the peer's, and stands in the body's fence.
        intent: message.request.as_ref().filter(|request| request.is_ready).map(|request| request.intent.to_string()),
        attachments: message.attachments.iter().map(|file| shown_file(message.direction, file)).collect(),
        quarantined: message.quarantined.clone(),
    }
}

fn shown_file(direction: Direction, file: &AttachmentView) -> File {
    let name = present::line(&file.name);
    File {
        name: if direction == Direction::Sent { name.to_string() } else { present::quoted(&name) },
        size: file.size,
        state: file.state.word(),
        path: file.path.clone(),
        reason: file.reason.clone(),
    }
}

/// The rule's word, and what it means where the model may not simply go on.
fn rule(rule: Rule) -> String {
    match rule {
        Rule::Answer => rule.word().to_owned(),
        Rule::Ask | Rule::Never => format!("{}: {}", rule.word(), rule.meaning()),
    }
}

/// Facts in our words on one line.
fn facts(shown: &Message) -> String {
    let mut facts = format!("{} · {} · scope {}", shown.message_id, shown.sent_at, shown.scope);
    if shown.unread {
        facts.push_str(" · unread");
    }
    if let Some(answered) = &shown.reply_to {
        facts.push_str(&format!(" · answers {answered}"));
    }
    if let Some(intent) = &shown.intent {
        facts.push_str(&format!(" · {intent} request"));
    }
    for (number, file) in (1..).zip(&shown.attachments) {
        let place = file.path.as_deref().map_or_else(String::new, |path| format!(" at {path}"));
        facts.push_str(&format!(" · file {number}: {} bytes, {}{place}", file.size, file.state));
    }
    if let Some(why) = &shown.quarantined {
        facts.push_str(&format!(" · kept but not shown: {why}"));
    }
    if let Some(rule) = shown.rule.as_ref().filter(|rule| *rule != Rule::Answer.word()) {
        facts.push_str(&format!(" · rule {rule}"));
    }
    if let Some(state) = shown.state {
        facts.push_str(&format!(" · {state}"));
    }
    facts
}

fn fenced(message: &InboxMessage, subject: Option<&Presented>, body: &Presented) -> Result<String, Failure> {
    let from_id = message.from_id.to_string();
    let author = match message.direction {
        Direction::Received => present::Author::Peer(Attribution { petname: &message.from, agent_id: &from_id }),
        Direction::Sent => present::Author::Ourselves,
    };
    present::fence(author, subject, body).map_err(|_| {
        Failure::new("no_randomness", "the operating system gave no random numbers", "Restart the machine.")
    })
}
