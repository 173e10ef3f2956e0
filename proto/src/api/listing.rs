//! Listings: agents whose cards say that they want to stand in them.

use serde::{Deserialize, Serialize};

use super::Manifest;
use crate::id::AgentId;

/// A page of a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AgentPage {
    /// The agents.
    pub agents: Vec<Manifest>,
    /// What to ask for as `after` to go on; absent at the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<AgentId>,
}
