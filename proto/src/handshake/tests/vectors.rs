//! The pinned conversations in `tests/vectors/conversations.json`: a change of any byte of the protocol shows here.
//!
//! `UPDATE_VECTORS=1 cargo test -p a2a-proto vectors` writes the file anew; do so only with a new suite or version.

use std::path::PathBuf;

use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};

use crate::certificate::Certificate;
use crate::content::{Body, Content};
use crate::counter::Counter;
use crate::handshake::first_flight::FirstFlight;
use crate::handshake::identity::SEALED_IDENTITY_BYTES;
use crate::handshake::schedule::{self, FirstKeys, Responding, Secrets};
use crate::handshake::{InviteSecrets, Purpose, Responder, initiate, respond};
use crate::invite::InviteSecret;
use crate::keys::DeviceKeys;
use crate::prekey::{OneTimeSecret, PrekeySecret};
use crate::primitives::{aead, kdf::sha256};
use crate::ratchet::Session;
use crate::testing::{NOW, Person, SeededRng, TestInvite, hello, message};
use crate::time::Timestamp;

fn text(bytes: &[u8]) -> Value {
    Value::String(BASE64URL_NOPAD.encode(bytes))
}

fn bytes(value: &Value) -> Vec<u8> {
    BASE64URL_NOPAD.decode(value.as_str().unwrap().as_bytes()).unwrap()
}

fn array<const N: usize>(value: &Value) -> [u8; N] {
    bytes(value).try_into().unwrap()
}

fn path() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/vectors/conversations.json")
}

/// Two people talking, written down as it happens, in the order of delivery.
struct Talk {
    alice: Person,
    bob: Person,
    at_alice: Session,
    at_bob: Session,
    rng: SeededRng,
    messages: Vec<Value>,
}

impl Talk {
    fn seal(&mut self, by_bob: bool, content: &Content) -> Value {
        let (session, device) =
            if by_bob { (&mut self.at_bob, &self.bob.device) } else { (&mut self.at_alice, &self.alice.device) };
        let (envelope, next) = session.seal(&mut self.rng, device, content).unwrap();
        *session = next;
        json!({
            "from": if by_bob { "bob" } else { "alice" },
            "envelope": text(&envelope),
            "content": text(&content.to_bytes()),
            "sender_ratchet": ratchet_secrets(session),
        })
    }

    fn deliver(&mut self, message: Value) {
        let session = if message["from"] == "bob" { &mut self.at_alice } else { &mut self.at_bob };
        let (opened, next) = session.open(&bytes(&message["envelope"]), NOW).unwrap();
        assert_eq!(opened.content().to_bytes(), bytes(&message["content"]));
        *session = next;
        self.messages.push(message);
    }

    /// Replies, steps, and one message that overtakes two others.
    fn converse(mut self) -> Vec<Value> {
        let first = self.seal(true, &message(1, "yes, thursday works"));
        let second = self.seal(true, &message(2, "2pm?"));
        let third = self.seal(true, &message(3, "or 3pm"));
        self.deliver(third);
        self.deliver(first);
        let answer = self.seal(false, &message(1, "2pm it is \u{1f44d}"));
        self.deliver(answer);
        let stepped = self.seal(true, &crate::testing::content(4, Body::Ack {}));
        self.deliver(stepped);
        self.deliver(second);
        let last = self.seal(false, &message(2, &"long ".repeat(400)));
        self.deliver(last);
        self.messages
    }
}

fn ratchet_secrets(session: &Session) -> Value {
    let (dh, kem) = session.ratchet_secrets().unwrap();
    json!({ "x25519": text(&dh), "ml_kem_seed": text(&kem) })
}

fn person(person: &Person, name: &str) -> Value {
    let (device, prekey) = (person.device.to_bytes(), person.prekey.to_bytes());
    json!({
        "entropy": text(&sha256(&[name.as_bytes()])),
        "id": person.certificate.id().to_string(),
        "device_signing_seed": text(&device[..32]),
        "agreement_secret": text(&device[32..]),
        "certificate": text(person.certificate.as_bytes()),
        "prekey_record": text(prekey.as_ref()),
        "signed_prekey_secret": text(person.prekey.agreement().to_bytes().as_ref()),
        "signed_ml_kem_seed": text(person.prekey.kem().to_bytes().as_ref()),
        "bundle": text(&person.bundle),
    })
}

/// The values on the way to SID, for who looks for the step at which another implementation differs.
fn intermediate(first: &FirstFlight, bob: &Person, invite: Option<&TestInvite>, alice: &Certificate) -> Value {
    let ephemeral = &first.clear.ephemeral;
    let one_time = invite.map(|invite| &invite.one_time);
    let kem_secret = one_time.map_or_else(|| bob.prekey.kem(), OneTimeSecret::kem);
    let (kem, opk) = (kem_secret.public_key(), one_time.map(|pair| pair.agreement().public_key()));
    let t0 = schedule::t0(&Responding { id: bob.certificate.id(), one_time: opk.as_ref(), kem: &kem }, &first.clear);
    let secrets = Secrets {
        dh2: bob.device.agreement().agree(ephemeral).unwrap(),
        dh3: bob.prekey.agreement().agree(ephemeral).unwrap(),
        dh4: one_time.map(|pair| pair.agreement().agree(ephemeral).unwrap()),
        kem: kem_secret.decapsulate(&first.clear.ct),
        psk: invite.map(TestInvite::psk),
    };
    let keys = FirstKeys::derive(&secrets, &t0);
    let identity = aead::open(keys.identity.as_bytes(), &schedule::box_ad(&t0), &first.identity_box).unwrap();
    assert_eq!(identity.len() + 40, SEALED_IDENTITY_BYTES);
    json!({
        "t0": text(&t0),
        "dh1": text(bob.prekey.agreement().agree(alice.agreement()).unwrap().as_ref()),
        "dh2": text(secrets.dh2.as_ref()),
        "dh3": text(secrets.dh3.as_ref()),
        "dh4": secrets.dh4.as_ref().map(|dh4| text(dh4.as_ref())),
        "ml_kem_secret": text(secrets.kem.as_ref()),
        "identity_box_key": text(keys.identity.as_bytes()),
        "identity": text(&identity),
        "replay_key": text(&first.replay_key()),
    })
}

fn conversation(name: &str, purpose: Purpose) -> Value {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new(&format!("vector {name}")));
    let invite = matches!(purpose, Purpose::Invite).then(|| TestInvite::by(&bob, &mut rng));
    let (bundle, one_time) = (bob.verified_bundle(), invite.as_ref().map(|invite| invite.fetched(&bob)));
    let mut initiation = alice.initiation(&bundle, purpose);
    initiation.invite = invite.as_ref().zip(one_time.as_ref()).map(|(invite, one_time)| invite.keys(one_time));
    let initiated = initiate(&mut rng, &initiation).unwrap();
    let (envelope, at_alice) = initiated.seal(&mut rng, &alice.device, &hello(0)).unwrap();
    let first = FirstFlight::parse(&envelope).unwrap();
    let mut responder = bob.responder();
    responder.invite = invite.as_ref().map(TestInvite::secrets);
    let responded = respond(&first, &responder, NOW).unwrap();
    let mut written = json!({
        "name": name,
        "first_flight": text(&envelope),
        "content": text(&hello(0).to_bytes()),
        "session_id": text(at_alice.id().as_bytes()),
        "initiator_ratchet": ratchet_secrets(&at_alice),
        "intermediate": intermediate(&first, &bob, invite.as_ref(), &alice.certificate),
        "invite": invite.as_ref().map(|invite| json!({
            "id": text(invite.id.as_bytes()),
            "secret": text(invite.secret.to_bytes().as_ref()),
            "psk": text(invite.psk().as_ref()),
            "one_time_record": text(invite.one_time.to_bytes().as_ref()),
            "one_time": text(&invite.published),
        })),
    });
    let talk = Talk { alice, bob, at_alice, at_bob: responded.session, rng, messages: Vec::new() };
    written["messages"] = Value::Array(talk.converse());
    written
}

fn all() -> Value {
    let reset = Purpose::Reset { counter: Counter::new(1, 3), quoted: Some([0x51; 32]) };
    json!({
        "about": "Conversations that a receiver must accept. Bytes are base64url without padding; see docs/protocol.md, sections 7 to 10. Messages stand in the order of delivery.",
        "now_millis": NOW.millis(),
        "alice": person(&Person::new("alice"), "alice"),
        "bob": person(&Person::new("bob"), "bob"),
        "conversations": [
            conversation("knock", Purpose::Knock),
            conversation("invite", Purpose::Invite),
            conversation("reset", reset),
        ],
    })
}

#[test]
fn vectors_are_what_this_program_writes() {
    let written = serde_json::to_string_pretty(&all()).unwrap() + "\n";
    if std::env::var_os("UPDATE_VECTORS").is_some() {
        std::fs::write(path(), &written).unwrap();
    }
    assert!(std::fs::read_to_string(path()).unwrap() == written, "the protocol's bytes changed");
}

/// Opens everything with nothing but what the file says, as another implementation would.
#[test]
fn vectors_open_with_what_the_file_says() {
    let file: Value = serde_json::from_str(&std::fs::read_to_string(path()).unwrap()).unwrap();
    let (bob, now) = (&file["bob"], Timestamp::from_millis(file["now_millis"].as_u64().unwrap()));
    let keys = [bytes(&bob["device_signing_seed"]), bytes(&bob["agreement_secret"])].concat();
    let device = DeviceKeys::from_bytes(&keys.try_into().unwrap());
    let certificate = Certificate::parse_verified(&bytes(&bob["certificate"])).unwrap();
    let prekey = PrekeySecret::from_bytes(&bytes(&bob["prekey_record"])).unwrap();
    for conversation in file["conversations"].as_array().unwrap() {
        let invite = &conversation["invite"];
        let one_time =
            (!invite.is_null()).then(|| OneTimeSecret::from_bytes(&bytes(&invite["one_time_record"])).unwrap());
        let responder = Responder {
            device: &device,
            certificate: &certificate,
            prekey: &prekey,
            bundle_hash: sha256(&[&bytes(&bob["bundle"])]),
            invite: one_time.as_ref().map(|one_time| InviteSecrets {
                one_time,
                psk: InviteSecret::from_bytes(array(&invite["secret"])).psk(),
            }),
        };
        let first = FirstFlight::parse(&bytes(&conversation["first_flight"])).unwrap();
        let responded = respond(&first, &responder, now).unwrap();
        assert_eq!(responded.session.id().as_bytes(), &array::<32>(&conversation["session_id"]));
        assert_eq!(responded.opened.content().to_bytes(), bytes(&conversation["content"]));
    }
}
