//! `POST /api/blobs`, `GET` and `DELETE /api/blobs/{id}`: sealed chunks of attachments, one at a time.

use a2a_proto::id::{AgentId, EnvelopeId};
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};

use super::agents::OCTETS;
use crate::error::Refusal;
use crate::extract::{Owner, ProvenBlob};
use crate::metrics;
use crate::openapi::{Hidden, NotDeposited, OwnersOnly, Usual, WithBody};
use crate::state::RelayState;
use crate::store::{Answer, NewRecord, Put, Shelf};
use crate::unread::{Answers, HangUp};

/// Keeps a chunk for the lane's owner; 202 only when it is on disk. The same chunk again is a retry.
#[utoipa::path(
    post,
    path = "/api/blobs",
    tag = "lane holders",
    summary = "Leave one sealed chunk of an attachment; 202 only when it is on disk",
    security(("lane" = [])),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 202, description = "On disk"), NotDeposited, WithBody, Usual)
)]
pub(crate) async fn deposit(State(relay): State<RelayState>, proven: ProvenBlob) -> Result<StatusCode, Refusal> {
    let ProvenBlob { mailbox, lane, id, blob } = proven;
    if blob.is_empty() {
        return Err(Refusal::Malformed("A blob has bytes"));
    }
    let now = relay.now();
    let record = NewRecord {
        shelf: Shelf::Blob,
        key: Bytes::copy_from_slice(id.as_bytes()),
        lane: Some(lane),
        value: blob,
        replaces: None,
        expires_at: Some(now.plus(relay.policy.quotas.envelope_lifetime)),
        now,
    };
    let put = relay.store.put_record(mailbox, record).await?;
    metrics::blob_deposited(outcome(put));
    match put {
        Put::Done => Ok(StatusCode::ACCEPTED),
        Put::Refused => Err(Refusal::Refused),
        Put::LaneFull => Err(Refusal::LaneFull),
        Put::ShelfFull => Err(Refusal::MailboxFull),
    }
}

fn outcome(put: Put) -> &'static str {
    match put {
        Put::Done => "stored",
        Put::Refused => "refused",
        Put::LaneFull => "lane_full",
        Put::ShelfFull => "mailbox_full",
    }
}

/// A chunk, to its owner.
#[utoipa::path(
    get,
    path = "/api/blobs/{id}",
    tag = "owners",
    summary = "Read a chunk",
    security(("session" = [])),
    params(("id" = EnvelopeId, Path)),
    responses(
        (status = 200, description = "The chunk's bytes", body = [u8], content_type = "application/octet-stream"),
        Hidden,
        OwnersOnly,
        Usual
    )
)]
pub(crate) async fn read(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
    hang_up: Option<Extension<HangUp>>,
    Path(id): Path<String>,
) -> Result<Response, Refusal> {
    let key = key(&id)?;
    file(&relay.unread_blobs, owner, || relay.store.record(owner, Shelf::Blob, key), hang_up).await
}

/// A record of a mailbox, in a place among those answers until it is read.
pub(super) async fn file<'a>(
    answers: &Answers,
    mailbox: AgentId,
    look: impl FnOnce() -> Answer<'a, Option<Bytes>>,
    hang_up: Option<Extension<HangUp>>,
) -> Result<Response, Refusal> {
    let (value, place) = answers.find(mailbox, look, |value| value.as_ref().map_or(0, Bytes::len)).await?;
    let value = value.ok_or(Refusal::NotFound)?;
    let value = answers.give(place, value, hang_up.map(|Extension(hang_up)| hang_up));
    Ok(([(CONTENT_TYPE, OCTETS)], value).into_response())
}

/// Lets the relay delete a chunk that is safe with its owner. Twice is like once.
#[utoipa::path(
    delete,
    path = "/api/blobs/{id}",
    tag = "owners",
    summary = "Let a chunk be deleted that is safe",
    security(("session" = [])),
    params(("id" = EnvelopeId, Path)),
    responses((status = 204, description = "Gone, or was never there"), Hidden, OwnersOnly, Usual)
)]
pub(crate) async fn acknowledge(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
    Path(id): Path<String>,
) -> Result<StatusCode, Refusal> {
    relay.store.take_record(owner, Shelf::Blob, key(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn key(id: &str) -> Result<Bytes, Refusal> {
    let id: EnvelopeId = id.parse().map_err(|_| Refusal::NotFound)?;
    Ok(Bytes::copy_from_slice(id.as_bytes()))
}
