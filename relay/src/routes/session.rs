//! `POST /api/session/challenge` and `POST /api/session`: a proof of the device key for a short-lived token.

use a2a_proto::access::SessionProof;
use a2a_proto::api::{Challenge, SessionRequest, SessionToken};
use a2a_proto::certificate::Certificate;
use a2a_proto::limits::{CHALLENGE_LIFETIME, MAX_CLOCK_AHEAD, SESSION_TOKEN_LIFETIME};
use a2a_proto::time::Timestamp;
use axum::Json;
use axum::extract::State;

use crate::error::Refusal;
use crate::extract::{Anyone, JsonBody};
use crate::openapi::{OwnersOnly, Usual, WithJson};
use crate::state::{Relay, RelayState};
use crate::store::{Admitted, Device};
use crate::tickets::{self, Session};

/// A challenge for registering or for a session. It names nobody, so everybody gets one.
#[utoipa::path(
    post,
    path = "/api/session/challenge",
    tag = "newcomers",
    summary = "A challenge to sign, for registering or for a session",
    responses((status = 200, description = "The challenge", body = Challenge), Usual)
)]
pub(crate) async fn challenge(State(relay): State<RelayState>) -> Json<Challenge> {
    let expires_at = relay.now().plus(CHALLENGE_LIFETIME);
    Json(Challenge { challenge: tickets::session_challenge(&relay.secret, expires_at), expires_at })
}

/// A session for the newest device of a registered agent; for everything else the one 401.
#[utoipa::path(
    post,
    path = "/api/session",
    tag = "newcomers",
    summary = "A session's token for a signed challenge",
    request_body = SessionRequest,
    responses((status = 200, description = "The token", body = SessionToken), OwnersOnly, WithJson, Usual)
)]
pub(crate) async fn open(
    State(relay): State<RelayState>,
    Anyone(JsonBody(request)): Anyone<JsonBody<SessionRequest>>,
) -> Result<Json<SessionToken>, Refusal> {
    let certificate = proven(&relay, &request).ok_or(Refusal::Unauthorized)?;
    match relay.store.admit(device(&certificate)).await? {
        Admitted::Yes => Ok(Json(token(&relay, &certificate))),
        Admitted::No => Err(Refusal::Unauthorized),
    }
}

fn proven(relay: &Relay, request: &SessionRequest) -> Option<Certificate> {
    let now = relay.now();
    // The MAC of the challenge before any signature: it costs a hundredth.
    if !tickets::accepts_session(&relay.secret, &request.challenge, now) {
        return None;
    }
    let certificate = certificate(&request.certificate.0, now)?;
    let proof = SessionProof::from_slice(&request.signature.0).ok()?;
    let verified = proof.verify(&certificate, &relay.policy.authority, &request.challenge);
    verified.ok().map(|()| certificate)
}

fn token(relay: &Relay, certificate: &Certificate) -> SessionToken {
    let expires_at = relay.now().plus(SESSION_TOKEN_LIFETIME);
    let session = Session { agent: *certificate.id(), epoch: certificate.epoch(), expires_at };
    SessionToken { token: tickets::session_token(&relay.secret, &session), expires_at }
}

/// A certificate that holds, and is in its time by our clock or by one that is up to a day ahead: a device whose
/// clock is wrong must get in, because it is our `Date` that tells it so.
pub(crate) fn certificate(bytes: &[u8], now: Timestamp) -> Option<Certificate> {
    let certificate = Certificate::parse_verified(bytes).ok()?;
    let in_time = certificate.valid_at(now) || certificate.valid_at(now.plus(MAX_CLOCK_AHEAD));
    in_time.then_some(certificate)
}

/// What the store keeps of a certificate.
pub(crate) fn device(certificate: &Certificate) -> Device {
    Device { agent: *certificate.id(), epoch: certificate.epoch(), key: *certificate.device().as_bytes() }
}
