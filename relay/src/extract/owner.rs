//! The owner of a mailbox, by a session token of the device that is the newest one now.

use a2a_proto::id::AgentId;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use super::body::Whole;
use crate::error::Refusal;
use crate::state::{Relay, RelayState};
use crate::store::StoreError;
use crate::tickets::{self, Session};

/// Whose mailbox this request may read and change.
///
/// Every reason against it (no token, a forged one, an expired one, an older device's, no account) gives the same answer.
pub(crate) struct Owner(pub(crate) AgentId);

/// As [`Owner`], with how long this right lasts: for what outlives a request.
pub(crate) struct OwnerSession(pub(crate) Session);

/// The session of an owner who sent a body, and the body. The right is looked at before the body is read, and again
/// once it is there: it may have come slowly, and a newer device meanwhile.
pub(crate) struct OwnerWith<B>(pub(crate) Session, pub(crate) B);

impl FromRequestParts<RelayState> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &RelayState) -> Result<Self, Refusal> {
        let OwnerSession(session) = OwnerSession::from_request_parts(parts, relay).await?;
        Ok(Self(session.agent))
    }
}

impl FromRequestParts<RelayState> for OwnerSession {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &RelayState) -> Result<Self, Refusal> {
        let token = bearer(parts).ok_or(Refusal::Unauthorized)?;
        let session = tickets::session(&relay.secret, token, relay.now());
        let session = session.ok_or(Refusal::Unauthorized)?;
        if !holds(relay, &session).await? {
            return Err(Refusal::Unauthorized);
        }
        relay.paces.request(&session.agent)?;
        Ok(Self(session))
    }
}

impl<B: Whole + Send> FromRequest<RelayState> for OwnerWith<B> {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (mut parts, body) = request.into_parts();
        let OwnerSession(session) = OwnerSession::from_request_parts(&mut parts, relay).await?;
        let body = B::read(relay, &parts, body).await?;
        if !holds(relay, &session).await? {
            return Err(Refusal::Unauthorized);
        }
        Ok(Self(session, body))
    }
}

/// Whether a session still counts. A token outlives a restored device's higher epoch by minutes; the account knows better.
pub(crate) async fn holds(relay: &Relay, session: &Session) -> Result<bool, StoreError> {
    let account = relay.store.account(session.agent).await?;
    Ok(relay.now() < session.expires_at && account.is_some_and(|account| account.epoch == session.epoch))
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
