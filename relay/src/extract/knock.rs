//! A knock whose work holds.

use a2a_proto::id::AgentId;
use a2a_proto::limits::MAX_KNOCK_BYTES;
use a2a_proto::pow::{KNOCK_HEADER, KnockProof, KnockWork};
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::HeaderMap;
use sha2::{Digest, Sha256};

use super::body::{Octets, Whole, is_first_flight};
use crate::error::Refusal;
use crate::spent_work::Work;
use crate::state::{Relay, RelayState};
use crate::tickets;

/// A stranger's envelope, paid for. Nothing is known yet about its recipient.
pub(crate) struct ProvenKnock {
    pub(crate) recipient: AgentId,
    pub(crate) envelope: Bytes,
    /// SHA-256 of the envelope.
    pub(crate) hash: [u8; 32],
    /// What it was paid with.
    pub(crate) work: Work,
}

impl FromRequest<RelayState> for ProvenKnock {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        let proof = stated(&parts.headers);
        let Octets(envelope) = Octets::<MAX_KNOCK_BYTES>::read(relay, &parts, body).await?;
        let proof = proof.ok_or(Refusal::BadWork)?;
        if !is_first_flight(&envelope) {
            return Err(Refusal::Malformed("A knock is a first flight of 4 or 8 KiB"));
        }
        if !holds(relay, &proof, &envelope) {
            return Err(Refusal::BadWork);
        }
        let hash = Sha256::digest(&envelope).into();
        let work = Work::of(&proof.challenge, &proof.recipient, &hash);
        Ok(Self { recipient: proof.recipient, envelope, hash, work })
    }
}

fn stated(headers: &HeaderMap) -> Option<KnockProof> {
    headers.get(KNOCK_HEADER)?.to_str().ok()?.parse().ok()
}

fn holds(relay: &Relay, proof: &KnockProof, envelope: &[u8]) -> bool {
    let (secret, now) = (&relay.secret, relay.now());
    let Some(asked) = tickets::asked_of_knock(secret, &proof.challenge, now) else {
        return false;
    };
    if !relay.difficulty.accepts(asked, now) {
        return false;
    }
    let work = KnockWork {
        challenge: &proof.challenge,
        authority: &relay.policy.authority,
        recipient: &proof.recipient,
        envelope,
    };
    work.bits(proof.nonce) >= asked
}
