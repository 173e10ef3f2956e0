//! The owner of a mailbox, by a session token of the device that is the newest one now.

use a2a_proto::id::AgentId;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;

use crate::error::Refusal;
use crate::state::RelayState;
use crate::tickets;

/// Whose mailbox this request may read and change.
///
/// Every reason against it (no token, a forged one, an expired one, an older device's, no account) gives the same answer.
pub(crate) struct Owner(pub(crate) AgentId);

impl FromRequestParts<RelayState> for Owner {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, relay: &RelayState) -> Result<Self, Refusal> {
        let token = bearer(parts).ok_or(Refusal::Unauthorized)?;
        let session = tickets::session(&relay.secret, token, relay.now());
        let session = session.ok_or(Refusal::Unauthorized)?;
        // A token outlives a restored device's higher epoch by minutes; the account knows better.
        match relay.store.account(session.agent).await? {
            Some(account) if account.epoch == session.epoch => Ok(Self(session.agent)),
            _ => Err(Refusal::Unauthorized),
        }
    }
}

fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}
