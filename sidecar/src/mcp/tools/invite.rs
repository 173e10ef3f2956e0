//! `a2a_invite`: a one-time link that pairs whoever redeems it.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool, parse_scopes, words};
use crate::agent::{MadeInvite, MakeInvite};
use crate::mcp::call::Call;
use crate::mcp::consent::{PendingOwner, Settled, settle};
use crate::mcp::reply::{Failure, Reply};
use crate::mcp::when::rfc3339;

pub(super) struct Invite;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What they may write about, e.g. scheduling; none: anything
    #[serde(default)]
    scopes: Vec<String>,
    /// e.g. 12h; default 7d
    expires_in: Option<String>,
}

#[derive(Debug, Default, Serialize, JsonSchema)]
pub(super) struct Output {
    /// made or pending_owner
    status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invite_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    scopes: Option<Vec<String>>,
    expires_at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    how: Option<String>,
}

impl Tool for Invite {
    const NAME: &'static str = "a2a_invite";
    const TITLE: &'static str = "Make an invite";
    const DESCRIPTION: &'static str = "Use when the owner wants to pair with somebody: makes a one-time link to hand to that one person, who is then \
         paired with these scopes. The owner is asked first.";
    const HINTS: Hints = Hints { read_only: false, destructive: false, idempotent: false, open_world: true };
    const ASKS_OWNER: bool = true;
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments { scopes, expires_in }: Arguments) -> Result<Reply<Output>, Failure> {
        let agent = call.agent().await?;
        let wanted = MakeInvite {
            scopes: parse_scopes(&scopes)?,
            expires_in: expires_in.as_deref().map(parse_lifetime).transpose()?,
            ..MakeInvite::default()
        };
        Ok(match settle(call, || agent.invite(wanted.clone())).await? {
            Settled::Done(made) => Output::from(made).into(),
            Settled::Pending(pending) => Output::from(pending).into(),
            Settled::AskOwner(question) => Reply::AskOwner(question),
        })
    }
}

impl From<MadeInvite> for Output {
    fn from(made: MadeInvite) -> Self {
        Self {
            status: "made",
            invite: Some(made.link),
            invite_id: Some(made.invite_id.to_string()),
            scopes: Some(words(&made.scopes)),
            expires_at: rfc3339(made.expires_at),
            ..Self::default()
        }
    }
}

impl From<PendingOwner> for Output {
    fn from(PendingOwner { action_id, expires_at, how }: PendingOwner) -> Self {
        Self { status: "pending_owner", action_id: Some(action_id), expires_at, how: Some(how), ..Self::default() }
    }
}

fn parse_lifetime(text: &str) -> Result<Duration, Failure> {
    humantime::parse_duration(text.trim())
        .map_err(|_| Failure::new("bad_lifetime", "expires_in is no duration", "Say for example 12h or 7d."))
}
