//! The owner of a mailbox, by a session token of the device that is the newest one now.

use a2a_proto::id::AgentId;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

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
