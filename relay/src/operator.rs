//! The operator's own listener: is it alive, is it ready. Never reachable through the public one.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::get;

use crate::state::RelayState;

/// The operator's paths.
pub(crate) fn router(relay: RelayState) -> Router {
    Router::new().route("/health", get(async || StatusCode::NO_CONTENT)).route("/ready", get(ready)).with_state(relay)
}

/// Ready is who can write to the store and is not going down.
async fn ready(State(relay): State<RelayState>) -> StatusCode {
    let writes = relay.store.check().await.is_ok();
    if writes && !relay.shutdown.is_cancelled() { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}
