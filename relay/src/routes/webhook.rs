//! `PUT`, `DELETE /api/webhook` and `GET /api/webhook/deliveries`: an owner's server that is told when mail waits.

use a2a_proto::api::{SetWebhook, Webhook, WebhookDeliveries};
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::error::Refusal;
use crate::extract::{JsonBody, Owner, OwnerWith};
use crate::openapi::{Hidden, OwnersOnly, Usual, WithJson};
use crate::state::RelayState;
use crate::webhooks::{self, NotSet, Standing};

/// Sets it. Its server is asked at once; one that does not answer is `unverified`, and may be set again.
#[utoipa::path(
    put,
    path = "/api/webhook",
    tag = "owners",
    summary = "Have a server told when mail waits; it is asked at once",
    security(("session" = [])),
    request_body = SetWebhook,
    responses((status = 200, description = "The webhook and its secret", body = Webhook), OwnersOnly, WithJson, Usual)
)]
pub(crate) async fn set(
    State(relay): State<RelayState>,
    OwnerWith(session, JsonBody(request)): OwnerWith<JsonBody<SetWebhook>>,
) -> Result<Json<Webhook>, Refusal> {
    match webhooks::set(&relay, &session, request.url).await {
        Ok((Standing { url, state, .. }, secret)) => Ok(Json(Webhook { url, state, secret })),
        Err(NotSet::Forbidden(why)) => Err(Refusal::BadWebhook(why)),
        Err(NotSet::Refused(refusal)) => Err(refusal),
    }
}

/// Takes it away. Twice is like once.
#[utoipa::path(
    delete,
    path = "/api/webhook",
    tag = "owners",
    summary = "Have no server told any more",
    security(("session" = [])),
    responses((status = 204, description = "Removed, or was never there"), OwnersOnly, Usual)
)]
pub(crate) async fn remove(State(relay): State<RelayState>, Owner(owner): Owner) -> Result<StatusCode, Refusal> {
    webhooks::remove(&relay, owner).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Its last calls.
#[utoipa::path(
    get,
    path = "/api/webhook/deliveries",
    tag = "owners",
    summary = "The last calls of the webhook",
    security(("session" = [])),
    responses((status = 200, description = "The calls", body = WebhookDeliveries), Hidden, OwnersOnly, Usual)
)]
pub(crate) async fn deliveries(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
) -> Result<Json<WebhookDeliveries>, Refusal> {
    let standing = Standing::load(&relay, owner).await?.ok_or(Refusal::NotFound)?;
    let Standing { state, next_try_at, deliveries, .. } = standing;
    Ok(Json(WebhookDeliveries { state, next_try_at, deliveries }))
}
