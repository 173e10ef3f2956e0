//! `a2a_authorize`: accept an invite, ask to pair, or approve a request; always with the owner.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool, parse_scopes, words};
use crate::agent::{Authorize, Authorized, AuthorizedState};
use crate::mcp::call::Call;
use crate::mcp::consent::{PendingOwner, Settled, settle};
use crate::mcp::reply::{Failure, Reply};

pub(super) struct AuthorizePeer;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Invite link, address (a2a_…@relay, bob@relay) or request id
    peer: String,
    /// What they may write about; default: as proposed
    scopes: Option<Vec<String>>,
    /// For an address: a line to the other owner
    text: Option<String>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// paired, requested or pending_owner
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    peer: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    agent_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

impl Tool for AuthorizePeer {
    const NAME: &'static str = "a2a_authorize";
    const TITLE: &'static str = "Authorize a peer";
    const DESCRIPTION: &'static str = "Use to accept an invite, to ask the agent at an address to pair, or to approve a pending request. The owner decides; \
         you cannot.";
    const HINTS: Hints = Hints { read_only: false, destructive: false, idempotent: true, open_world: true };
    const ASKS_OWNER: bool = true;
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments { peer, scopes, text }: Arguments) -> Result<Reply<Output>, Failure> {
        let agent = call.agent().await?;
        let wanted =
            Authorize { peer, scopes: scopes.as_deref().map(parse_scopes).transpose()?, text, ..Authorize::default() };
        Ok(match settle(call, || agent.authorize(wanted.clone())).await? {
            Settled::Done(authorized) => Output::from(authorized).into(),
            Settled::Pending(pending) => Output::from(pending).into(),
            Settled::AskOwner(question) => Reply::AskOwner(question),
        })
    }
}

impl From<Authorized> for Output {
    fn from(authorized: Authorized) -> Self {
        Self {
            status: match authorized.state {
                AuthorizedState::Paired => "paired",
                AuthorizedState::Requested => "requested",
            },
            peer: Some(authorized.peer),
            agent_id: Some(authorized.agent_id.to_string()),
            scopes: Some(words(&authorized.scopes)),
            ..Self::default()
        }
    }
}

impl From<PendingOwner> for Output {
    fn from(PendingOwner { action_id, expires_at, how }: PendingOwner) -> Self {
        Self {
            status: "pending_owner",
            action_id: Some(action_id),
            expires_at: Some(expires_at),
            how: Some(how),
            ..Self::default()
        }
    }
}
