//! What even who holds all of the responder's keys cannot do, and what nobody may claim.

use zeroize::Zeroizing;

use crate::certificate::Certificate;
use crate::codec::Writer;
use crate::counter::Counter;
use crate::handshake::first_flight::{Clear, FirstFlight};
use crate::handshake::identity::Identity;
use crate::handshake::schedule::{self, FirstKeys, Responding, Secrets};
use crate::handshake::{InitiateError, Purpose, initiate, respond};
use crate::id::LaneId;
use crate::keys::{AgreementKey, AgreementSecret, DeviceKeys, Entropy};
use crate::primitives::aead;
use crate::primitives::kdf::sha256;
use crate::ratchet::OpenError;
use crate::testing::{DAY, NOW, Person, SeededRng, hello};

/// The first keys of a flight, computed from the responder's secrets: what a thief of those has.
fn stolen_keys(first: &FirstFlight, bob: &Person) -> (FirstKeys, [u8; 32]) {
    let (ephemeral, kem) = (&first.clear.ephemeral, bob.prekey.kem().public_key());
    let t0 = schedule::t0(&Responding { id: bob.certificate.id(), one_time: None, kem: &kem }, &first.clear);
    let secrets = Secrets {
        dh2: bob.device.agreement().agree(ephemeral).unwrap(),
        dh3: bob.prekey.agreement().agree(ephemeral).unwrap(),
        dh4: None,
        kem: bob.prekey.kem().decapsulate(&first.clear.ct),
        psk: None,
    };
    (FirstKeys::derive(&secrets, &t0), t0)
}

/// Alice's genuine knock at Bob, with the plaintext of its identity box replaced by what `alter` makes of it.
fn with_identity(alter: impl FnOnce(Zeroizing<Vec<u8>>, &[u8; 32], &mut SeededRng) -> Vec<u8>) -> Option<OpenError> {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("identity"));
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let mut first = FirstFlight::parse(&envelope).unwrap();
    let (keys, t0) = stolen_keys(&first, &bob);
    let plain = aead::open(keys.identity.as_bytes(), &schedule::box_ad(&t0), &first.identity_box).unwrap();
    let plain = alter(plain, &t0, &mut rng);
    let sealed = aead::seal(&mut rng, keys.identity.as_bytes(), &schedule::box_ad(&t0), &plain).unwrap();
    first.identity_box = sealed.try_into().unwrap();
    respond(&first, &bob.responder(), NOW).err()
}

#[test]
fn the_altered_box_reaches_the_checks_behind_it() {
    // Only the box's nonce is new, so t1 and with it the session differ: the box passes, the message after it does not open.
    assert_eq!(with_identity(|plain, _, _| plain.to_vec()), Some(OpenError::NotForThisSession));
}

/// Key-compromise impersonation: with all of Bob's keys the thief makes a box in Alice's name, with her public certificate.
#[test]
fn a_thief_of_the_responders_keys_cannot_speak_for_the_initiator() {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    let impersonation = with_identity(|_, t0, rng| {
        let identity = Identity {
            certificate: alice.certificate.clone(),
            reply_lane: alice.lane.clone(),
            purpose: Purpose::Knock,
        };
        identity.to_bytes(&DeviceKeys::generate(rng), t0, bob.certificate.id()).to_vec()
    });
    assert_eq!(impersonation, Some(OpenError::Invalid));
}

#[test]
fn every_part_of_the_identity_is_under_its_signature() {
    // Certificate, relay's text, lane, lane key, purpose, counter, quoted flag, nonce, signature, padding.
    let relay = "alice.example.org".len();
    let lane = 181 + 4 + relay;
    let positions = [
        0,
        100,
        180,
        181 + 4,
        lane,
        lane + 16,
        lane + 48,
        lane + 49,
        lane + 61,
        lane + 62,
        lane + 94,
        lane + 158,
        1023,
    ];
    for position in positions {
        let outcome = with_identity(|mut plain, _, _| {
            plain[position] ^= 1;
            plain.to_vec()
        });
        assert_eq!(outcome, Some(OpenError::Invalid), "byte {position}");
    }
}

/// With the box's keys the reply lane could be exchanged for the thief's, were it not signed.
#[test]
fn a_reply_lane_cannot_be_exchanged() {
    let outcome = with_identity(|mut plain, _, rng| {
        let lane = 181 + 4 + "alice.example.org".len();
        plain[lane..lane + 16].copy_from_slice(LaneId::random(rng).as_bytes());
        plain.to_vec()
    });
    assert_eq!(outcome, Some(OpenError::Invalid));
}

/// What an initiator that breaks the rules claims, correctly signed.
fn claimed(identity: impl FnOnce(&Person) -> Identity) -> Option<OpenError> {
    let (alice, bob) = (Person::new("alice"), Person::new("bob"));
    with_identity(|_, t0, _| identity(&alice).to_bytes(&alice.device, t0, bob.certificate.id()).to_vec())
}

fn genuine(alice: &Person) -> Identity {
    Identity { certificate: alice.certificate.clone(), reply_lane: alice.lane.clone(), purpose: Purpose::Knock }
}

#[test]
fn claims_that_do_not_fit_are_refused() {
    let purpose = |purpose| move |alice: &Person| Identity { purpose, ..genuine(alice) };
    assert_eq!(claimed(genuine), Some(OpenError::NotForThisSession), "the control");
    assert_eq!(claimed(purpose(Purpose::Invite)), Some(OpenError::Invalid), "an invite without an invite");
    let reset = Purpose::Reset { counter: Counter::new(2, 1), quoted: None };
    assert_eq!(claimed(purpose(reset)), Some(OpenError::Invalid), "a counter of another epoch than the certificate's");
}

#[test]
fn a_certificate_outside_its_time_is_refused() {
    let root = Entropy::from_bytes(sha256(&[b"alice"])).root_key();
    for (from, to) in [(NOW.minus(DAY), NOW.minus(DAY / 2)), (NOW.plus(DAY / 2), NOW.plus(DAY))] {
        let outcome = claimed(|alice| {
            let certificate = Certificate::issue(&root, &alice.device, 1, from, to).unwrap();
            Identity { certificate, ..genuine(alice) }
        });
        assert_eq!(outcome, Some(OpenError::Invalid));
    }
}

#[test]
fn a_degenerate_ephemeral_key_is_refused() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("degenerate"));
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let mut first = FirstFlight::parse(&envelope).unwrap();
    for byte in [0, 1] {
        let mut key = [0; 32];
        key[0] = byte;
        first.clear.ephemeral = AgreementKey::from_bytes(key);
        assert_eq!(respond(&first, &bob.responder(), NOW).err(), Some(OpenError::Invalid));
    }
}

/// Mallory publishes a bundle around Bob's own prekeys; a flight to Mallory must not pass as a flight to Bob.
#[test]
fn a_flight_to_one_agent_is_none_to_another_with_the_same_keys() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("misdirected"));
    let mallory = Person { device: bob.device.clone(), ..Person::new("mallory") };
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let first = FirstFlight::parse(&envelope).unwrap();
    let mut responder = bob.responder();
    assert!(respond(&first, &responder, NOW).is_ok());
    responder.certificate = &mallory.certificate;
    assert_eq!(respond(&first, &responder, NOW).err(), Some(OpenError::NotForThisSession));
}

#[test]
fn another_bundle_than_the_named_one_is_refused() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("bundle"));
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let mut first = FirstFlight::parse(&envelope).unwrap();
    let mut responder = bob.responder();
    responder.bundle_hash[0] ^= 1;
    let untouched = respond(&first, &responder, NOW);
    assert_eq!(untouched.err(), Some(OpenError::NotForThisSession), "a bundle around the same keys");
    first.clear.bundle_hash[0] ^= 1;
    let mut responder = bob.responder();
    assert_eq!(respond(&first, &responder, NOW).err(), Some(OpenError::NotForThisSession));
    responder.bundle_hash[0] ^= 1;
    assert_eq!(respond(&first, &responder, NOW).err(), Some(OpenError::NotForThisSession), "t0 covers it");
}

#[test]
fn the_initiator_is_told_what_cannot_work() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("refusals"));
    let (bundle, own_bundle) = (bob.verified_bundle(), alice.verified_bundle());
    let mut refusal = |initiation| initiate(&mut rng, &initiation).err();
    assert_eq!(refusal(alice.initiation(&own_bundle, Purpose::Knock)), Some(InitiateError::Oneself));
    assert_eq!(refusal(alice.initiation(&bundle, Purpose::Invite)), Some(InitiateError::InviteParts));
    let other_epoch = Purpose::Reset { counter: Counter::new(2, 1), quoted: None };
    assert_eq!(refusal(alice.initiation(&bundle, other_epoch)), Some(InitiateError::OtherEpoch));
    // Another device, and one that shares half of its keys.
    let halves = |one: &DeviceKeys, other: &DeviceKeys| {
        let (mut keys, other) = (*one.to_bytes(), other.to_bytes());
        keys[32..].copy_from_slice(&other[32..]);
        DeviceKeys::from_bytes(&keys)
    };
    for device in [&bob.device, &halves(&alice.device, &bob.device), &halves(&bob.device, &alice.device)] {
        let mut initiation = alice.initiation(&bundle, Purpose::Knock);
        initiation.device = device;
        assert_eq!(refusal(initiation), Some(InitiateError::OtherDevice));
    }
}

/// The longest identity leaves the box's size alone.
#[test]
fn the_box_has_one_size() {
    let (mut alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("box"));
    let label = "a".repeat(63);
    alice.lane.relay = format!("{label}.{label}.{label}.{}:65535", "a".repeat(61)).parse().unwrap();
    let purpose = Purpose::Reset { counter: Counter::new(1, u64::MAX), quoted: Some([0xff; 32]) };
    let initiated = alice.initiate(&mut rng, &bob, purpose);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    assert_eq!(bob.respond(&envelope).unwrap().reply_lane, alice.lane);
}

/// The clear part has one form: without an invite its id is zero, and no other flag is known.
#[test]
fn the_clear_part_has_one_form() {
    let ephemeral = AgreementSecret::from_bytes([1; 32]).public_key();
    let mut rng = SeededRng::new("clear");
    let (ct, _) = Person::new("bob").prekey.kem().public_key().encapsulate(&mut rng);
    let clear = Clear { bundle_hash: [3; 32], invite_id: None, ephemeral, ct };
    let mut writer = Writer::new();
    writer.fixed(&[1, 1]);
    clear.write(&mut writer);
    let mut envelope = writer.finish();
    envelope.resize(8192, 0);
    assert!(FirstFlight::parse(&envelope).is_ok());
    for (position, value) in [(0, 2), (1, 2), (34, 2), (34, 255), (35, 1), (50, 1)] {
        let mut altered = envelope.clone();
        altered[position] = value;
        assert!(FirstFlight::parse(&altered).is_err(), "byte {position}");
    }
}
