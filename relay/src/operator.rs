//! The operator's own listener: is it alive, is it ready, what does it count. Never reachable through the public one.

use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use crate::metrics::Exposition;
use crate::state::{Relay, RelayState};

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4";

/// The operator's paths.
pub(crate) fn router(relay: RelayState, exposition: Option<Exposition>) -> Router {
    let metrics = async move |State(relay): State<RelayState>| metrics(&relay, exposition.as_ref()).await;
    Router::new()
        .route("/health", get(async || StatusCode::NO_CONTENT))
        .route("/ready", get(ready))
        .route("/metrics", get(metrics))
        .with_state(relay)
}

async fn ready(State(relay): State<RelayState>) -> StatusCode {
    if is_ready(&relay).await { StatusCode::NO_CONTENT } else { StatusCode::SERVICE_UNAVAILABLE }
}

/// Ready is who can write to the store and is not going down.
async fn is_ready(relay: &Relay) -> bool {
    relay.store.check().await.is_ok() && !relay.shutdown.is_cancelled()
}

async fn metrics(relay: &Relay, exposition: Option<&Exposition>) -> Response {
    let Some(exposition) = exposition else { return StatusCode::NOT_FOUND.into_response() };
    let text = exposition.read_out(relay, is_ready(relay).await);
    ([(CONTENT_TYPE, TEXT)], text).into_response()
}
