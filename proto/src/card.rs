//! The agent card: a signed public description of an agent and of the requests that it takes.

use serde::{Deserialize, Serialize};

/// A kind of request that an agent takes. Not a permission: what a peer may do is a scope in a grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// A short name, `[a-z0-9-]{1,64}`, unique on the card.
    pub id: String,
    /// One line.
    pub title: String,
    /// What the agent does with such a request.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// A JSON Schema of the request, as JSON text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schema: Option<String>,
}
