//! The public marker `identity.json`: it tells that an identity exists, and holds nothing secret.

use serde::{Deserialize, Serialize};

use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;

use super::VaultError;
use crate::durable_file::{read_small, write_private};
use crate::paths::Home;

/// What stands in `identity.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Marker {
    /// The agent's public id.
    pub agent_id: AgentId,
    /// The kind of vault that keeps its key ([`super::Vault::describe`]).
    pub vault: String,
    /// When the identity was made, in milliseconds since the Unix epoch.
    pub created_at: u64,
}

impl Marker {
    /// The marker of an identity made at `created_at`.
    #[must_use]
    pub fn new(agent_id: AgentId, vault: &dyn super::Vault, created_at: Timestamp) -> Self {
        Self { agent_id, vault: vault.describe().into(), created_at: created_at.millis() }
    }

    /// The marker of this home; `None` only where there is no file. One that cannot be read is an error, because
    /// "no identity" would be the wrong answer.
    pub fn read(home: &Home) -> Result<Option<Self>, VaultError> {
        let contents = read_small(&home.marker(), LIMIT_BYTES)
            .map_err(|source| VaultError::Io { doing: "read identity.json", source })?;
        let Some(contents) = contents else {
            return Ok(None);
        };
        serde_json::from_slice(&contents).map(Some).map_err(|_| VaultError::Damaged { what: "identity.json" })
    }

    /// Writes the marker; on disk when this returns.
    pub fn write(&self, home: &Home) -> Result<(), VaultError> {
        let contents = serde_json::to_vec_pretty(self).map_err(|_| VaultError::Machine("write identity.json"))?;
        write_private(&home.marker(), &contents)
            .map_err(|source| VaultError::Io { doing: "write identity.json", source })
    }
}

const LIMIT_BYTES: u64 = 4096;
