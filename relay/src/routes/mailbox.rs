//! `GET /api/mailbox` and `POST /api/mailbox/ack`: an owner collects, waiting for mail if there is none, and acknowledges.

use std::time::Duration;

use a2a_proto::api::Acknowledge;
use a2a_proto::api::mailbox::{Batch, BatchItem, Source};
use a2a_proto::id::AgentId;
use a2a_proto::limits::MAX_BATCH_ENVELOPES;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Extension, Query, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;

use super::agents::OCTETS;
use crate::error::Refusal;
use crate::extract::{JsonBody, OwnerSession, OwnerWith, holds};
use crate::openapi::{BadQuery, OwnersOnly, Usual, WithJson};
use crate::room::Place;
use crate::state::{Relay, RelayState};
use crate::store::{Collected, StoredEnvelope};
use crate::tickets::Session;
use crate::unread::HangUp;

/// What to collect.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ask {
    /// Envelopes after this number.
    #[serde(default)]
    #[param(format = "uint64")]
    after: u64,
    /// Seconds to wait if there are none.
    #[serde(default)]
    #[param(format = "uint64")]
    wait: u64,
    /// At most so many.
    #[serde(default = "most")]
    limit: usize,
}

/// Envelopes of a batch while there is little room: an owner asks again for the next ones.
const SHORT_BATCH: usize = 5;

fn most() -> usize {
    MAX_BATCH_ENVELOPES
}

/// Copies of what waits; nothing is deleted by collecting.
#[utoipa::path(
    get,
    path = "/api/mailbox",
    tag = "owners",
    summary = "Collect what waits, or wait for it; nothing is deleted",
    security(("session" = [])),
    params(Ask),
    responses(
        (status = 200, description = "A batch of envelopes", body = [u8], content_type = "application/octet-stream"),
        BadQuery,
        OwnersOnly,
        Usual
    )
)]
pub(crate) async fn collect(
    State(relay): State<RelayState>,
    OwnerSession(session): OwnerSession,
    hang_up: Option<Extension<HangUp>>,
    ask: Result<Query<Ask>, QueryRejection>,
) -> Result<Response, Refusal> {
    let Query(ask) = ask.map_err(|_| Refusal::Malformed("after, wait and limit are numbers"))?;
    let limit = ask.limit.clamp(1, MAX_BATCH_ENVELOPES);
    let wait = Duration::from_secs(ask.wait).min(relay.policy.long_poll);
    let (collected, place) = patiently(&relay, &session, ask.after, limit, wait).await?;
    let batch = batch(collected).to_bytes();
    let batch = relay.unread.give(place, batch, hang_up.map(|Extension(hang_up)| hang_up));
    Ok(([(CONTENT_TYPE, OCTETS)], batch).into_response())
}

/// Looks; while there is nothing, waits for a ring and looks again, until patience or the relay ends.
///
/// A ring is no promise of mail: another relay on the same store, or a store's own echo, rings for what was collected meanwhile.
/// What came during the wait is given only to who still has the right to it: another device may have come.
async fn patiently(
    relay: &Relay,
    session: &Session,
    after: u64,
    limit: usize,
    wait: Duration,
) -> Result<(Collected, Place), Refusal> {
    let look = || look(relay, session.agent, after, limit);
    let place = if wait.is_zero() { None } else { relay.wakers.wait_at(session.agent) };
    let Some(place) = place else {
        return look().await;
    };
    let patience = tokio::time::sleep(wait);
    tokio::pin!(patience);
    loop {
        // The bell before the look: what arrives in between rings.
        let mut ring = std::pin::pin!(place.rings().notified());
        ring.as_mut().enable();
        let found = look().await?;
        if !found.0.envelopes.is_empty() {
            return Ok(found);
        }
        // Who waits holds no room, but for the word that nothing came.
        let (nothing, place) = found;
        drop(place);
        let goes_on = tokio::select! {
            () = ring => true,
            () = &mut patience => false,
            () = relay.shutdown.cancelled() => false,
        };
        if !goes_on {
            return Ok((nothing, relay.unread.place(session.agent).await?));
        }
        if !holds(relay, session).await? {
            return Err(Refusal::Unauthorized);
        }
    }
}

/// Looks, and finds a place for what is there.
async fn look(relay: &Relay, owner: AgentId, after: u64, limit: usize) -> Result<(Collected, Place), Refusal> {
    let look = || {
        let limit = if relay.unread.is_short() { limit.min(SHORT_BATCH) } else { limit };
        relay.store.collect(owner, after, limit)
    };
    relay.unread.find(owner, look, |found| found.envelopes.iter().map(|stored| stored.envelope.len()).sum()).await
}

/// What waits, in the layout that owners read.
pub(crate) fn batch(collected: Collected) -> Batch {
    let acknowledged_through = collected.acknowledged_through;
    let envelopes = collected.envelopes.into_iter();
    // The batch's numbers lie after what was acknowledged, by its layout; the store has nothing else.
    let waiting = envelopes.filter(|envelope| envelope.seq > acknowledged_through);
    Batch { acknowledged_through, items: waiting.map(|stored| item(&stored)).collect() }
}

fn item(stored: &StoredEnvelope) -> BatchItem {
    BatchItem {
        sequence: stored.seq,
        source: stored.lane.map_or(Source::FrontDoor, Source::Lane),
        hour: stored.hour,
        envelope: stored.envelope.to_vec(),
    }
}

/// Lets the relay delete what the owner has safely.
#[utoipa::path(
    post,
    path = "/api/mailbox/ack",
    tag = "owners",
    summary = "Acknowledge: only now it is deleted",
    security(("session" = [])),
    request_body = Acknowledge,
    responses((status = 204, description = "Deleted"), OwnersOnly, WithJson, Usual)
)]
pub(crate) async fn acknowledge(
    State(relay): State<RelayState>,
    OwnerWith(session, JsonBody(request)): OwnerWith<JsonBody<Acknowledge>>,
) -> Result<StatusCode, Refusal> {
    relay.store.acknowledge(session.agent, request.through).await?;
    Ok(StatusCode::NO_CONTENT)
}
