//! Lanes: the key's derivation, and a MAC that covers every input.

use a2a_proto::address::RelayAuthority;
use a2a_proto::id::{EnvelopeId, LaneId};
use a2a_proto::lane::{DepositProof, LaneKey, LaneOffer, LaneRequest, derive_lane_key};
use sha2::{Digest, Sha256};

use crate::fixtures::{FixedRng, NOW, World};

struct Deposit {
    key: LaneKey,
    lane: LaneId,
    envelope_id: EnvelopeId,
    authority: RelayAuthority,
}

impl Deposit {
    fn new() -> Self {
        let mut rng = FixedRng::new(3);
        Self {
            key: LaneKey::from_bytes([5; 32]),
            lane: LaneId::random(&mut rng),
            envelope_id: EnvelopeId::random(&mut rng),
            authority: "relay.example.org".parse().unwrap(),
        }
    }

    fn request(&self) -> LaneRequest<'_> {
        LaneRequest { method: "POST", authority: &self.authority, path: "/api/deposit", body: b"envelope" }
    }

    fn proof(&self) -> DepositProof {
        DepositProof::sign(&self.key, self.lane, self.envelope_id, NOW, &self.request())
    }
}

#[test]
fn a_proof_verifies_after_the_wire() {
    let deposit = Deposit::new();
    let read: DepositProof = deposit.proof().to_header().parse().unwrap();
    assert_eq!(read, deposit.proof());
    assert!(read.verify(&deposit.key, &deposit.request()));
}

#[test]
fn the_mac_covers_the_request() {
    let deposit = Deposit::new();
    let (proof, request) = (deposit.proof(), deposit.request());
    let other: RelayAuthority = "relay.example.com".parse().unwrap();
    assert!(proof.verify(&deposit.key, &request));
    assert!(!proof.verify(&deposit.key, &LaneRequest { method: "GET", ..request }), "method");
    assert!(!proof.verify(&deposit.key, &LaneRequest { authority: &other, ..request }), "authority");
    assert!(!proof.verify(&deposit.key, &LaneRequest { path: "/api/deposi", ..request }), "path");
    assert!(!proof.verify(&deposit.key, &LaneRequest { body: b"Envelope", ..request }), "body");
    let hash = |body: &[u8]| Sha256::digest(body).into();
    assert!(proof.verify_hashed(&deposit.key, &LaneRequest { body: b"", ..request }, &hash(request.body)));
    assert!(!proof.verify_hashed(&deposit.key, &request, &hash(b"Envelope")), "hash");
    assert!(!proof.verify(&deposit.key, &LaneRequest { body: b"", ..request }), "empty body");
    assert!(!proof.verify(&LaneKey::from_bytes([6; 32]), &request), "key");
}

#[test]
fn the_mac_covers_the_header() {
    let deposit = Deposit::new();
    let header = deposit.proof().to_header();
    let parts: Vec<&str> = header.split('.').collect();
    let mut rng = FixedRng::new(8);
    let lane = LaneId::random(&mut rng).to_string();
    let envelope_id = EnvelopeId::random(&mut rng).to_string();
    let seconds = (NOW.secs() + 1).to_string();
    let mac = "A".repeat(43);
    for (at, other) in [(0, &lane), (1, &seconds), (2, &envelope_id), (3, &mac)] {
        let mut changed = parts.clone();
        changed[at] = other;
        let proof: DepositProof = changed.join(".").parse().unwrap();
        assert!(proof != deposit.proof(), "{other}");
        assert!(!proof.verify(&deposit.key, &deposit.request()), "part {at}");
    }
}

#[test]
fn parts_can_not_flow_into_each_other() {
    let deposit = Deposit::new();
    let request = LaneRequest { method: "POST/", path: "api/deposit", ..deposit.request() };
    assert!(!deposit.proof().verify(&deposit.key, &request));
}

#[test]
fn a_proof_is_fresh_for_five_minutes_either_way() {
    let proof = Deposit::new().proof();
    let secs = std::time::Duration::from_secs;
    assert!(proof.is_fresh(NOW.plus(secs(300))) && proof.is_fresh(NOW.minus(secs(300))));
    assert!(!proof.is_fresh(NOW.plus(secs(301))) && !proof.is_fresh(NOW.minus(secs(301))));
}

#[test]
fn a_header_has_one_spelling() {
    let header = Deposit::new().proof().to_header();
    let seconds = NOW.secs().to_string();
    for other in [
        format!("{header}."),
        format!("{header}="),
        format!(" {header}"),
        header.replacen(&seconds, &format!("0{seconds}"), 1),
        header.replacen(&seconds, &format!("+{seconds}"), 1),
        header.replacen(&seconds, "", 1),
        header.replacen(&seconds, "99999999999999999999", 1),
        header.replacen('.', ",", 1),
        header[..header.len() - 1].to_owned(),
        String::new(),
    ] {
        assert!(other.parse::<DepositProof>().is_err(), "{other}");
    }
}

#[test]
fn a_lane_key_depends_on_everything() {
    let mut rng = FixedRng::new(3);
    let (lane, other) = (LaneId::random(&mut rng), LaneId::random(&mut rng));
    let derive =
        |master: u8, lane: &LaneId, salt: u8| *derive_lane_key(&[master; 32], lane, &[salt; 16], &[0; 32]).as_bytes();
    let key = derive(1, &lane, 1);
    assert_eq!(derive(1, &lane, 1), key);
    assert_ne!(derive(2, &lane, 1), key);
    assert_ne!(derive(1, &other, 1), key);
    assert_ne!(derive(1, &lane, 2), key);
}

#[test]
fn a_mask_keeps_an_old_key_alive_over_a_new_master() {
    let lane = LaneId::random(&mut FixedRng::new(3));
    let old = derive_lane_key(&[1; 32], &lane, &[9; 16], &[0; 32]);
    let new = derive_lane_key(&[2; 32], &lane, &[9; 16], &[0; 32]);
    let mask: [u8; 32] = std::array::from_fn(|at| old.as_bytes()[at] ^ new.as_bytes()[at]);
    let kept = derive_lane_key(&[2; 32], &lane, &[9; 16], &mask);
    assert_eq!(kept.as_bytes(), old.as_bytes());
}

#[test]
fn offers_are_the_same_only_if_relay_lane_and_key_are() {
    let (offer, other) = (World::new(1).lane_offer(), World::new(2).lane_offer());
    let elsewhere = LaneOffer { relay: "other.example".parse().unwrap(), ..offer.clone() };
    let of_another_lane = LaneOffer { lane: other.lane, ..offer.clone() };
    let of_another_key = LaneOffer { key: other.key, ..offer.clone() };
    assert!(offer == offer.clone());
    for different in [elsewhere, of_another_lane, of_another_key] {
        assert!(offer != different, "{different:?}");
    }
}
