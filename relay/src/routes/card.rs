//! `PUT` and `DELETE /api/card`: an owner's signed card, shown or withdrawn.

use a2a_proto::card::VerifiedCard;
use a2a_proto::limits::MAX_CARD_BYTES;
use axum::extract::State;
use axum::http::StatusCode;

use crate::error::Refusal;
use crate::extract::{Octets, Owner};
use crate::openapi::{OwnersOnly, Unpublished, Usual, WithBody};
use crate::state::RelayState;
use crate::store::{Publication, Published};

/// Shows a card that its owner signed.
#[utoipa::path(
    put,
    path = "/api/card",
    tag = "owners",
    summary = "Publish a signed card",
    security(("session" = [])),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 204, description = "Published"), Unpublished, OwnersOnly, WithBody, Usual)
)]
pub(crate) async fn publish(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
    Octets(bytes): Octets<MAX_CARD_BYTES>,
) -> Result<StatusCode, Refusal> {
    let card = VerifiedCard::parse(&bytes, &owner)
        .map_err(|_| Refusal::Malformed("The body is no card signed by this agent"))?;
    let sequence = card.card().sequence;
    let published = relay.store.publish(owner, Publication::Card { bytes, sequence });
    answer(published.await?)
}

/// Shows no card any more.
#[utoipa::path(
    delete,
    path = "/api/card",
    tag = "owners",
    summary = "Withdraw the card",
    security(("session" = [])),
    responses((status = 204, description = "Withdrawn"), OwnersOnly, Usual)
)]
pub(crate) async fn withdraw(State(relay): State<RelayState>, Owner(owner): Owner) -> Result<StatusCode, Refusal> {
    answer(relay.store.publish(owner, Publication::WithdrawCard).await?)
}

/// What an owner hears of a publication.
pub(crate) fn answer(published: Published) -> Result<StatusCode, Refusal> {
    match published {
        Published::Done => Ok(StatusCode::NO_CONTENT),
        Published::Stale => Err(Refusal::NotNewer),
    }
}
