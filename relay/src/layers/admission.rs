//! Lets a request in while there is room, and out when it takes too long.

use std::time::Duration;

use axum::extract::{Request, State};
use axum::http::header::CONTENT_ENCODING;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::error::Refusal;
use crate::state::{Relay, RelayState};

/// How long a request waits for its turn before it is told to come again.
const TURN: Duration = Duration::from_secs(2);
/// The one path whose requests wait for something on purpose.
const MAILBOX: &str = "/api/mailbox";

/// Busy is said at once and to everybody, before anything is looked at.
pub(crate) async fn admit(State(relay): State<RelayState>, request: Request, next: Next) -> Response {
    if request.headers().contains_key(CONTENT_ENCODING) {
        return Refusal::Encoded.into_response();
    }
    let answered = if request.uri().path() == MAILBOX {
        collector(&relay, request, next).await
    } else {
        at_work(&relay, request, next).await
    };
    answered.unwrap_or_else(IntoResponse::into_response)
}

/// A collector holds memory only; its wait has its own bound.
async fn collector(relay: &Relay, request: Request, next: Next) -> Result<Response, Refusal> {
    let _room = relay.collectors.try_acquire().map_err(|_| Refusal::Unavailable)?;
    let most = relay.policy.long_poll + relay.policy.request_timeout;
    let answered = tokio::time::timeout(most, next.run(request)).await;
    answered.map_err(|_| Refusal::TooSlow)
}

async fn at_work(relay: &Relay, request: Request, next: Next) -> Result<Response, Refusal> {
    // In turn: while slow ones are driven out, whoever came first goes first.
    let room = tokio::time::timeout(TURN, relay.requests.acquire()).await;
    let _room = room.map_err(|_| Refusal::Unavailable)?.map_err(|_| Refusal::Unavailable)?;
    let answered = tokio::time::timeout(relay.policy.request_timeout, next.run(request)).await;
    answered.map_err(|_| Refusal::TooSlow)
}
