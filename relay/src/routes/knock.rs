//! `GET /api/knock/challenge` and `POST /api/knock`: a stranger at a front door.

use std::sync::Arc;

use a2a_proto::api::KnockChallenge;
use a2a_proto::time::Timestamp;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;

use crate::error::Refusal;
use crate::extract::ProvenKnock;
use crate::openapi::{Unworked, Usual, WithBody};
use crate::state::RelayState;
use crate::store::Knock;
use crate::tickets::{self, KNOCK_CHALLENGE_LIFETIME};

/// What to work on; the same for every door.
#[utoipa::path(
    get,
    path = "/api/knock/challenge",
    tag = "strangers",
    summary = "What to work on before knocking",
    responses((status = 200, description = "The challenge", body = KnockChallenge), Usual)
)]
pub(crate) async fn challenge(State(relay): State<RelayState>) -> Json<KnockChallenge> {
    let now = relay.now();
    let expires_at: Timestamp = now.plus(KNOCK_CHALLENGE_LIFETIME);
    let difficulty = relay.difficulty.now(now);
    Json(KnockChallenge {
        challenge: tickets::knock_challenge(&relay.secret, difficulty, expires_at),
        difficulty,
        expires_at,
    })
}

/// Takes a knock. The answer comes before the store is asked: neither it nor its timing shows whether there is a
/// mailbox, whether its door is open, or how many wait. A copy is answered alike, makes knocking no dearer and goes no further.
#[utoipa::path(
    post,
    path = "/api/knock",
    tag = "strangers",
    summary = "Leave a first flight at a front door; the answer promises nothing",
    security(("work" = [])),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses(
        (status = 202, description = "Taken, or dropped: the same"),
        Unworked,
        WithBody,
        Usual
    )
)]
pub(crate) async fn knock(State(relay): State<RelayState>, proven: ProvenKnock) -> Result<StatusCode, Refusal> {
    let room = Arc::clone(&relay.knocks).try_acquire_owned();
    let room = room.map_err(|_| Refusal::Unavailable)?;
    let ProvenKnock { recipient, envelope, hash, work } = proven;
    let now = relay.now();
    if !relay.spent.spend(work, now) {
        return Ok(StatusCode::ACCEPTED);
    }
    relay.difficulty.note(now);
    let knock = Knock { recipient, envelope, hash, now };
    let doorkeeper = Arc::clone(&relay);
    relay.tasks.spawn(async move {
        match doorkeeper.store.knock(knock).await {
            Ok(Some(mailbox)) => doorkeeper.arrived(&mailbox),
            Ok(None) => {}
            Err(_) => doorkeeper.spent.give_back(&work),
        }
        drop(room);
    });
    Ok(StatusCode::ACCEPTED)
}
