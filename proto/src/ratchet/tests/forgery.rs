//! What a thief of the ratchet's state cannot do, and what even the peer may not do.

use super::craft::{Craft, inner_of};
use crate::content::Content;
use crate::envelope::Kind;
use crate::keys::{AgreementKey, DeviceKeys, KemSecret};
use crate::ratchet::OpenError;
use crate::testing::{NOW, Pair, message};

/// Bob's next envelope after `alter`, signed anew by Bob (a peer that breaks the rules), and what Alice makes of it.
fn from_a_faulty_peer(seed: &str, alter: impl FnOnce(&mut Craft)) -> Result<Content, OpenError> {
    let mut pair = Pair::new(seed);
    let envelope = pair.bob_seals(&message(1, "the chain begins"));
    pair.alice_opens(&envelope).unwrap();
    let content = message(2, "altered");
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
    alter(&mut craft);
    craft.sign(&pair.bob.device, &content.to_bytes());
    let envelope = craft.seal(&mut pair.rng);
    let before = pair.at_alice.to_record();
    let outcome = pair.alice_opens(&envelope);
    assert!(outcome.is_ok() || *before == *pair.at_alice.to_record());
    outcome
}

/// A thief has the whole ratchet state of both sides, but not Bob's device key. It takes Bob's genuine body with its genuine
/// signature, and puts it behind a header with ratchet keys of its own, so that Alice's next step would be towards the thief.
#[test]
fn a_genuine_body_behind_another_header_is_refused() {
    let mut pair = Pair::new("header swap");
    let (stolen_from_bob, stolen_from_alice) = (pair.at_bob.working_copy(), pair.at_alice.working_copy());
    let content = message(1, "genuine");
    let genuine = pair.bob_seals(&content);
    let thiefs_device = DeviceKeys::generate(&mut pair.rng);
    let mut craft = Craft::next(&stolen_from_bob, &mut pair.rng, &thiefs_device, &content);
    craft.inner = inner_of(&stolen_from_alice, &genuine);
    let swapped = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&swapped), Err(OpenError::Invalid));
    // Nothing but the signature stands in the way: with Bob's device key the same envelope would pass.
    let craft = Craft::next(&stolen_from_bob, &mut pair.rng, &pair.bob.device, &content);
    assert!(pair.at_alice.open(&craft.seal(&mut pair.rng), NOW).is_ok());
    // And the genuine one still arrives.
    assert_eq!(pair.alice_opens(&genuine), Ok(content));
}

#[test]
fn a_message_without_the_devices_signature_is_refused() {
    let mut pair = Pair::new("unsigned");
    let content = message(1, "unsigned");
    for signature in [[0; 64], [7; 64]] {
        let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
        let at = 4 + content.to_bytes().len();
        craft.inner[at..at + 64].copy_from_slice(&signature);
        assert_eq!(pair.at_alice.open(&craft.seal(&mut pair.rng), NOW).err(), Some(OpenError::Invalid));
    }
    let other = DeviceKeys::generate(&mut pair.rng);
    let craft = Craft::next(&pair.at_bob, &mut pair.rng, &other, &content);
    assert_eq!(pair.at_alice.open(&craft.seal(&mut pair.rng), NOW).err(), Some(OpenError::Invalid));
}

#[test]
fn a_wrong_commitment_is_refused_though_the_cipher_would_open() {
    let mut pair = Pair::new("commitment");
    let content = message(1, "committed");
    for position in [0, 31] {
        let craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
        let envelope = craft.seal_altered(&mut pair.rng, |body| body[position] ^= 1);
        assert_eq!(pair.at_alice.open(&envelope, NOW).err(), Some(OpenError::Invalid));
    }
}

#[test]
fn a_changed_cipher_text_is_refused_though_header_and_commitment_hold() {
    let mut pair = Pair::new("cipher");
    let craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &message(1, "sealed"));
    let envelope = craft.seal_altered(&mut pair.rng, |body| body[60] ^= 1);
    assert_eq!(pair.at_alice.open(&envelope, NOW).err(), Some(OpenError::Invalid));
}

#[test]
fn padding_that_is_not_zero_is_refused() {
    let mut pair = Pair::new("padding");
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &message(1, "padded"));
    *craft.inner.last_mut().unwrap() = 1;
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.at_alice.open(&envelope, NOW).err(), Some(OpenError::Invalid));
}

#[test]
fn headers_of_one_chain_must_repeat_its_keys() {
    assert!(from_a_faulty_peer("same", |_| ()).is_ok());
    let other = || KemSecret::from_bytes([9; 64]).public_key();
    let refused = Err(OpenError::Invalid);
    assert_eq!(from_a_faulty_peer("ek", |craft| craft.header.step.ek = other()), refused);
    assert_eq!(from_a_faulty_peer("dh", |craft| craft.header.step.dh = AgreementKey::from_bytes([9; 32])), refused);
    assert_eq!(from_a_faulty_peer("ct", |craft| craft.header.step.ct = None), refused);
    assert_eq!(from_a_faulty_peer("pn", |craft| craft.header.previous += 1), refused);
}

#[test]
fn a_step_cannot_leave_ml_kem_out() {
    let mut pair = Pair::new("strip");
    let content = message(1, "classical only");
    let mut bob = pair.at_bob.working_copy();
    // Bob behaves as if Alice had never offered a key.
    if let crate::ratchet::turn::Turn::Ours { theirs, .. } = &mut bob.turn {
        theirs.kem = None;
    }
    let craft = Craft::next(&bob, &mut pair.rng, &pair.bob.device, &content);
    assert!(craft.header.step.ct.is_none());
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::Invalid));
}

#[test]
fn a_degenerate_ratchet_key_is_refused() {
    let mut pair = Pair::new("degenerate");
    let content = message(1, "degenerate");
    for key in [[0; 32], {
        let mut one = [0; 32];
        one[0] = 1;
        one
    }] {
        let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
        craft.header.step.dh = AgreementKey::from_bytes(key);
        craft.sign(&pair.bob.device, &content.to_bytes());
        let envelope = craft.seal(&mut pair.rng);
        assert_eq!(pair.at_alice.open(&envelope, NOW).err(), Some(OpenError::Invalid));
    }
}

#[test]
fn a_peer_cannot_take_two_steps_in_a_row() {
    let mut pair = Pair::new("two steps");
    let envelope = pair.bob_seals(&message(1, "first step"));
    pair.alice_opens(&envelope).unwrap();
    // Alice has not answered, so no second step can be genuine, though Bob has the key that its header would have.
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &message(2, "second step"));
    craft.header_key = pair.at_alice.next_receiving.clone();
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::NotForThisSession));
}

/// A peer that was rolled back to before its step takes it again, with other keys in the same place.
#[test]
fn a_step_taken_twice_is_refused() {
    let mut pair = Pair::new("step twice");
    let twin = pair.at_bob.working_copy();
    let envelope = pair.bob_seals(&message(1, "step"));
    pair.alice_opens(&envelope).unwrap();
    let craft = Craft::next(&twin, &mut pair.rng, &pair.bob.device, &message(1, "another step"));
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::Invalid));
}

#[test]
fn a_step_cannot_deny_messages_that_arrived() {
    let mut pair = Pair::new("deny");
    for number in 1..4 {
        let envelope = pair.bob_seals(&message(number, "one of three"));
        pair.alice_opens(&envelope).unwrap();
    }
    let envelope = pair.alice_seals(&message(1, "your turn"));
    pair.bob_opens(&envelope).unwrap();
    let content = message(4, "there were only two");
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
    assert_eq!(craft.header.previous, 3);
    craft.header.previous = 2;
    craft.sign(&pair.bob.device, &content.to_bytes());
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::Invalid));
}

/// Alice began the session and has heard nothing yet: there is no chain before Bob's first.
#[test]
fn a_first_step_has_nothing_before_it() {
    let mut pair = Pair::new("nothing before");
    let content = message(1, "the second chain, it says");
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &content);
    assert_eq!(craft.header.previous, 0);
    craft.header.previous = 1;
    craft.sign(&pair.bob.device, &content.to_bytes());
    let envelope = craft.seal(&mut pair.rng);
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::Invalid));
}

#[test]
fn the_kind_of_envelope_is_under_the_headers_seal() {
    let mut pair = Pair::new("kind");
    let mut craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &message(1, "kind"));
    craft.kind = Kind::FirstFlight;
    let mut envelope = craft.seal(&mut pair.rng);
    envelope[..2].copy_from_slice(&Kind::Message.outer());
    assert_eq!(pair.alice_opens(&envelope), Err(OpenError::NotForThisSession));
}

/// Without this a relay could put an old header before other bytes and make the receiver report a fork.
#[test]
fn an_old_header_before_other_bytes_is_no_fork() {
    let mut pair = Pair::new("splice");
    let first = pair.bob_seals(&message(1, "first"));
    let second = pair.bob_seals(&message(2, "second"));
    pair.alice_opens(&first).unwrap();
    let mut spliced = first[..2 + 2440].to_vec();
    spliced.extend(&second[2 + 2440..]);
    assert_eq!(pair.alice_opens(&spliced), Err(OpenError::NotForThisSession));
    assert_eq!(pair.alice_opens(&first), Err(OpenError::AlreadyUsed));
}

/// A rolled-back sender repeats a place in its chain: another envelope with the same N.
#[test]
fn a_fork_of_the_peers_state_is_told_from_noise() {
    let mut pair = Pair::new("fork");
    let envelope = pair.bob_seals(&message(1, "step"));
    pair.alice_opens(&envelope).unwrap();
    let rolled_back = pair.at_bob.working_copy();
    let genuine = pair.bob_seals(&message(2, "genuine"));
    pair.alice_opens(&genuine).unwrap();
    let (forked, _) = rolled_back.seal(&mut pair.rng, &pair.bob.device, &message(2, "forked")).unwrap();
    assert_eq!(pair.alice_opens(&forked), Err(OpenError::AlreadyUsed));
    assert_ne!(crate::envelope::hash(&forked), crate::envelope::hash(&genuine));
}

#[test]
fn other_device_keys_cannot_seal() {
    let mut pair = Pair::new("other device");
    let other = DeviceKeys::generate(&mut pair.rng);
    let outcome = pair.at_alice.seal(&mut pair.rng, &other, &message(1, "not ours"));
    assert_eq!(outcome.err(), Some(crate::ratchet::SealError::OtherDevice));
}
