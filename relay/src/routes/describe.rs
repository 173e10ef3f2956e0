//! `GET /.well-known/a2a-relay`: what this relay is and what its bounds are.

use a2a_proto::api::RelayInfo;
use axum::Json;
use axum::extract::State;

use crate::openapi::Usual;
use crate::state::RelayState;

#[utoipa::path(
    get,
    path = "/.well-known/a2a-relay",
    tag = "anyone",
    summary = "What this relay is, and its bounds",
    responses((status = 200, description = "The relay", body = RelayInfo), Usual)
)]
pub(crate) async fn describe(State(relay): State<RelayState>) -> Json<RelayInfo> {
    Json(relay.policy.describe(relay.difficulty.now(relay.now())))
}
