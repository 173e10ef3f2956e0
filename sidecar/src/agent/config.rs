//! What the agent must be told when it is opened.

use std::fmt;
use std::sync::Arc;

use a2a_proto::address::RelayAuthority;

use crate::clock::Clock;
use crate::keys::Vault;
use crate::paths::Home;

/// Where the agent lives and what it falls back on.
#[derive(Clone)]
pub struct AgentConfig {
    /// The folder that holds everything of this agent.
    pub home: Home,
    /// Where the key of that folder rests.
    pub vault: Arc<dyn Vault>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// The relay to register at when none is named.
    pub default_relay: Option<RelayAuthority>,
    /// Memory for Argon2id when a PIN is set, in MiB.
    pub argon2_mib: u32,
}

impl fmt::Debug for AgentConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("AgentConfig")
            .field("home", &self.home)
            .field("default_relay", &self.default_relay)
            .finish_non_exhaustive()
    }
}
