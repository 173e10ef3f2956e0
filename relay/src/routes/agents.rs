//! `GET /api/agents/{id}/…`: the card, its readable form, and the prekeys for whoever may have them.

use a2a_proto::api::{INVITE_HEADER, InviteFetch, Manifest, PrekeyAnswer};
use a2a_proto::card::{KnockPolicy, VerifiedCard};
use a2a_proto::id::AgentId;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::error::Refusal;
use crate::extract::{AgentPath, prove};
use crate::openapi::{Hidden, Usual};
use crate::state::{Relay, RelayState};

/// The media type of signed bytes and envelopes.
pub(crate) const OCTETS: &str = "application/octet-stream";

/// The signed card.
#[utoipa::path(
    get,
    path = "/api/agents/{id}/card",
    tag = "anyone",
    summary = "An agent's signed card",
    params(("id" = AgentId, Path)),
    responses(
        (status = 200, description = "The card's bytes", body = [u8], content_type = "application/octet-stream"),
        Hidden,
        Usual
    )
)]
pub(crate) async fn card(State(relay): State<RelayState>, AgentPath(agent): AgentPath) -> Result<Response, Refusal> {
    let card = published_card(&relay, agent).await?;
    Ok(([(CONTENT_TYPE, OCTETS)], card).into_response())
}

/// The card in readable form, the signed one beside it.
#[utoipa::path(
    get,
    path = "/api/agents/{id}/capabilities",
    tag = "anyone",
    summary = "An agent's card in readable form",
    params(("id" = AgentId, Path)),
    responses((status = 200, description = "The card", body = Manifest), Hidden, Usual)
)]
pub(crate) async fn capabilities(
    State(relay): State<RelayState>,
    AgentPath(agent): AgentPath,
) -> Result<Json<Manifest>, Refusal> {
    let bytes = published_card(&relay, agent).await?;
    let verified = VerifiedCard::parse(&bytes, &agent).map_err(|_| Refusal::NotFound)?;
    Ok(Json(manifest(agent, &verified)))
}

/// A verified card in readable form.
pub(crate) fn manifest(agent: AgentId, verified: &VerifiedCard) -> Manifest {
    let card = verified.card();
    Manifest {
        agent_id: agent,
        display_name: card.display_name.clone(),
        handle: card.handle.clone(),
        sequence: card.sequence,
        capabilities: card.capabilities.clone(),
        card: verified.as_bytes().to_vec().into(),
    }
}

/// Unpublished and unknown are one answer.
async fn published_card(relay: &Relay, agent: AgentId) -> Result<Bytes, Refusal> {
    let shown = relay.store.shown(agent).await?;
    shown.and_then(|shown| shown.card).ok_or(Refusal::NotFound)
}

/// Prekeys: to everyone while the front door is open, to a lane's holder always, and with its one-time pair to the
/// holder of an invite that nobody used. Whoever may not have them cannot tell whether they exist.
#[utoipa::path(
    get,
    path = "/api/agents/{id}/bundle",
    tag = "anyone",
    summary = "An agent's prekeys, for whoever may have them",
    params(
        ("id" = AgentId, Path),
        ("a2a-invite" = Option<String>, Header, description = "An invite's id and fetch token: its one-time pair is wanted"),
        ("a2a-lane" = Option<String>, Header, description = "A lane's proof: prekeys behind a shut door are wanted")
    ),
    responses((status = 200, description = "The prekeys", body = PrekeyAnswer), Hidden, Usual)
)]
pub(crate) async fn bundle(State(relay): State<RelayState>, request: Request) -> Result<Json<PrekeyAnswer>, Refusal> {
    let (mut parts, _) = request.into_parts();
    let AgentPath(agent) = AgentPath::from_request_parts(&mut parts, &relay).await?;
    let holds_lane = holds_lane(&relay, &parts, &agent).await?;
    let shown = relay.store.shown(agent).await?.ok_or(Refusal::NotFound)?;
    let bundle = shown.bundle.ok_or(Refusal::NotFound)?;
    let one_time = match parts.headers.get(INVITE_HEADER) {
        Some(header) => {
            let fetch = header.to_str().ok().and_then(|text| text.parse().ok());
            Some(one_time(&relay, agent, fetch.ok_or(Refusal::NotFound)?).await?)
        }
        None if holds_lane || shown.knocks == KnockPolicy::Pow => None,
        None => return Err(Refusal::NotFound),
    };
    Ok(Json(PrekeyAnswer { bundle: bundle.to_vec().into(), one_time: one_time.map(|bytes| bytes.to_vec().into()) }))
}

/// Whether the request proves a lane into this very mailbox.
async fn holds_lane(relay: &Relay, parts: &Parts, agent: &AgentId) -> Result<bool, Refusal> {
    let proven = prove(relay, parts, &Sha256::digest([]).into()).await?;
    Ok(proven.is_some_and(|proven| proven.mailbox == *agent))
}

/// The one-time pair of an invite: wrong token, unknown, used, closed and expired are one answer.
async fn one_time(relay: &Relay, agent: AgentId, fetch: InviteFetch) -> Result<Bytes, Refusal> {
    let offer = relay.store.invite(agent, fetch.invite_id).await?;
    let offer = offer.ok_or(Refusal::NotFound)?;
    let shown = a2a_proto::invite::token_hash(&fetch.token);
    let may_have = bool::from(shown.ct_eq(&offer.token_hash)) && relay.now() < offer.expires_at;
    if may_have { Ok(offer.one_time) } else { Err(Refusal::NotFound) }
}
