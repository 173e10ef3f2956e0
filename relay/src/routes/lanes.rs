//! `POST`, `GET /api/lanes` and `DELETE /api/lanes/{id}`: an owner opens, lists and closes the ways into the mailbox.

use std::time::Duration;

use a2a_proto::api::{Base64, LaneDescription, LaneKind, LaneList, OpenLane, OpenedLane};
use a2a_proto::id::LaneId;
use a2a_proto::lane::{LaneKey, derive_lane_key, lane_key_mask};
use a2a_proto::limits::INVITE_ENVELOPES;
use a2a_proto::prekey::VerifiedOneTime;
use a2a_proto::time::Timestamp;
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;

use crate::entropy;
use crate::error::Refusal;
use crate::extract::{JsonBody, Owner, OwnerWith};
use crate::openapi::{Hidden, LanesSpent, NotAgain, OwnersOnly, Usual, WithJson};
use crate::state::{Relay, RelayState};
use crate::store::{LaneEntry, LaneOpening, NewInvite, NewLane};

/// An invite's lane ends by itself, at the latest after a year.
const LONGEST_INVITE: Duration = Duration::from_secs(365 * 24 * 3600);
/// A lane's mask, unless it is opened again under its old key.
const NO_MASK: [u8; 32] = [0; 32];

/// Opens a lane and tells its key, this once.
#[utoipa::path(
    post,
    path = "/api/lanes",
    tag = "owners",
    summary = "Open a lane into the own mailbox, whose key is told this once; or open one again under its old key",
    security(("session" = [])),
    request_body = OpenLane,
    responses(
        (status = 200, description = "The lane and its key", body = OpenedLane),
        LanesSpent,
        NotAgain,
        OwnersOnly,
        WithJson,
        Usual
    )
)]
pub(crate) async fn open(
    State(relay): State<RelayState>,
    OwnerWith(session, JsonBody(request)): OwnerWith<JsonBody<OpenLane>>,
) -> Result<Json<OpenedLane>, Refusal> {
    let lane = lane(&relay, request)?;
    let master = relay.secret.key(lane.secret_version);
    let key = derive_lane_key(master, &lane.lane, &lane.salt, &lane.mask);
    let opened = OpenedLane { lane_id: lane.lane, lane_key: key.as_bytes().as_slice().into() };
    match relay.store.open_lane(session.agent, lane).await? {
        LaneOpening::Open => {
            // What is known of it here was its key before.
            relay.lanes.forget(&opened.lane_id);
            Ok(Json(opened))
        }
        LaneOpening::TooMany => Err(Refusal::TooManyLanes),
        LaneOpening::Taken => Err(Refusal::Refused),
        LaneOpening::NoMailbox => Err(Refusal::Unauthorized),
    }
}

fn lane(relay: &Relay, request: OpenLane) -> Result<NewLane, Refusal> {
    let fresh = NewLane {
        lane: LaneId::random(&mut entropy::system()),
        secret_version: relay.secret.current_version(),
        salt: entropy::bytes(),
        mask: NO_MASK,
        again: false,
        invite: None,
        now: relay.now(),
    };
    match request {
        OpenLane::Pair => Ok(fresh),
        OpenLane::Again { lane_id, lane_key } => again(relay, fresh, lane_id, &lane_key),
        invited @ OpenLane::Invite { .. } => Ok(NewLane { invite: invite(invited, fresh.now)?, ..fresh }),
    }
}

/// Only the mask makes the difference between the key that a lane has and the one that the master secret gives.
fn again(relay: &Relay, fresh: NewLane, lane: LaneId, key: &Base64) -> Result<NewLane, Refusal> {
    let key: [u8; LaneKey::SIZE] =
        key.0.as_slice().try_into().map_err(|_| Refusal::Malformed("A lane key has 32 bytes"))?;
    let master = relay.secret.key(fresh.secret_version);
    let mask = lane_key_mask(master, &lane, &fresh.salt, &LaneKey::from_bytes(key));
    Ok(NewLane { lane, mask, again: true, ..fresh })
}

fn invite(request: OpenLane, now: Timestamp) -> Result<Option<NewInvite>, Refusal> {
    let OpenLane::Invite { invite_id, token_hash, one_time, expires_at, max_envelopes } = request else {
        return Ok(None);
    };
    if expires_at <= now || expires_at > now.plus(LONGEST_INVITE) {
        return Err(Refusal::Malformed("An invite ends within a year from now"));
    }
    if one_time.0.len() != VerifiedOneTime::SIZE {
        return Err(Refusal::Malformed("An invite comes with a signed one-time pair"));
    }
    let token_hash = token_hash.0.try_into();
    Ok(Some(NewInvite {
        invite: invite_id,
        token_hash: token_hash.map_err(|_| Refusal::Malformed("A token hash has 32 bytes"))?,
        one_time: one_time.0.into(),
        expires_at,
        max_envelopes: max_envelopes.min(INVITE_ENVELOPES),
    }))
}

/// Closes a lane at once. Closing what is closed, or another's, changes nothing and sounds the same.
#[utoipa::path(
    delete,
    path = "/api/lanes/{id}",
    tag = "owners",
    summary = "Close a lane at once",
    security(("session" = [])),
    params(("id" = LaneId, Path)),
    responses((status = 204, description = "Closed, or was never open"), Hidden, OwnersOnly, Usual)
)]
pub(crate) async fn close(
    State(relay): State<RelayState>,
    Owner(owner): Owner,
    Path(lane): Path<String>,
) -> Result<StatusCode, Refusal> {
    let lane: LaneId = lane.parse().map_err(|_| Refusal::NotFound)?;
    relay.store.close_lane(owner, lane).await?;
    relay.lanes.forget(&lane);
    Ok(StatusCode::NO_CONTENT)
}

/// Every lane into the owner's mailbox.
#[utoipa::path(
    get,
    path = "/api/lanes",
    tag = "owners",
    summary = "Every lane into the own mailbox",
    security(("session" = [])),
    responses((status = 200, description = "The lanes", body = LaneList), OwnersOnly, Usual)
)]
pub(crate) async fn list(State(relay): State<RelayState>, Owner(owner): Owner) -> Result<Json<LaneList>, Refusal> {
    let lanes = relay.store.lanes(owner).await?;
    // One whose secret was lost opens to nobody: its owner is to open it again.
    let held = lanes.into_iter().filter(|lane| relay.secret.has(lane.secret_version));
    let lanes = held.map(describe).collect();
    Ok(Json(LaneList { lanes }))
}

fn describe(lane: LaneEntry) -> LaneDescription {
    LaneDescription {
        lane_id: lane.lane,
        kind: if lane.of_invite { LaneKind::Invite } else { LaneKind::Pair },
        created_at: lane.created_at,
        expires_at: lane.expires_at,
    }
}
