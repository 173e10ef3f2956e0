//! Views of our own identity.

use a2a_proto::address::{Address, RelayAuthority};
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use serde::Serialize;

use super::RecoveryState;

/// Asks for an identity (made when there is none) and an account at a relay.
#[derive(Debug, Clone, Default)]
pub struct Register {
    /// The name that peers are shown; the handle is made from it.
    pub name: String,
    /// The relay; without it the configured one.
    pub relay: Option<RelayAuthority>,
    /// The token of a join link, for a relay that wants one.
    pub join_token: Option<String>,
}

/// The account we have now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Registered {
    /// Where peers reach us.
    pub address: Address,
    /// Our id.
    pub agent_id: AgentId,
    /// Our relay.
    pub relay: RelayAuthority,
    /// Six words that two people can compare.
    pub safety_words: Vec<String>,
    /// True when this account existed before.
    pub already: bool,
}

/// Whether our relay answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "state", content = "reason")]
pub enum RelayState {
    /// It answered a moment ago.
    Reachable,
    /// It did not; the text says why, in our words.
    Away(String),
}

/// Who we are, and what waits for us.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Whoami {
    /// Our id.
    pub agent_id: AgentId,
    /// Where peers reach us: the handle when the relay gave us one, else the id.
    pub address: Address,
    /// The name we chose.
    pub display_name: String,
    /// The handle at our relay.
    pub handle: Option<String>,
    /// Our relay.
    pub relay: RelayAuthority,
    /// Whether the relay answers now.
    pub relay_state: RelayState,
    /// Six words that two people can compare.
    pub safety_words: Vec<String>,
    /// Messages not yet shown.
    pub unread: u64,
    /// Messages not shown in this session: unread, or come since it began and read by another.
    pub session_unread: u64,
    /// Acts that wait for the owner.
    pub pending: u64,
    /// Own messages that the peer's relay has not taken yet.
    pub waiting: u64,
    /// Where the key rests, in words.
    pub vault: String,
    /// What the identity could be got back with.
    pub recovery: RecoveryState,
    /// Whether each peer that writes is told that the owner is away.
    pub away: bool,
    /// When the absence ends by itself.
    pub away_until: Option<Timestamp>,
}

/// The relay is another one now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Moved {
    /// Where we were.
    pub from: RelayAuthority,
    /// Where peers reach us.
    pub address: Address,
    /// The peers that are told.
    pub pairs: Vec<String>,
}
