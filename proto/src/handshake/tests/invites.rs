//! An invite's four parts stand or fall together.

use crate::handshake::{FirstFlight, Purpose, initiate, respond};
use crate::prekey::{OneTimeError, OneTimeSecret, VerifiedOneTime};
use crate::ratchet::OpenError;
use crate::testing::{NOW, Person, SeededRng, TestInvite, hello};

struct Scene {
    bob: Person,
    invite: TestInvite,
    first: FirstFlight,
    rng: SeededRng,
}

/// Alice takes up Bob's invite with these published keys.
fn scene(published: impl FnOnce(&Person, &mut TestInvite, &mut SeededRng)) -> Scene {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("invites"));
    let mut invite = TestInvite::by(&bob, &mut rng);
    published(&bob, &mut invite, &mut rng);
    let (bundle, one_time) = (bob.verified_bundle(), invite.fetched(&bob));
    let mut initiation = alice.initiation(&bundle, Purpose::Invite);
    initiation.invite = Some(invite.keys(&one_time));
    let initiated = initiate(&mut rng, &initiation).unwrap();
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let first = FirstFlight::parse(&envelope).unwrap();
    Scene { bob, invite, first, rng }
}

fn answer(scene: &Scene, alter: impl FnOnce(&mut crate::handshake::Responder<'_>)) -> Option<OpenError> {
    let mut responder = scene.bob.responder();
    responder.invite = Some(scene.invite.secrets());
    alter(&mut responder);
    respond(&scene.first, &responder, NOW).err()
}

#[test]
fn all_parts_together_are_accepted() {
    assert_eq!(answer(&scene(|_, _, _| ()), |_| ()), None);
}

#[test]
fn a_flight_with_an_invite_needs_the_invites_secrets() {
    let scene = scene(|_, _, _| ());
    assert_eq!(answer(&scene, |responder| responder.invite = None), Some(OpenError::NotForThisSession));
}

#[test]
fn a_knock_does_not_take_an_invites_secrets() {
    let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new("knock"));
    let invite = TestInvite::by(&bob, &mut rng);
    let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
    let (envelope, _) = initiated.seal(&mut rng, &alice.device, &hello(1)).unwrap();
    let mut responder = bob.responder();
    responder.invite = Some(invite.secrets());
    let outcome = respond(&FirstFlight::parse(&envelope).unwrap(), &responder, NOW);
    assert_eq!(outcome.err(), Some(OpenError::NotForThisSession));
}

/// A relay that saw the token, but not the invite's secret, cannot redeem the invite.
#[test]
fn the_psk_is_needed() {
    let scene = scene(|_, _, _| ());
    let mut psk = scene.invite.psk();
    psk[0] ^= 1;
    let outcome = answer(&scene, |responder| responder.invite.as_mut().unwrap().psk = psk);
    assert_eq!(outcome, Some(OpenError::NotForThisSession));
}

#[test]
fn the_flight_names_its_invite() {
    let mut scene = scene(|_, _, _| ());
    scene.first.clear.invite_id = Some(crate::id::InviteId::random(&mut scene.rng));
    assert_eq!(answer(&scene, |_| ()), Some(OpenError::NotForThisSession));
}

/// The relay serves its own ML-KEM key in the one-time pair, to read mail once X25519 falls.
#[test]
fn an_exchanged_ml_kem_key_breaks_the_pairs_signature() {
    let (bob, mut rng) = (Person::new("bob"), SeededRng::new("swap"));
    let invite = TestInvite::by(&bob, &mut rng);
    let relays = OneTimeSecret::generate(&mut rng).kem().public_key();
    let mut swapped = invite.published.clone();
    let ek = 1 + 32 + 16 + 32;
    swapped[ek..ek + 1184].copy_from_slice(relays.as_bytes());
    let outcome = VerifiedOneTime::parse(&swapped, &bob.certificate, &invite.id);
    assert!(matches!(outcome, Err(OneTimeError::Signature(_))));
}

/// Even were the signature to hold, the key stands in t0, so the responder notices.
#[test]
fn another_one_time_pair_than_the_responders_is_refused() {
    let other_pair = scene(|bob, invite, rng| {
        let other = OneTimeSecret::generate(rng);
        invite.published = other.sign(&bob.device, &bob.certificate, &invite.id);
    });
    assert_eq!(answer(&other_pair, |_| ()), Some(OpenError::NotForThisSession));
}
