//! `POST /api/accounts` and `DELETE /api/account`: a mailbox for an agent, and its end.

use a2a_proto::access::RegistrationProof;
use a2a_proto::api::{Registered as Answer, Registration as Request, RegistrationPolicy};
use a2a_proto::certificate::Certificate;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use super::session;
use crate::error::Refusal;
use crate::extract::{Anyone, JsonBody, Owner};
use crate::join_token;
use crate::openapi::{NoEntry, OwnersOnly, Usual, WithJson};
use crate::state::{Relay, RelayState};
use crate::store::{Registered, Registration, TokenDemand};
use crate::tickets;

/// Registers, or says again that one is registered.
#[utoipa::path(
    post,
    path = "/api/accounts",
    tag = "newcomers",
    summary = "A mailbox for an agent; again is like once",
    request_body = Request,
    responses(
        (status = 200, description = "The mailbox is there", body = Answer),
        NoEntry,
        WithJson,
        Usual
    )
)]
pub(crate) async fn register(
    State(relay): State<RelayState>,
    Anyone(JsonBody(request)): Anyone<JsonBody<Request>>,
) -> Result<Json<Answer>, Refusal> {
    let certificate = proven(&relay, &request).ok_or(Refusal::InvalidProof)?;
    let registration = Registration {
        device: session::device(&certificate),
        demand: demand(relay.policy.registration, request.registration_token.as_deref()),
        handle: request.handle,
        now: relay.now(),
    };
    match relay.store.register(registration).await? {
        Registered::Done(handle) => Ok(Json(Answer { agent_id: *certificate.id(), handle })),
        Registered::Closed => Err(Refusal::RegistrationClosed),
        Registered::TokenNeeded => Err(Refusal::TokenNeeded),
        Registered::TokenUsed => Err(Refusal::TokenUsed),
        Registered::HandleTaken => Err(Refusal::HandleTaken),
        Registered::EpochTooLow { highest } => Err(Refusal::EpochTooLow { highest }),
    }
}

fn proven(relay: &Relay, request: &Request) -> Option<Certificate> {
    let now = relay.now();
    if !tickets::accepts_session(&relay.secret, &request.challenge, now) {
        return None;
    }
    let certificate = session::certificate(&request.certificate.0, now)?;
    let proof = RegistrationProof::from_slice(&request.signature.0).ok()?;
    let verified = proof.verify(&certificate, &relay.policy.authority, &request.challenge);
    verified.ok().map(|()| certificate)
}

fn demand(policy: RegistrationPolicy, token: Option<&str>) -> TokenDemand {
    match policy {
        RegistrationPolicy::Open => TokenDemand::Nothing,
        RegistrationPolicy::Token => TokenDemand::Token(token.map(join_token::hash)),
        RegistrationPolicy::Closed => TokenDemand::Closed,
    }
}

/// Deletes everything of the owner.
#[utoipa::path(
    delete,
    path = "/api/account",
    tag = "owners",
    summary = "Delete everything of this agent",
    security(("session" = [])),
    responses((status = 204, description = "Gone"), OwnersOnly, Usual)
)]
pub(crate) async fn close(State(relay): State<RelayState>, Owner(owner): Owner) -> Result<StatusCode, Refusal> {
    relay.store.close_account(owner).await?;
    relay.wakers.wake(&owner);
    Ok(StatusCode::NO_CONTENT)
}
