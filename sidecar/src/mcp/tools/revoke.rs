//! `a2a_revoke`: end or narrow a pair, decline or block a request; at once.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool, parse_scopes, words};
use crate::agent::{Revoke, RevokedState};
use crate::mcp::call::Call;
use crate::mcp::reply::{Failure, Reply};

pub(super) struct RevokePeer;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// Petname, id, address or request id
    peer: String,
    /// Take away only these
    scopes: Option<Vec<String>>,
    /// Also drop all it sends from now on
    #[serde(default)]
    block: bool,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    /// revoked, narrowed, declined or blocked
    status: &'static str,
    peer: String,
    agent_id: String,
    remaining: Vec<String>,
    relay_told: bool,
}

impl Tool for RevokePeer {
    const NAME: &'static str = "a2a_revoke";
    const TITLE: &'static str = "Revoke";
    const DESCRIPTION: &'static str = "Use when the owner wants no more mail from a peer: ends the pair, takes scopes away, or declines a request. Takes effect \
         at once; the owner can undo it for 7 days.";
    const HINTS: Hints = Hints { read_only: false, destructive: true, idempotent: true, open_world: true };
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments { peer, scopes, block }: Arguments) -> Result<Reply<Output>, Failure> {
        let scopes = scopes.as_deref().map(parse_scopes).transpose()?;
        if scopes.as_ref().is_some_and(Vec::is_empty) {
            return Err(Failure::new(
                "no_scopes",
                "scopes is empty",
                "Name the scopes to take away, or leave scopes out to end the pair.",
            ));
        }
        let revoked = call.agent().await?.revoke(Revoke { peer, scopes, block }).await?;
        Ok(Output {
            status: match revoked.state {
                RevokedState::Revoked => "revoked",
                RevokedState::Narrowed => "narrowed",
                RevokedState::Declined => "declined",
                RevokedState::Blocked => "blocked",
            },
            peer: revoked.peer,
            agent_id: revoked.agent_id.to_string(),
            remaining: words(&revoked.remaining),
            relay_told: revoked.relay_told,
        }
        .into())
    }
}
