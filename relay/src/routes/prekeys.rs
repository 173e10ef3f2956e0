//! `PUT /api/prekeys`: an owner's signed prekey bundle, which also says whether the front door is open.

use a2a_proto::prekey::VerifiedBundle;
use axum::extract::State;
use axum::http::StatusCode;

use super::card;
use crate::error::Refusal;
use crate::extract::{Octets, OwnerWith};
use crate::openapi::{OwnersOnly, Unpublished, Usual, WithBody};
use crate::state::RelayState;
use crate::store::Publication;

/// Two keys, a certificate and a signature are below 2 KiB.
const MAX_BUNDLE_BYTES: usize = 4096;

/// Shows prekeys that their owner signed.
#[utoipa::path(
    put,
    path = "/api/prekeys",
    tag = "owners",
    summary = "Publish a signed prekey bundle, which also opens or shuts the front door",
    security(("session" = [])),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 204, description = "Published"),
        Unpublished,
        OwnersOnly,
        WithBody,
        Usual
    )
)]
pub(crate) async fn publish(
    State(relay): State<RelayState>,
    OwnerWith(session, Octets(bytes)): OwnerWith<Octets<MAX_BUNDLE_BYTES>>,
) -> Result<StatusCode, Refusal> {
    let owner = session.agent;
    let bundle = VerifiedBundle::parse(&bytes, &owner, relay.now())
        .map_err(|_| Refusal::Malformed("The body is no prekey bundle signed by this agent"))?;
    let prekeys = Publication::Prekeys { bytes, sequence: bundle.position(), knocks: bundle.knocks() };
    card::answer(relay.store.publish(owner, prekeys).await?)
}
