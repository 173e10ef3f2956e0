//! Lanes: the right to deposit into one mailbox, proved over each request without naming the depositor.
//!
//! The relay derives a lane's key, so it stores none: HMAC-SHA256(master, LP(label) ‖ lane 16 ‖ salt 16) ⊕ mask. A deposit's
//! MAC covers LP(label) ‖ LP(method) ‖ LP(authority) ‖ LP(path) ‖ lane 16 ‖ seconds u64 ‖ envelope id 16 ‖ SHA-256(body).

use std::fmt;
use std::str::FromStr;

use data_encoding::BASE64URL_NOPAD;
use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::address::RelayAuthority;
use crate::codec::{DecodeError, Reader, Writer};
use crate::id::{EnvelopeId, LaneId, from_base64url};
use crate::labels;
use crate::limits::{LANE_CLOCK_WINDOW, MAX_AUTHORITY_BYTES};
use crate::primitives::kdf;
use crate::time::Timestamp;

/// The HTTP header that carries a lane proof.
pub const LANE_HEADER: &str = "a2a-lane";

/// A lane's secret: whoever has it may deposit until the owner closes the lane. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct LaneKey([u8; 32]);

impl LaneKey {
    /// The size in bytes.
    pub const SIZE: usize = 32;

    /// Takes a key out of an offer or sealed storage.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for an offer or sealed storage.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for LaneKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("LaneKey(..)")
    }
}

/// Derives a lane's key from the relay's master secret, in the same time for known and unknown lanes.
///
/// `mask` is zero, but for a lane that was opened again under its old key: see [`lane_key_mask`].
pub fn derive_lane_key(master: &[u8; 32], lane: &LaneId, salt: &[u8; 16], mask: &[u8; 32]) -> LaneKey {
    let mut input = Writer::label(labels::LANE_KEY);
    input.fixed(lane.as_bytes()).fixed(salt);
    let mut key = kdf::hmac(master, input.as_slice());
    for (byte, mask) in key.iter_mut().zip(mask) {
        *byte ^= mask;
    }
    LaneKey(*key)
}

/// The mask under which a lane has this key: the key ⊕ what would be derived for it.
pub fn lane_key_mask(master: &[u8; 32], lane: &LaneId, salt: &[u8; 16], key: &LaneKey) -> [u8; 32] {
    // What is taken from a mask with a key in it is the derivation.
    *derive_lane_key(master, lane, salt, key.as_bytes()).as_bytes()
}

/// A lane handed to a peer: where it is, its name and its key. Contains a secret, so it only ever travels sealed or in an invite.
#[derive(Clone)]
pub struct LaneOffer {
    /// The relay that keeps the mailbox.
    pub relay: RelayAuthority,
    /// The lane.
    pub lane: LaneId,
    /// The lane's key.
    pub key: LaneKey,
}

impl LaneOffer {
    /// Appends LP(relay) ‖ lane 16 ‖ key 32.
    pub fn write(&self, writer: &mut Writer) {
        writer.lp(self.relay.as_str().as_bytes()).fixed(self.lane.as_bytes()).fixed(self.key.as_bytes());
    }

    /// Reads LP(relay) ‖ lane 16 ‖ key 32.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            relay: reader.canonical(MAX_AUTHORITY_BYTES)?,
            lane: LaneId::from_bytes(reader.array()?),
            key: LaneKey::from_bytes(reader.array()?),
        })
    }
}

impl PartialEq for LaneOffer {
    /// Compares keys in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.relay == other.relay && self.lane == other.lane && bool::from(self.key.0.ct_eq(&other.key.0))
    }
}

impl Eq for LaneOffer {}

impl fmt::Debug for LaneOffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { relay, lane, key } = self;
        f.debug_struct("LaneOffer").field("relay", relay).field("lane", lane).field("key", key).finish()
    }
}

/// A request that a lane's holder proves the key over.
#[derive(Clone, Copy)]
pub struct LaneRequest<'a> {
    /// The HTTP method, upper case.
    pub method: &'a str,
    /// The relay's configured authority; never what a request claims it to be.
    pub authority: &'a RelayAuthority,
    /// The path, from its first slash, without a query.
    pub path: &'a str,
    /// The whole body; empty for a GET.
    pub body: &'a [u8],
}

/// A lane holder's proof over one request; travels in the header [`LANE_HEADER`], never in a path.
#[derive(Clone)]
pub struct DepositProof {
    /// The lane.
    pub lane: LaneId,
    /// When the proof was made, in seconds since the Unix epoch.
    pub timestamp_secs: u64,
    /// The envelope's name on the lane: the same again is a retry.
    pub envelope_id: EnvelopeId,
    mac: [u8; 32],
}

/// The header is not a lane proof.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header is no lane proof")]
pub struct ParseLaneProofError;

impl DepositProof {
    /// Proves the key over a request.
    pub fn sign(
        key: &LaneKey,
        lane: LaneId,
        envelope_id: EnvelopeId,
        now: Timestamp,
        request: &LaneRequest<'_>,
    ) -> Self {
        let mut proof = Self { lane, timestamp_secs: now.secs(), envelope_id, mac: [0; 32] };
        proof.mac = proof.compute(key, request).finalize().into_bytes().into();
        proof
    }

    /// Whether the proof was made with this key over this request. Takes the same time whatever differs.
    pub fn verify(&self, key: &LaneKey, request: &LaneRequest<'_>) -> bool {
        self.compute(key, request).verify_slice(&self.mac).is_ok()
    }

    /// Like [`DepositProof::verify`] for who has SHA-256 of the body already; `request.body` is not looked at.
    pub fn verify_hashed(&self, key: &LaneKey, request: &LaneRequest<'_>, body_hash: &[u8; 32]) -> bool {
        self.compute_hashed(key, request, body_hash).verify_slice(&self.mac).is_ok()
    }

    /// Whether the proof's time is within five minutes of `now`.
    pub fn is_fresh(&self, now: Timestamp) -> bool {
        self.timestamp_secs.abs_diff(now.secs()) <= LANE_CLOCK_WINDOW.as_secs()
    }

    /// The header's value: lane . seconds . envelope id . MAC.
    pub fn to_header(&self) -> String {
        let mac = BASE64URL_NOPAD.encode(&self.mac);
        format!("{}.{}.{}.{mac}", self.lane, self.timestamp_secs, self.envelope_id)
    }

    fn compute(&self, key: &LaneKey, request: &LaneRequest<'_>) -> Hmac<Sha256> {
        self.compute_hashed(key, request, &Sha256::digest(request.body).into())
    }

    fn compute_hashed(&self, key: &LaneKey, request: &LaneRequest<'_>, body_hash: &[u8; 32]) -> Hmac<Sha256> {
        let mut input = Writer::label(labels::LANE_REQUEST);
        input.lp(request.method.as_bytes());
        input.lp(request.authority.as_str().as_bytes());
        input.lp(request.path.as_bytes());
        input.fixed(self.lane.as_bytes()).u64(self.timestamp_secs).fixed(self.envelope_id.as_bytes());
        input.fixed(body_hash);
        kdf::mac(&key.0, input.as_slice())
    }
}

impl PartialEq for DepositProof {
    /// Compares MACs in constant time; to check a proof, [`DepositProof::verify`] it.
    fn eq(&self, other: &Self) -> bool {
        let names = |proof: &Self| (proof.lane, proof.timestamp_secs, proof.envelope_id);
        names(self) == names(other) && bool::from(self.mac.ct_eq(&other.mac))
    }
}

impl Eq for DepositProof {}

impl FromStr for DepositProof {
    type Err = ParseLaneProofError;

    fn from_str(header: &str) -> Result<Self, Self::Err> {
        let mut parts = header.split('.');
        let mut part = || parts.next().ok_or(ParseLaneProofError);
        let (lane, seconds, envelope_id, mac) = (part()?, part()?, part()?, part()?);
        if parts.next().is_some() {
            return Err(ParseLaneProofError);
        }
        Ok(Self {
            lane: lane.parse().map_err(|_| ParseLaneProofError)?,
            timestamp_secs: parse_decimal(seconds).ok_or(ParseLaneProofError)?,
            envelope_id: envelope_id.parse().map_err(|_| ParseLaneProofError)?,
            mac: from_base64url(mac).map_err(|_| ParseLaneProofError)?,
        })
    }
}

impl fmt::Debug for DepositProof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { lane, timestamp_secs, envelope_id, mac: _ } = self;
        f.debug_struct("DepositProof")
            .field("lane", lane)
            .field("timestamp_secs", timestamp_secs)
            .field("envelope_id", envelope_id)
            .finish_non_exhaustive()
    }
}

/// A number in its one decimal form: no sign, no leading zero.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let is_canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if is_canonical { text.parse().ok() } else { None }
}
