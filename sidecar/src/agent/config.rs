//! What the agent must be told when it is opened.

use std::path::PathBuf;

use a2a_proto::address::RelayAuthority;

/// Where the agent lives and what it falls back on.
#[derive(Debug, Clone)]
pub struct AgentConfig {
    /// The folder that holds everything of this agent.
    pub home: PathBuf,
    /// The relay to register at when none is named.
    pub default_relay: Option<RelayAuthority>,
}
