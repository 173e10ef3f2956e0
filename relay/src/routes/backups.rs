//! `PUT` and `DELETE /api/backups/{name}`, `DELETE /api/backups`, `GET /api/agents/{id}/backups/{name}`: an owner's sealed
//! backup, in parts.
//!
//! A name is a secret of the owner's, derived from the recovery words: whoever lost the device has nothing else to show.
//! What stands under it is sealed, and opened by nobody here.

use a2a_proto::id::{AgentId, EnvelopeId};
use a2a_proto::limits::MAX_BLOB_BYTES;
use axum::Extension;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;

use super::blobs;
use crate::error::Refusal;
use crate::extract::{Octets, Owner, OwnerWith};
use crate::openapi::{Hidden, NotKept, OwnersOnly, Usual, WithBody};
use crate::state::RelayState;
use crate::store::{NewRecord, Put, Shelf};
use crate::unread::HangUp;

/// Keeps a part, in the place of an earlier one of that name; 204 only when it is on disk.
#[utoipa::path(
    put,
    path = "/api/backups/{name}",
    tag = "owners",
    summary = "Keep one part of a sealed backup; 204 only when it is on disk",
    security(("session" = [])),
    params(("name" = EnvelopeId, Path)),
    request_body(content = [u8], content_type = "application/octet-stream"),
    responses((status = 204, description = "On disk"), NotKept, Hidden, OwnersOnly, WithBody, Usual)
)]
pub(crate) async fn keep(
    State(relay): State<RelayState>,
    Path(name): Path<String>,
    OwnerWith(session, Octets(value)): OwnerWith<Octets<MAX_BLOB_BYTES>>,
) -> Result<StatusCode, Refusal> {
    if value.is_empty() {
        return Err(Refusal::Malformed("A part has bytes"));
    }
    let record = NewRecord {
        shelf: Shelf::Backup,
        key: key(&name)?,
        lane: None,
        value,
        replaces: None,
        expires_at: None,
        now: relay.now(),
    };
    match relay.store.put_record(session.agent, record).await? {
        Put::Done => Ok(StatusCode::NO_CONTENT),
        Put::ShelfFull => Err(Refusal::BackupFull),
        // The account was closed meanwhile.
        Put::Refused | Put::LaneFull => Err(Refusal::Unauthorized),
    }
}

/// Deletes a part. Twice is like once.
#[utoipa::path(
    delete,
    path = "/api/backups/{name}",
    tag = "owners",
    summary = "Delete one part of a backup",
    security(("session" = [])),
    params(("name" = EnvelopeId, Path)),
    responses((status = 204, description = "Gone, or was never there"), Hidden, OwnersOnly, Usual)
)]
pub(crate) async fn take(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
    Path(name): Path<String>,
) -> Result<StatusCode, Refusal> {
    relay.store.take_record(owner, Shelf::Backup, key(&name)?).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Deletes every part, also what an upload that was cut off left. Twice is like once.
#[utoipa::path(
    delete,
    path = "/api/backups",
    tag = "owners",
    summary = "Delete every part of every backup",
    security(("session" = [])),
    responses((status = 204, description = "Gone, or was never there"), OwnersOnly, Usual)
)]
pub(crate) async fn clear(State(relay): State<RelayState>, Owner(owner): Owner) -> Result<StatusCode, Refusal> {
    relay.store.stand_under(owner, Shelf::Backup, Vec::new()).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A part, to whoever knows its name. No such agent, no such part and no backup are one answer.
#[utoipa::path(
    get,
    path = "/api/agents/{id}/backups/{name}",
    tag = "anyone",
    summary = "One part of a sealed backup, for whoever knows its secret name",
    params(("id" = AgentId, Path), ("name" = EnvelopeId, Path)),
    responses(
        (status = 200, description = "The part's bytes", body = [u8], content_type = "application/octet-stream"),
        Hidden,
        Usual
    )
)]
pub(crate) async fn read(
    State(relay): State<RelayState>,
    hang_up: Option<Extension<HangUp>>,
    Path((agent, name)): Path<(String, String)>,
) -> Result<Response, Refusal> {
    let agent: AgentId = agent.parse().map_err(|_| Refusal::NotFound)?;
    let key = key(&name)?;
    blobs::file(&relay.unread_backups, agent, || relay.store.record(agent, Shelf::Backup, key), hang_up).await
}

fn key(name: &str) -> Result<Bytes, Refusal> {
    let name: EnvelopeId = name.parse().map_err(|_| Refusal::NotFound)?;
    Ok(Bytes::copy_from_slice(name.as_bytes()))
}
