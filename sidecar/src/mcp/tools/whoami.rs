//! `a2a_whoami`: who we are and what waits.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool};
use crate::agent::RelayState;
use crate::mcp::call::Call;
use crate::mcp::reply::{Failure, Reply};
use crate::present;

pub(super) struct WhoAmI;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    agent_id: String,
    address: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    handle: Option<String>,
    relay: String,
    /// reachable or away
    relay_state: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    relay_reason: Option<String>,
    safety_words: Vec<String>,
    unread: u64,
    /// Not shown in this session: unread, or come since it began and read by another
    session_unread: u64,
    /// Acts that wait for the owner
    pending: u64,
    /// Own messages not yet at the peer's relay
    waiting: u64,
    vault: String,
    /// Whether each peer that writes is told that the owner is away
    owner_away: bool,
    /// For the owner, who alone may do something about it
    #[serde(skip_serializing_if = "Option::is_none")]
    recovery_warning: Option<String>,
}

impl Tool for WhoAmI {
    const NAME: &'static str = "a2a_whoami";
    const TITLE: &'static str = "Who am I";
    const DESCRIPTION: &'static str = "Use to tell people how to reach this agent: own address, id, safety words (two owners compare them by voice), relay \
         state, and counts of unread mail and acts waiting for the owner.";
    const HINTS: Hints = Hints { read_only: true, destructive: false, idempotent: true, open_world: false };
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments {}: Arguments) -> Result<Reply<Output>, Failure> {
        let we = call.agent().await?.whoami().await?;
        let (relay_state, relay_reason) = match we.relay_state {
            RelayState::Reachable => ("reachable", None),
            RelayState::Away(reason) => ("away", Some(reason)),
        };
        Ok(Output {
            agent_id: we.agent_id.to_string(),
            address: we.address.to_string(),
            name: present::own(&we.display_name).to_string(),
            handle: we.handle,
            relay: we.relay.to_string(),
            relay_state,
            relay_reason,
            safety_words: we.safety_words,
            unread: we.unread,
            session_unread: we.session_unread,
            pending: we.pending,
            waiting: we.waiting,
            vault: we.vault,
            owner_away: we.away,
            recovery_warning: we.recovery.warning().map(|what| format!("{what}. {}", we.recovery.next_step())),
        }
        .into())
    }
}
