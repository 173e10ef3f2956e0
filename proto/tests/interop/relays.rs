//! Operations between an agent and a relay: lanes, answers to challenges, work, batches.

use std::ops::ControlFlow;

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::address::RelayAuthority;
use a2a_proto::api::mailbox::{Batch, BatchItem, Source};
use a2a_proto::id::{EnvelopeId, LaneId, SessionId};
use a2a_proto::keys::DeviceKeys;
use a2a_proto::lane::{DepositProof, LaneKey, LaneRequest, derive_lane_key};
use a2a_proto::pow::{KnockProof, KnockWork};
use a2a_proto::time::Timestamp;
use data_encoding::HEXLOWER;
use serde_json::{Value, json};

use crate::documents::{certificate, id, refused};
use crate::files::{Fields, Outcome, REFUSED, b64};

/// base64url of exactly `length` bytes, as it stands in headers and JSON.
pub(crate) fn base64url_read(i: Fields<'_>) -> Outcome {
    let hex = match i.number("length") {
        16 => HEXLOWER.encode(i.text("text").parse::<LaneId>().map_err(refused)?.as_bytes()),
        32 => HEXLOWER.encode(i.text("text").parse::<SessionId>().map_err(refused)?.as_bytes()),
        other => panic!("no id of {other} bytes"),
    };
    Ok(json!({ "hex": hex }))
}

pub(crate) fn lane_key(i: Fields<'_>) -> Outcome {
    let lane = LaneId::from_bytes(i.array("lane_id"));
    let key = derive_lane_key(&i.array("master"), &lane, &i.array("salt"), &i.array("mask"));
    Ok(json!({ "key": b64(key.as_bytes()) }))
}

fn authority(i: Fields<'_>) -> RelayAuthority {
    i.text("authority").parse().unwrap()
}

pub(crate) fn lane_sign(i: Fields<'_>) -> Outcome {
    let (authority, body) = (authority(i), i.bytes("body"));
    let request = LaneRequest { method: i.text("method"), authority: &authority, path: i.text("path"), body: &body };
    let (lane, envelope) = (LaneId::from_bytes(i.array("lane_id")), EnvelopeId::from_bytes(i.array("envelope_id")));
    let (key, now) = (LaneKey::from_bytes(i.array("key")), Timestamp::from_secs(i.number("seconds")));
    Ok(json!({ "header": DepositProof::sign(&key, lane, envelope, now, &request).to_header() }))
}

pub(crate) fn lane_check(i: Fields<'_>) -> Outcome {
    let (authority, body) = (authority(i), i.bytes("body"));
    let request = LaneRequest { method: i.text("method"), authority: &authority, path: i.text("path"), body: &body };
    let proof: DepositProof = i.text("header").parse().map_err(refused)?;
    let is_sound = proof.verify(&LaneKey::from_bytes(i.array("key")), &request)
        && proof.is_fresh(Timestamp::from_secs(i.number("now_seconds")));
    if !is_sound {
        return Err(REFUSED);
    }
    Ok(json!({ "lane_id": b64(proof.lane.as_bytes()), "envelope_id": b64(proof.envelope_id.as_bytes()) }))
}

pub(crate) fn challenge_answer(i: Fields<'_>) -> Outcome {
    let device = DeviceKeys::from_bytes(&[i.bytes("device_seed"), vec![1; 32]].concat().try_into().unwrap());
    let (own, authority, challenge) = (certificate(i)?, authority(i), i.text("challenge"));
    let signature = match i.text("use") {
        "register" => b64(RegistrationProof::sign(&device, &own, &authority, challenge).as_bytes()),
        _ => b64(SessionProof::sign(&device, &own, &authority, challenge).as_bytes()),
    };
    Ok(json!({ "signature": signature }))
}

pub(crate) fn challenge_check(i: Fields<'_>) -> Outcome {
    let (own, authority, challenge, signature) =
        (certificate(i)?, authority(i), i.text("challenge"), i.bytes("signature"));
    let checked = match i.text("use") {
        "register" => {
            RegistrationProof::from_slice(&signature).and_then(|proof| proof.verify(&own, &authority, challenge))
        }
        _ => SessionProof::from_slice(&signature).and_then(|proof| proof.verify(&own, &authority, challenge)),
    };
    checked.map_err(refused)?;
    Ok(json!({}))
}

pub(crate) fn knock_solve(i: Fields<'_>) -> Outcome {
    let (recipient, authority, envelope) = (id(i, "id")?, authority(i), i.bytes("envelope"));
    let challenge = i.text("challenge");
    let work = KnockWork { challenge, authority: &authority, recipient: &recipient, envelope: &envelope };
    let nonce = work.solve(i.u32("difficulty"), |_| ControlFlow::Continue(())).unwrap();
    Ok(json!({ "header": KnockProof { recipient, challenge: challenge.to_owned(), nonce }.to_string() }))
}

pub(crate) fn knock_check(i: Fields<'_>) -> Outcome {
    let proof: KnockProof = i.text("header").parse().map_err(refused)?;
    let (authority, envelope) = (authority(i), i.bytes("envelope"));
    let work = KnockWork {
        challenge: &proof.challenge,
        authority: &authority,
        recipient: &proof.recipient,
        envelope: &envelope,
    };
    if work.bits(proof.nonce) < i.u32("difficulty") {
        return Err(REFUSED);
    }
    Ok(json!({ "id": proof.recipient.to_string(), "challenge": proof.challenge }))
}

pub(crate) fn batch_write(i: Fields<'_>) -> Outcome {
    let item = |item: Fields<'_>| BatchItem {
        sequence: item.number("sequence"),
        source: if item.has("lane_id") {
            Source::Lane(LaneId::from_bytes(item.array("lane_id")))
        } else {
            Source::FrontDoor
        },
        hour: item.number("hour"),
        envelope: item.bytes("envelope"),
    };
    let batch =
        Batch { acknowledged_through: i.number("acknowledged_through"), items: i.list("items").map(item).collect() };
    Ok(json!({ "batch": b64(batch.to_bytes()) }))
}

pub(crate) fn batch_read(i: Fields<'_>) -> Outcome {
    let batch = Batch::parse(&i.bytes("batch")).map_err(refused)?;
    let item = |item: &BatchItem| {
        let lane_id = match item.source {
            Source::Lane(lane) => Value::String(b64(lane.as_bytes())),
            Source::FrontDoor => Value::Null,
        };
        json!({ "sequence": item.sequence, "lane_id": lane_id, "hour": item.hour, "envelope": b64(&item.envelope) })
    };
    let items: Vec<Value> = batch.items.iter().map(item).collect();
    Ok(json!({ "acknowledged_through": batch.acknowledged_through, "items": items }))
}
