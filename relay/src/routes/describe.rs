//! `GET /.well-known/a2a-relay`: what this relay is and what its bounds are.

use a2a_proto::api::RelayInfo;
use axum::Json;
use axum::extract::State;

use crate::state::RelayState;

pub(crate) async fn describe(State(relay): State<RelayState>) -> Json<RelayInfo> {
    Json(relay.policy.describe(relay.difficulty.now(relay.now())))
}
