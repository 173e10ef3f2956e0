//! `GET /api/handles/{name}`: whose handle this is, by the relay's word.

use a2a_proto::address::Handle;
use a2a_proto::api::HandleAnswer;
use axum::Json;
use axum::extract::{Path, State};

use crate::error::Refusal;
use crate::openapi::{Hidden, Usual};
use crate::state::RelayState;

#[utoipa::path(
    get,
    path = "/api/handles/{name}",
    tag = "anyone",
    summary = "Whose handle this is, by the relay's word",
    params(("name" = Handle, Path)),
    responses((status = 200, description = "The holder", body = HandleAnswer), Hidden, Usual)
)]
pub(crate) async fn handle(
    State(relay): State<RelayState>,
    Path(name): Path<String>,
) -> Result<Json<HandleAnswer>, Refusal> {
    let handle: Handle = name.parse().map_err(|_| Refusal::NotFound)?;
    let holder = relay.store.holder_of(handle).await?;
    let agent_id = holder.ok_or(Refusal::NotFound)?;
    Ok(Json(HandleAnswer { agent_id }))
}
