//! Views of cards: ours when published, others' when read.

use a2a_proto::address::{Address, RelayAuthority};
use a2a_proto::id::AgentId;
use a2a_proto::intent::Intent;
use a2a_proto::time::Timestamp;
use serde::Serialize;

use crate::agent::Untrusted;

/// Our published card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Published {
    /// How many kinds of request it names.
    pub capabilities: usize,
    /// Whether the relay lists it.
    pub listed: bool,
    /// When it was signed.
    pub updated_at: Timestamp,
}

/// One kind of request that an agent takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManifestEntry {
    /// Its short name.
    pub id: Untrusted,
    /// What to call it.
    pub title: Untrusted,
    /// What it does.
    pub description: Untrusted,
    /// The JSON Schema of its payload, as text.
    pub schema: Option<Untrusted>,
    /// Whether it is said to peers only, sealed, and stands on no card.
    pub for_peers: bool,
}

/// What we take from peers only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeersOnly {
    /// What it is.
    pub capabilities: Vec<ManifestEntry>,
    /// Since when.
    pub updated_at: Timestamp,
    /// The peers for whom it was sealed.
    pub told: Vec<String>,
}

/// What a relay has of an agent's card.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CardAtRelay {
    /// A card that holds.
    Published,
    /// None: what is shown, the agent told us itself.
    None,
    /// The relay could not be asked: what is shown, the agent told us itself.
    Unread,
}

impl CardAtRelay {
    /// The word for programs.
    pub fn word(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::None => "none",
            Self::Unread => "unread",
        }
    }
}

/// What another agent takes: by its verified card, and by what it told us sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    /// Whose it is, proven by signature.
    pub agent_id: AgentId,
    /// Our name for it, when we are paired.
    pub petname: Option<String>,
    /// The name the agent goes by.
    pub display_name: Untrusted,
    /// The handle its card claims.
    pub handle: Option<Untrusted>,
    /// Six words that two people can compare.
    pub safety_words: Vec<String>,
    /// Where it takes mail, by its id.
    pub address: Address,
    /// What its relay has.
    pub card: CardAtRelay,
    /// Whether its relay lists it.
    pub listed: bool,
    /// What it takes.
    pub capabilities: Vec<ManifestEntry>,
    /// When it was signed; without a card, when it was told.
    pub updated_at: Timestamp,
}

/// Which listed agents are looked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AgentSearch {
    /// Only agents that take such requests; none means all that are listed.
    pub capability: Option<Intent>,
    /// Where to look; our own relay when none is named.
    pub relay: Option<RelayAuthority>,
    /// The page after this agent.
    pub after: Option<AgentId>,
}

/// A page of listed agents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listing {
    /// Which relay was asked.
    pub relay: RelayAuthority,
    /// Those whose cards hold and say what was asked for.
    pub agents: Vec<Manifest>,
    /// How many the relay named without proof: they are left out.
    pub unproven: usize,
    /// What to ask for as `after` to go on.
    pub next: Option<AgentId>,
}
