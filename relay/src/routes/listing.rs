//! `GET /api/agents?capability=…`: agents whose cards say that they want to be found, a page at a time.

use a2a_proto::api::AgentPage;
use a2a_proto::card::VerifiedCard;
use a2a_proto::id::AgentId;
use axum::Json;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::agents::manifest;
use crate::error::Refusal;
use crate::openapi::{BadQuery, Usual};
use crate::state::{Relay, RelayState};
use crate::store::Shelf;

const MOST: usize = 50;

/// What to list.
#[derive(Deserialize)]
pub(crate) struct Ask {
    /// Only agents that take such requests.
    #[serde(default)]
    capability: String,
    /// The page after this agent.
    after: Option<AgentId>,
    /// At most so many.
    #[serde(default = "most")]
    limit: usize,
}

fn most() -> usize {
    MOST
}

/// A page. Who did not opt in is not in it, and neither is who withdrew the card or the account.
#[utoipa::path(
    get,
    path = "/api/agents",
    tag = "anyone",
    summary = "Agents that want to be found, a page at a time",
    params(
        ("capability" = Option<String>, Query, description = "Only agents that take such requests"),
        ("after" = Option<AgentId>, Query, description = "The page after this agent"),
        ("limit" = Option<usize>, Query, description = "At most so many; no more than 50")
    ),
    responses((status = 200, description = "A page", body = AgentPage), BadQuery, Usual)
)]
pub(crate) async fn list(
    State(relay): State<RelayState>,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Result<Json<AgentPage>, Refusal> {
    let Query(ask) = ask.map_err(|_| Refusal::Malformed("after is an agent id, limit a number"))?;
    let limit = ask.limit.clamp(1, MOST);
    let key = Bytes::from(ask.capability.clone().into_bytes());
    let holders = relay.store.holders(Shelf::Listing, key, ask.after, limit).await?;
    let next = (holders.len() == limit).then(|| holders.last().map(|holder| holder.agent)).flatten();
    let mut agents = Vec::new();
    for holder in holders {
        agents.extend(listed(&relay, holder.agent, &ask.capability).await?);
    }
    Ok(Json(AgentPage { agents, next }))
}

/// The card counts, not the index: it may have changed a moment ago.
async fn listed(relay: &Relay, agent: AgentId, capability: &str) -> Result<Option<a2a_proto::api::Manifest>, Refusal> {
    let shown = relay.store.shown(agent).await?;
    let verified = shown.and_then(|shown| shown.card).and_then(|bytes| VerifiedCard::parse(&bytes, &agent).ok());
    let verified = verified.filter(|verified| {
        let card = verified.card();
        let takes = capability.is_empty() || card.capabilities.iter().any(|offered| offered.id == capability);
        card.listed && takes
    });
    Ok(verified.map(|verified| manifest(agent, &verified)))
}
