//! Every target over its committed corpus, and the seeds that a corpus begins with.
//!
//! `A2A_WRITE_SEEDS=1 cargo test -p a2a-proto fuzzing` writes the seeds into the corpus.

use std::path::PathBuf;

use super::documents::{ALICE, INVITE};
use super::sealed::SCENE;
use super::{TARGETS, Target};
use crate::address::RelayAuthority;
use crate::api::mailbox::{Batch, BatchItem, Source};
use crate::api::{Base64, InviteFetch, OpenLane, Problem, Registration};
use crate::card::{Capability, Card, KnockPolicy};
use crate::content::{Body, Receipt, ReceiptKind, RefusalReason, ReportReason};
use crate::counter::Counter;
use crate::id::{EnvelopeId, LaneId, MessageId, SessionId};
use crate::invite::{Invite, InviteSecret};
use crate::keys::KemSecret;
use crate::lane::{DepositProof, LaneRequest};
use crate::pow::KnockProof;
use crate::prekey::OneTimeSecret;
use crate::ratchet::Header;
use crate::scope::Scope;
use crate::testing::{DAY, NOW, SeededRng, content, hello, message};

/// All corpora together may be no larger than this.
const MOST_BYTES: u64 = 500_000;

fn folder(target: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target)
}

fn corpus(target: &str) -> Vec<Vec<u8>> {
    let files = std::fs::read_dir(folder(target)).map(|files| files.map(|file| file.unwrap().path()).collect());
    let mut files: Vec<PathBuf> = files.unwrap_or_default();
    files.sort();
    files.iter().map(|file| std::fs::read(file).unwrap()).collect()
}

#[test]
fn every_target_holds_over_its_corpus() {
    for (name, run) in TARGETS {
        let accepted = corpus(name).iter().filter(|data| run(data)).count();
        assert!(accepted > 0, "the corpus of {name} has nothing that is accepted");
    }
}

#[test]
fn every_target_accepts_its_seeds() {
    for (name, run) in TARGETS {
        let seeds = seeds(name);
        assert!(!seeds.is_empty(), "{name} has no seed");
        for (number, seed) in seeds.iter().enumerate() {
            assert!(run(seed), "seed {number} of {name} is refused");
        }
    }
}

#[test]
fn the_corpora_are_small() {
    let size = |(name, _): &(&str, Target)| corpus(name).iter().map(|data| data.len() as u64).sum::<u64>();
    assert!(TARGETS.iter().map(size).sum::<u64>() <= MOST_BYTES);
}

#[test]
fn every_target_has_its_program() {
    for (name, _) in TARGETS {
        let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(format!("fuzz/fuzz_targets/{name}.rs"));
        let program = std::fs::read_to_string(path).unwrap_or_default();
        assert!(program.contains(&format!("a2a_proto::fuzzing::{name}(")), "{name} is not fuzzed");
    }
}

#[test]
fn seeds_are_written_when_asked_for() {
    if std::env::var_os("A2A_WRITE_SEEDS").is_none() {
        return;
    }
    for (name, _) in TARGETS {
        std::fs::create_dir_all(folder(name)).unwrap();
        for (number, seed) in seeds(name).iter().enumerate() {
            std::fs::write(folder(name).join(format!("seed-{number:02}")), seed).unwrap();
        }
    }
}

fn seeds(target: &str) -> Vec<Vec<u8>> {
    match target {
        "address" => texts(&address_texts()),
        "bundle" => vec![after_certificate(3, &ALICE.bundle)],
        "card" => vec![after_certificate(1, &full_card()), after_certificate(1, &short_card())],
        "certificate" => vec![ALICE.certificate.as_bytes().to_vec()],
        "content" => contents(),
        "envelope" => vec![SCENE.genuine.clone(), SCENE.pair.first.clone()],
        "frame" => batches(),
        "header" => headers(),
        "id" => ids(),
        "identity" => identities(),
        "invite" => invites(),
        "mac_header" => texts(&proof_headers()),
        "one_time" => vec![one_time()[49..1265].to_vec(), one_time()],
        "problem" => bodies(),
        "websocket" => super::websocket::streams(&batch()),
        _ => Vec::new(),
    }
}

fn texts(list: &[String]) -> Vec<Vec<u8>> {
    list.iter().map(|text| text.clone().into_bytes()).collect()
}

/// What follows a certificate in a document that begins with `front` bytes, without the signature.
fn after_certificate(front: usize, document: &[u8]) -> Vec<u8> {
    document[front + 181..document.len() - 64].to_vec()
}

fn address_texts() -> Vec<String> {
    let id = ALICE.certificate.id();
    let fixed = ["relay.example.org:8443", "http://localhost", "https://[2001:db8::1]/", "127.0.0.1:8080", "bob"];
    let mut texts: Vec<String> = fixed.iter().map(|text| (*text).to_owned()).collect();
    texts.extend([format!("{id}@relay.example.org"), "bob@relay.example.org:444".to_owned()]);
    texts
}

fn card(capabilities: Vec<Capability>) -> Card {
    Card {
        certificate: ALICE.certificate.clone(),
        display_name: "Alice's agent".to_owned(),
        handle: capabilities.first().map(|_| "alice".parse().unwrap()),
        relay: "relay.example.org:8443".parse().unwrap(),
        listed: true,
        knocks: KnockPolicy::Pow,
        sequence: Counter::new(1, 7),
        updated_at: NOW,
        capabilities,
    }
}

fn full_card() -> Vec<u8> {
    let capability = |id: &str, schema: Option<&str>| Capability {
        id: id.to_owned(),
        title: "Reviews".to_owned(),
        description: "Takes a request\nand answers it.".to_owned(),
        schema: schema.map(str::to_owned),
    };
    card(vec![capability("api-review", Some(r#"{"type":"object"}"#)), capability("dates", None)])
        .sign(&ALICE.device)
        .unwrap()
}

fn short_card() -> Vec<u8> {
    card(Vec::new()).sign(&ALICE.device).unwrap()
}

fn contents() -> Vec<Vec<u8>> {
    let receipt = |kind| Receipt { kind, message_id: MessageId::from_bytes([7; 16]), digest: [8; 32] };
    let refused = ReceiptKind::Refused(RefusalReason::Policy);
    let bodies = [
        Body::Receipts(vec![receipt(ReceiptKind::Delivered), receipt(ReceiptKind::Read), receipt(refused)]),
        Body::Terms {
            counter: Counter::new(1, 2),
            lane: Some(ALICE.lane.clone()),
            granted: vec![Scope::message()],
            expires_at: Some(NOW),
        },
        Body::Report { nonce: [9; 32], reason: ReportReason::Fork },
        Body::Resend { epoch: 1, from: 2, to: 3 },
        Body::Ack {},
        Body::Capabilities {
            counter: Counter::new(1, 2),
            capabilities: vec![Capability {
                id: "dates".to_owned(),
                title: "Dates".to_owned(),
                description: "Finds one.".to_owned(),
                schema: Some(r#"{"type":"object"}"#.to_owned()),
            }],
        },
    ];
    let mut all: Vec<Vec<u8>> = bodies.into_iter().map(|body| content(1, body).to_bytes()).collect();
    all.extend([message(2, "Thursday works.").to_bytes(), hello(3).to_bytes()]);
    all
}

fn batch() -> Batch {
    let item = |sequence, source| BatchItem { sequence, source, hour: 500_000, envelope: vec![1, 2, 3, 4] };
    let lane = Source::Lane(ALICE.lane.lane);
    Batch { acknowledged_through: 6, items: vec![item(7, lane), item(9, Source::FrontDoor)] }
}

fn batches() -> Vec<Vec<u8>> {
    vec![batch().to_bytes(), Batch { acknowledged_through: 0, items: Vec::new() }.to_bytes()]
}

/// The headers of a first step, without a ciphertext, and of a later one, with it.
fn headers() -> Vec<Vec<u8>> {
    let mut rng = SeededRng::new("headers");
    let kem = KemSecret::generate(&mut rng).public_key();
    let (ct, _) = kem.encapsulate(&mut rng);
    let first = [&[1, 0][..], &[5; 32], &[0; 8], kem.as_bytes(), &[0; 1088], &[0; 86]].concat();
    let later = [&[1, 1][..], &[5; 32], &[0, 0, 0, 3, 0, 0, 0, 9], kem.as_bytes(), ct.as_bytes(), &[0; 86]].concat();
    assert!(Header::parse(&first).is_ok());
    vec![first, later]
}

fn ids() -> Vec<Vec<u8>> {
    let mut rng = SeededRng::new("ids");
    let mut ids = texts(&[
        ALICE.certificate.id().to_string(),
        MessageId::new(NOW, &mut rng).to_string(),
        EnvelopeId::random(&mut rng).to_string(),
        SessionId::random(&mut rng).to_string(),
    ]);
    ids.push(ALICE.certificate.id().as_bytes().to_vec());
    ids
}

/// The claims of a knock and of a reset, as `docs/protocol.md` lays them out.
fn identities() -> Vec<Vec<u8>> {
    let mut lane = crate::codec::Writer::new();
    ALICE.lane.write(&mut lane);
    let claims = |tail: &[&[u8]]| [lane.as_slice(), &tail.concat()].concat();
    let number = 7_u64.to_be_bytes();
    vec![claims(&[&[1], &[0; 12], &[0], &[0; 32]]), claims(&[&[3], &[0, 0, 0, 1], &number, &[1], &[9; 32]])]
}

fn invites() -> Vec<Vec<u8>> {
    let relay: RelayAuthority = "relay.example.org".parse().unwrap();
    let invite = Invite {
        agent: *ALICE.certificate.id(),
        name: "Alice".to_owned(),
        relay,
        id: INVITE,
        secret: InviteSecret::from_bytes([5; 32]),
        lane: ALICE.lane.clone(),
        scopes: vec![Scope::message(), "scheduling".parse().unwrap()],
        expires_at: NOW.plus(DAY),
    };
    let link = invite.to_link();
    let fragment = link.split_once('#').unwrap().1;
    let body = data_encoding::BASE64URL_NOPAD.decode(fragment.as_bytes()).unwrap();
    vec![body[..body.len() - 4].to_vec(), link.as_bytes().to_vec()]
}

fn proof_headers() -> Vec<String> {
    let (lane, id) = (&ALICE.lane, EnvelopeId::from_bytes([3; 16]));
    let request = LaneRequest { method: "POST", authority: &lane.relay, path: "/api/deposit", body: b"x" };
    let knock = KnockProof { recipient: *ALICE.certificate.id(), challenge: "abc-_9".to_owned(), nonce: 12345 };
    vec![
        DepositProof::sign(&lane.key, lane.lane, id, NOW, &request).to_header(),
        knock.to_string(),
        InviteFetch { invite_id: INVITE, token: [7; 32] }.to_header(),
    ]
}

fn one_time() -> Vec<u8> {
    OneTimeSecret::generate(&mut SeededRng::new("pair")).sign(&ALICE.device, &ALICE.certificate, &INVITE)
}

fn bodies() -> Vec<Vec<u8>> {
    let registration = Registration {
        certificate: Base64(vec![1, 2, 3]),
        challenge: "abc".to_owned(),
        signature: Base64(vec![4; 64]),
        handle: Some("alice".parse().unwrap()),
        registration_token: None,
    };
    let lane = OpenLane::Invite {
        invite_id: INVITE,
        token_hash: Base64(vec![1; 32]),
        one_time: Base64(vec![2; 8]),
        expires_at: NOW,
        max_envelopes: 16,
    };
    let again = OpenLane::Again { lane_id: LaneId::from_bytes([1; 16]), lane_key: Base64(vec![3; 32]) };
    let problem = Problem::new(403, crate::api::code::REFUSED, "Refused");
    let known = [
        serde_json::to_vec(&problem),
        serde_json::to_vec(&registration),
        serde_json::to_vec(&lane),
        serde_json::to_vec(&again),
        serde_json::to_vec(&crate::api::Acknowledge { through: 9 }),
    ];
    known.into_iter().map(Result::unwrap).collect()
}
