//! A lane proof whose MAC is wrong: does it show how much of it was right?

use a2a_proto::address::RelayAuthority;
use a2a_proto::id::{EnvelopeId, LaneId};
use a2a_proto::lane::{DepositProof, LaneKey, LaneRequest};
use anyhow::Context;
use data_encoding::BASE64URL_NOPAD;

use super::{Question, timed, wrong};
use crate::people::{NOW, rng};

/// Proofs over an envelope of 4 KiB.
pub(super) fn proof(rounds: usize) -> anyhow::Result<Question<'static>> {
    let (key, authority): (_, RelayAuthority) = (LaneKey::from_bytes([7; 32]), "relay.example.org".parse()?);
    let body = vec![7; 4096];
    let ids = (LaneId::random(&mut rng()), EnvelopeId::random(&mut rng()));
    let request = LaneRequest { method: "POST", authority: &authority, path: "/api/deposit", body: &body };
    let header = DepositProof::sign(&key, ids.0, ids.1, NOW, &request).to_header();
    let (front, mac) = header.rsplit_once('.').context("a proof has four parts")?;
    let mac = BASE64URL_NOPAD.decode(mac.as_bytes())?;
    let altered = |class| format!("{front}.{}", BASE64URL_NOPAD.encode(&wrong(&mac, class))).parse();
    let proofs: [DepositProof; 2] = [altered(0)?, altered(1)?];
    let once = move |class: usize| {
        let request = LaneRequest { method: "POST", authority: &authority, path: "/api/deposit", body: &body };
        let proof = proofs[class].clone();
        let (verified, took) = timed(|| proof.verify(&key, &request));
        anyhow::ensure!(!verified, "a wrong proof passed");
        Ok(took)
    };
    Ok(Question { name: "lane proof", classes: ["first byte", "last byte"], rounds, once: Box::new(once) })
}
