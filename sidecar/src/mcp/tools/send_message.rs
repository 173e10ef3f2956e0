//! `a2a_send_message`: write to a peer.

use std::path::PathBuf;
use std::time::Duration;

use a2a_proto::intent::{Intent, ParseIntentError};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Hints, Tool, parse_scope};
use crate::agent::{Asked, Draft, Hand, Outcome, OutgoingFile, SendStatus, Sent};
use crate::mcp::call::{Call, transfers};
use crate::mcp::consent::{PendingOwner, Settled, settle};
use crate::mcp::mail::{self, Message};
use crate::mcp::reply::{Answer, Failure, Reply};
use crate::present::Budget;

/// Clients give up sooner.
const LONGEST_WAIT: Duration = Duration::from_secs(600);

pub(super) struct SendMessage;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Petname, full id or address
    recipient_id: String,
    subject: Option<String>,
    body: String,
    /// Needed when several are granted
    scope: Option<String>,
    /// message_id this answers
    reply_to: Option<String>,
    /// Request kind: scheduling, code-review, invoice, question, handoff, or one of the peer's capabilities
    intent: Option<String>,
    /// Must follow the intent's schema
    payload: Option<Map<String, Value>>,
    /// Whole paths of files under a folder that the owner allowed
    #[serde(default)]
    attachments: Vec<PathBuf>,
    /// Wait so long for the answer; the same call again goes on waiting and sends nothing twice
    wait_seconds: Option<u64>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// waiting (goes by itself later), queued (at the peer's relay), delivered, read, answered, refused, expired, or
    /// pending_owner (not sent)
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// True when it was asked before and not sent again
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    already_asked: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    answer: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

impl Tool for SendMessage {
    const NAME: &'static str = "a2a_send_message";
    const TITLE: &'static str = "Write to a peer";
    const DESCRIPTION: &'static str = "Use to write to a paired peer, or to answer one. What is sent cannot be taken back; include only what the owner wants \
         this peer to know. On \"waiting\" do not send again.";
    const HINTS: Hints = Hints { read_only: false, destructive: false, idempotent: false, open_world: true };
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, arguments: Arguments) -> Result<Reply<Output>, Failure> {
        let draft = Draft {
            recipient: arguments.recipient_id,
            subject: arguments.subject.filter(|subject| !subject.is_empty()),
            body: arguments.body,
            scope: arguments.scope.as_deref().map(parse_scope).transpose()?,
            reply_to: arguments.reply_to.as_deref().map(super::parse_message_id).transpose()?,
            intent: arguments.intent.as_deref().map(parse_intent).transpose()?,
            payload: arguments.payload.map(Value::Object),
            hand: Hand::Agent,
            attachments: arguments.attachments.into_iter().map(OutgoingFile::from).collect(),
        };
        if let Some(seconds) = arguments.wait_seconds.filter(|seconds| *seconds > 0) {
            return ask(call, draft, Duration::from_secs(seconds).min(LONGEST_WAIT)).await;
        }
        let (agent, (tell, hear)) = (call.agent().await?, transfers());
        Ok(match call.during(hear, settle(call, || agent.send_telling(draft.clone(), &tell))).await? {
            Settled::Done(sent) => Output::from(sent).into(),
            Settled::Pending(pending) => Output::from(pending).into(),
            Settled::AskOwner(question) => Reply::AskOwner(question),
        })
    }
}

impl From<Sent> for Output {
    fn from(sent: Sent) -> Self {
        let (status, reason) = match sent.status {
            SendStatus::Queued => ("queued", None),
            SendStatus::Waiting { reason } => ("waiting", Some(reason)),
        };
        Self {
            status,
            reason,
            message_id: Some(sent.message_id.to_string()),
            peer: Some(sent.peer),
            scope: Some(sent.scope.to_string()),
            ..Self::default()
        }
    }
}

impl From<PendingOwner> for Output {
    fn from(PendingOwner { action_id, expires_at, how }: PendingOwner) -> Self {
        Self {
            status: "pending_owner",
            reason: Some("the owner has to see this message before it is sent".to_owned()),
            action_id: Some(action_id),
            expires_at: Some(expires_at),
            how: Some(how),
            ..Self::default()
        }
    }
}

/// Sends the question, unless it was sent, and waits; the client hears how far it got and may give up at any time.
async fn ask(call: &Call<'_>, draft: Draft, wait: Duration) -> Result<Reply<Output>, Failure> {
    let agent = call.agent().await?;
    // First it is put, which may need the owner; then it is waited for.
    let put = match settle(call, || agent.ask(draft.clone(), Duration::ZERO, |_| {})).await? {
        Settled::Done(put) => put,
        Settled::Pending(pending) => return Ok(Output::from(pending).into()),
        Settled::AskOwner(question) => return Ok(Reply::AskOwner(question)),
    };
    // An answer that was here already is shown by now: asking once more would be a new question.
    let asked = if put.answer.is_some() { put } else { waited(call, draft, wait, put.already).await? };
    show(&asked)
}

/// Waits for the answer; the client hears how far the question got and may give up at any time.
async fn waited(call: &Call<'_>, draft: Draft, wait: Duration, already: bool) -> Result<Asked, Failure> {
    let agent = call.agent().await?;
    let (said, hear) = tokio::sync::mpsc::unbounded_channel();
    let asking = agent.ask(draft, wait, move |state| {
        // Who no longer listens has given up.
        said.send(state.word().0.to_owned()).ok();
    });
    tokio::select! {
        asked = asking => match asked? {
            Outcome::Done(asked) => Ok(Asked { already, ..asked }),
            Outcome::Pending(_) => Err(gave_up()),
        },
        () = call.progress(hear, Some(wait)) => Err(gave_up()),
        () = call.context.ct.cancelled() => Err(gave_up()),
    }
}

fn show(asked: &Asked) -> Result<Reply<Output>, Failure> {
    let (status, reason) = asked.state.word();
    let mut budget = Budget::default();
    let answer = asked.answer.as_ref().map(|answer| mail::show(answer, &asked.peer, 0, &mut budget)).transpose()?;
    let again = if asked.already { " It was asked before and not sent again." } else { "" };
    let mut text = vec![match &answer {
        Some(_) => format!("{} answered.{again}", asked.peer),
        None => format!(
            "No answer yet; the message is {status}.{again} Call again with the same arguments to go on waiting, or look \
             into the inbox later."
        ),
    }];
    let answer = answer.map(|shown| {
        text.push(shown.text);
        shown.message
    });
    let data = Output {
        status,
        message_id: Some(asked.message_id.to_string()),
        reason: reason.map(str::to_owned),
        peer: Some(asked.peer.clone()),
        scope: Some(asked.scope.to_string()),
        already_asked: asked.already,
        answer,
        ..Output::default()
    };
    Ok(Answer { data, text }.into())
}

fn gave_up() -> Failure {
    Failure::new("cancelled", "the wait was cancelled", "The message stays sent; call again to go on waiting.")
}

fn parse_intent(text: &str) -> Result<Intent, Failure> {
    let next = "Use one of the peer's capabilities (a2a_get_agent_capabilities) or a ready intent.";
    text.parse().map_err(|error: ParseIntentError| Failure::new("bad_intent", error.to_string(), next))
}
