//! The agent id in a path.

use a2a_proto::id::AgentId;
use axum::extract::{FromRequestParts, Path};
use axum::http::request::Parts;

use crate::error::Refusal;
use crate::state::RelayState;

/// The agent that a path names. What is no agent id is nobody, and nobody is not found.
pub(crate) struct AgentPath(pub(crate) AgentId);

impl FromRequestParts<RelayState> for AgentPath {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &RelayState) -> Result<Self, Refusal> {
        let text = Path::<String>::from_request_parts(parts, state).await;
        let Path(text) = text.map_err(|_| Refusal::NotFound)?;
        text.parse().map(Self).map_err(|_| Refusal::NotFound)
    }
}
