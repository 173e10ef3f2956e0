//! `PUT` and `DELETE /api/card`: an owner's signed card, shown or withdrawn.

use a2a_proto::card::{Card, VerifiedCard};
use a2a_proto::limits::MAX_CARD_BYTES;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;

use crate::error::Refusal;
use crate::extract::{Octets, Owner, OwnerWith};
use crate::openapi::{OwnersOnly, Unpublished, Usual, WithBody};
use crate::state::RelayState;
use crate::store::{Publication, Published, Shelf};

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
    OwnerWith(session, Octets(bytes)): OwnerWith<Octets<MAX_CARD_BYTES>>,
) -> Result<StatusCode, Refusal> {
    let owner = session.agent;
    let card = VerifiedCard::parse(&bytes, &owner)
        .map_err(|_| Refusal::Malformed("The body is no card signed by this agent"))?;
    let sequence = card.card().sequence;
    let published = answer(relay.store.publish(owner, Publication::Card { bytes, sequence }).await?)?;
    // Cut off between the two, the owner repeats both; a listing shows no more than the card of the moment.
    relay.store.stand_under(owner, Shelf::Listing, listings(card.card())).await?;
    Ok(published)
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
    let withdrawn = answer(relay.store.publish(owner, Publication::WithdrawCard).await?)?;
    relay.store.stand_under(owner, Shelf::Listing, Vec::new()).await?;
    Ok(withdrawn)
}

/// The listings that a card wants to stand in: the one of all, and one for each capability.
fn listings(card: &Card) -> Vec<Bytes> {
    if !card.listed {
        return Vec::new();
    }
    let capabilities = card.capabilities.iter().map(|capability| Bytes::copy_from_slice(capability.id.as_bytes()));
    std::iter::once(Bytes::new()).chain(capabilities).collect()
}

/// What an owner hears of a publication.
pub(crate) fn answer(published: Published) -> Result<StatusCode, Refusal> {
    match published {
        Published::Done => Ok(StatusCode::NO_CONTENT),
        Published::Stale => Err(Refusal::NotNewer),
    }
}
