//! The holder of a lane, by a MAC over the request; every refusal costs the relay the same work.

use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneKey, LaneRequest, derive_lane_key};
use a2a_proto::limits::MAX_ENVELOPE_BYTES;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;

use super::body::Octets;
use crate::error::Refusal;
use crate::state::{Relay, RelayState};

/// One envelope whose depositor holds its lane's key. Whether the lane still lives is decided when it is stored.
pub(crate) struct ProvenDeposit {
    pub(crate) mailbox: AgentId,
    pub(crate) lane: LaneId,
    pub(crate) envelope_id: EnvelopeId,
    pub(crate) envelope: Bytes,
}

impl FromRequest<RelayState> for ProvenDeposit {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let request = Request::from_parts(parts.clone(), body);
        let Octets(envelope) = Octets::<MAX_ENVELOPE_BYTES>::from_request(request, relay).await?;
        let proven = prove(relay, &parts, &envelope).await?;
        let proven = proven.ok_or(Refusal::Refused)?;
        relay.paces.deposit(&proven.lane)?;
        let Proven { mailbox, lane, envelope_id } = proven;
        Ok(Self { mailbox, lane, envelope_id, envelope })
    }
}

/// What a valid proof shows.
pub(crate) struct Proven {
    pub(crate) mailbox: AgentId,
    lane: LaneId,
    envelope_id: EnvelopeId,
}

/// Checks the proof of a request. Unknown, expired, forged, stale and malformed take the same steps: one look-up, one
/// derivation, one MAC over the whole body; only then are all answers put together.
pub(crate) async fn prove(relay: &Relay, parts: &Parts, body: &[u8]) -> Result<Option<Proven>, Refusal> {
    // Made every time, needed or not: a malformed request must not be the slow one.
    let stand_in = stand_in(relay);
    let stated = stated(parts);
    let proof = stated.as_ref().unwrap_or(&stand_in);
    let record = relay.store.lane(proof.lane).await?;
    let (version, salt, mask) = record.as_ref().map_or((relay.secret.current_version(), [0; 16], [0; 32]), |record| {
        (record.secret_version, record.salt, record.mask)
    });
    let key = derive_lane_key(relay.secret.key(version), &proof.lane, &salt, &mask);
    let holds = proof.verify(&key, &request(relay, parts, body));
    let now = relay.now();
    let alive = record.as_ref().is_some_and(|record| record.is_alive(now));
    let good = holds & alive & proof.is_fresh(now) & stated.is_some();
    Ok(record.filter(|_| good).map(|record| Proven {
        mailbox: record.mailbox,
        lane: proof.lane,
        envelope_id: proof.envelope_id,
    }))
}

fn request<'a>(relay: &'a Relay, parts: &'a Parts, body: &'a [u8]) -> LaneRequest<'a> {
    LaneRequest { method: parts.method.as_str(), authority: &relay.policy.authority, path: parts.uri.path(), body }
}

/// The proof that the request states: exactly one header, well formed.
fn stated(parts: &Parts) -> Option<DepositProof> {
    let mut values = parts.headers.get_all(LANE_HEADER).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()?.parse().ok()
}

/// Stands for a proof that is missing or malformed, so that it costs as much as one that is wrong.
fn stand_in(relay: &Relay) -> DepositProof {
    let request = LaneRequest { method: "", authority: &relay.policy.authority, path: "", body: &[] };
    let key = LaneKey::from_bytes([0; LaneKey::SIZE]);
    let lane = LaneId::from_bytes([0; LaneId::SIZE]);
    let envelope_id = EnvelopeId::from_bytes([0; EnvelopeId::SIZE]);
    DepositProof::sign(&key, lane, envelope_id, relay.now(), &request)
}
