//! Byte layouts, pinned field by field: a changed byte shows in review.

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::api::mailbox::{Batch, BatchItem, Source};
use a2a_proto::id::{EnvelopeId, InviteId, LaneId};
use a2a_proto::lane::{DepositProof, LaneKey, LaneRequest, derive_lane_key};
use a2a_proto::pow::KnockWork;
use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::fixtures::{NOW, World};

/// Prints bytes by named fields; the last name takes what is left. Long fields are shown by their hash.
fn labelled(bytes: &[u8], fields: &[(&str, usize)]) -> String {
    let (mut rest, mut lines) = (bytes, vec![format!("{} bytes", bytes.len())]);
    for (name, size) in fields {
        let (field, after) = rest.split_at(*size);
        rest = after;
        let shown = if field.len() <= 80 {
            HEXLOWER.encode(field)
        } else {
            format!("SHA-256 {}", HEXLOWER.encode(&Sha256::digest(field)))
        };
        lines.push(format!("{name:20} {size:5}  {shown}"));
    }
    assert!(rest.is_empty(), "{} bytes are not described", rest.len());
    lines.join("\n")
}

const CERTIFICATE: [(&str, usize); 8] = [
    ("version", 1),
    ("agent id", 32),
    ("device key", 32),
    ("agreement key", 32),
    ("epoch", 4),
    ("not before", 8),
    ("not after", 8),
    ("signature", 64),
];

#[test]
fn certificate() {
    let text = labelled(World::new(1).certificate.as_bytes(), &CERTIFICATE);
    insta::assert_snapshot!(text);
}

#[test]
fn card() {
    let world = World::new(1);
    let mut card = world.card();
    card.capabilities.truncate(1);
    let fields = [
        ("version", 1),
        ("certificate", 181),
        ("LP display name", 4 + 11),
        ("LP handle", 4 + 3),
        ("LP relay", 4 + 22),
        ("listed", 1),
        ("knocks", 1),
        ("sequence epoch", 4),
        ("sequence number", 8),
        ("updated at", 8),
        ("capabilities", 4),
        ("LP id", 4 + 10),
        ("LP title", 4 + 15),
        ("LP description", 4 + 31),
        ("LP schema", 4 + 17),
        ("signature", 64),
    ];
    let text = labelled(&card.sign(&world.device).unwrap(), &fields);
    insta::assert_snapshot!(text);
}

#[test]
fn bundle() {
    let fields = [
        ("version", 1),
        ("suite", 1),
        ("minimum version", 1),
        ("certificate", 181),
        ("prekey id", 4),
        ("X25519", 32),
        ("ML-KEM-768", 1184),
        ("created", 8),
        ("not after", 8),
        ("knocks", 1),
        ("LP relay", 4 + 22),
        ("signature", 64),
    ];
    let text = labelled(&World::new(1).bundle(), &fields);
    insta::assert_snapshot!(text);
}

#[test]
fn one_time_pair() {
    let fields = [
        ("version", 1),
        ("certificate hash", 32),
        ("invite id", 16),
        ("X25519", 32),
        ("ML-KEM-768", 1184),
        ("signature", 64),
    ];
    let text = labelled(&World::new(1).one_time(&InviteId::from_bytes([6; 16])), &fields);
    insta::assert_snapshot!(text);
}

#[test]
fn stored_prekey() {
    let fields = [("version", 1), ("id", 4), ("X25519 secret", 32), ("ML-KEM seed", 64), ("created", 8)];
    let text = labelled(World::new(1).prekey().to_bytes().as_ref(), &fields);
    insta::assert_snapshot!(text);
}

#[test]
fn invite() {
    let link = World::new(1).invite().to_link();
    let bytes = data_encoding::BASE64URL_NOPAD.decode(link.split_once('#').unwrap().1.as_bytes()).unwrap();
    let fields = [
        ("version", 1),
        ("agent id", 32),
        ("invite id", 16),
        ("secret", 32),
        ("LP name", 4 + 3),
        ("LP relay", 4 + 22),
        ("LP lane's relay", 4 + 22),
        ("lane id", 16),
        ("lane key", 32),
        ("scopes", 1),
        ("LP scope", 4 + 7),
        ("LP scope", 4 + 10),
        ("expires at", 8),
        ("checksum", 4),
    ];
    let text = labelled(&bytes, &fields);
    insta::assert_snapshot!(text);
}

#[test]
fn invite_outputs() {
    let secret = World::new(1).invite().secret;
    let token = secret.fetch_token();
    let text = format!(
        "secret {}\ntoken  {}\nhash   {}\npsk    {}",
        HEXLOWER.encode(secret.to_bytes().as_ref()),
        HEXLOWER.encode(token.as_ref()),
        HEXLOWER.encode(&a2a_proto::invite::token_hash(&token)),
        HEXLOWER.encode(secret.psk().as_ref())
    );
    insta::assert_snapshot!(text);
}

#[test]
fn lane_header() {
    let world = World::new(1);
    let request = LaneRequest { method: "POST", authority: &world.relay, path: "/api/deposit", body: b"envelope" };
    let (lane, envelope_id) = (LaneId::from_bytes([4; 16]), EnvelopeId::from_bytes([5; 16]));
    let proof = DepositProof::sign(&LaneKey::from_bytes([6; 32]), lane, envelope_id, NOW, &request);
    let key = derive_lane_key(&[1; 32], &lane, &[2; 16], &[3; 32]);
    let text = format!("a2a-lane: {}\nlane key: {}", proof.to_header(), HEXLOWER.encode(key.as_bytes()));
    insta::assert_snapshot!(text);
}

#[test]
fn challenge_proofs() {
    let world = World::new(1);
    let session = SessionProof::sign(&world.device, &world.certificate, &world.relay, "challenge");
    let registration = RegistrationProof::sign(&world.device, &world.certificate, &world.relay, "challenge");
    let (session, registration) = (HEXLOWER.encode(session.as_bytes()), HEXLOWER.encode(registration.as_bytes()));
    let text = format!("session       {session}\nregistration  {registration}");
    insta::assert_snapshot!(text);
}

#[test]
fn knock_work() {
    let world = World::new(1);
    let recipient = world.certificate.id();
    let work = KnockWork { challenge: "challenge", authority: &world.relay, recipient, envelope: b"envelope" };
    let nonce = work.solve(16, |_| std::ops::ControlFlow::Continue(())).unwrap();
    let text = format!("nonce {nonce}, {} bits", work.bits(nonce));
    insta::assert_snapshot!(text);
}

#[test]
fn batch() {
    let lane = Source::Lane(LaneId::from_bytes([4; 16]));
    let item = |sequence, source| BatchItem { sequence, source, hour: NOW.hours(), envelope: b"envelope".to_vec() };
    let batch = Batch { acknowledged_through: 6, items: vec![item(7, lane), item(9, Source::FrontDoor)] };
    let item = [("sequence", 8), ("source", 1), ("lane", 16), ("hour", 8), ("LP envelope", 4 + 8)];
    let fields = [[("acknowledged through", 8), ("count", 4)].as_slice(), &item, &item].concat();
    let text = labelled(&batch.to_bytes(), &fields);
    insta::assert_snapshot!(text);
}
