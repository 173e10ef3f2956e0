//! The holder of a lane, by a MAC over the request; every refusal takes the same look-ups and MACs.

use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneKey, LaneRequest, derive_lane_key};
use a2a_proto::limits::{MAX_BLOB_BYTES, MAX_ENVELOPE_BYTES};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use sha2::{Digest, Sha256};

use super::body::{Octets, Whole};
use crate::error::Refusal;
use crate::state::{Relay, RelayState};
use crate::store::LaneRecord;

/// One envelope whose depositor holds its lane's key. Whether the lane still lives is decided when it is stored.
pub(crate) struct ProvenDeposit {
    pub(crate) mailbox: AgentId,
    pub(crate) lane: LaneId,
    pub(crate) envelope_id: EnvelopeId,
    pub(crate) envelope: Bytes,
    /// SHA-256 of the envelope.
    pub(crate) hash: [u8; 32],
    /// The proof was checked by what was known of the lane; the store was not asked.
    pub(crate) by_memory: bool,
}

impl FromRequest<RelayState> for ProvenDeposit {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let Octets(envelope) = Octets::<MAX_ENVELOPE_BYTES>::read(relay, &parts, body).await?;
        let hash = Sha256::digest(&envelope).into();
        let (proven, by_memory) = match recall(relay, &parts, &hash) {
            Some(proven) => (proven, true),
            None => (prove(relay, &parts, &hash).await?.ok_or(Refusal::Refused)?, false),
        };
        relay.paces.deposit(&proven.lane)?;
        let Proven { mailbox, lane, envelope_id } = proven;
        Ok(Self { mailbox, lane, envelope_id, envelope, hash, by_memory })
    }
}

/// One blob whose depositor holds its lane's key; its name stands where an envelope's does.
pub(crate) struct ProvenBlob {
    pub(crate) mailbox: AgentId,
    pub(crate) lane: LaneId,
    pub(crate) id: EnvelopeId,
    pub(crate) blob: Bytes,
}

impl FromRequest<RelayState> for ProvenBlob {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let Octets(blob) = Octets::<MAX_BLOB_BYTES>::read(relay, &parts, body).await?;
        let proven = prove(relay, &parts, &Sha256::digest(&blob).into()).await?;
        let Proven { mailbox, lane, envelope_id } = proven.ok_or(Refusal::Refused)?;
        relay.paces.deposit(&lane)?;
        Ok(Self { mailbox, lane, id: envelope_id, blob })
    }
}

/// What a valid proof shows.
pub(crate) struct Proven {
    pub(crate) mailbox: AgentId,
    lane: LaneId,
    envelope_id: EnvelopeId,
}

/// A claim, with what it is checked by.
struct Claim {
    stated: Option<DepositProof>,
    stand_in: DepositProof,
}

impl Claim {
    /// The stand-in is made every time, needed or not: a malformed request must not be the slow one.
    fn of(relay: &Relay, parts: &Parts) -> Self {
        Self { stated: stated(parts), stand_in: stand_in(relay) }
    }

    fn proof(&self) -> &DepositProof {
        self.stated.as_ref().unwrap_or(&self.stand_in)
    }

    /// One derivation and one MAC, whether there is a record or not.
    fn check(&self, relay: &Relay, parts: &Parts, hash: &[u8; 32], record: Option<&LaneRecord>) -> Option<Proven> {
        let unknown = (relay.secret.current_version(), [0; 16], [0; 32]);
        let (version, salt, mask) = record.map_or(unknown, |record| (record.secret_version, record.salt, record.mask));
        let proof = self.proof();
        let key = derive_lane_key(relay.secret.key(version), &proof.lane, &salt, &mask);
        let holds = proof.verify_hashed(&key, &request(relay, parts), hash);
        let now = relay.now();
        let alive = record.is_some_and(|record| record.is_alive(now));
        let good = holds & alive & proof.is_fresh(now) & self.stated.is_some();
        let record = record.filter(|_| good)?;
        Some(Proven { mailbox: record.mailbox, lane: proof.lane, envelope_id: proof.envelope_id })
    }
}

/// Checks the proof of a request by what is known here of its lane. Nothing known takes the same steps as something wrong.
fn recall(relay: &Relay, parts: &Parts, hash: &[u8; 32]) -> Option<Proven> {
    let claim = Claim::of(relay, parts);
    let known = relay.lanes.recall(&claim.proof().lane);
    claim.check(relay, parts, hash, known.as_ref())
}

/// Checks the proof of a request whose body has this SHA-256. Unknown, expired, forged, stale and malformed take the
/// same steps: one look-up in the store, one derivation, one MAC; only then are all answers put together.
pub(crate) async fn prove(relay: &Relay, parts: &Parts, hash: &[u8; 32]) -> Result<Option<Proven>, Refusal> {
    let claim = Claim::of(relay, parts);
    let lane = claim.proof().lane;
    let record = relay.store.lane(lane).await?;
    let proven = claim.check(relay, parts, hash, record.as_ref());
    if let (Some(record), true) = (record, proven.is_some()) {
        relay.lanes.remember(lane, record);
    }
    Ok(proven)
}

fn request<'a>(relay: &'a Relay, parts: &'a Parts) -> LaneRequest<'a> {
    let (method, path) = (parts.method.as_str(), parts.uri.path());
    LaneRequest { method, authority: &relay.policy.authority, path, body: &[] }
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
