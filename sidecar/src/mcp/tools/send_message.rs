//! `a2a_send_message`: write to a peer.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool, parse_scope};
use crate::agent::{Draft, SendStatus};
use crate::mcp::call::Call;
use crate::mcp::reply::{Failure, Reply};

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
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// queued (at the peer's relay) or waiting (goes by itself later)
    status: &'static str,
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    peer: String,
    scope: String,
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
        };
        let sent = call.agent().await?.send(draft).await?;
        let (status, reason) = match sent.status {
            SendStatus::Queued => ("queued", None),
            SendStatus::Waiting { reason } => ("waiting", Some(reason)),
        };
        let (message_id, scope) = (sent.message_id.to_string(), sent.scope.to_string());
        Ok(Output { status, message_id, reason, peer: sent.peer, scope }.into())
    }
}
