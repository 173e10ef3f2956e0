//! What a leak costs: every step needs both private keys, and a round trip shuts a listener out again.

use crate::keys::{AgreementSecret, KemSecret};
use crate::ratchet::OpenError;
use crate::ratchet::turn::Turn;
use crate::testing::{NOW, Pair, message};

/// Who has everything of Alice but one of her two private ratchet keys cannot follow Bob's step.
#[test]
fn a_step_needs_both_private_keys() {
    let mut pair = Pair::new("both keys");
    let (mut without_dh, mut without_kem) = (pair.at_alice.working_copy(), pair.at_alice.working_copy());
    if let Turn::Theirs { ours, .. } = &mut without_dh.turn {
        ours.dh = AgreementSecret::generate(&mut pair.rng);
    }
    if let Turn::Theirs { ours, .. } = &mut without_kem.turn {
        ours.kem = Some(KemSecret::generate(&mut pair.rng));
    }
    let envelope = pair.bob_seals(&message(1, "stepped"));
    assert_eq!(without_dh.open(&envelope, NOW).err(), Some(OpenError::Invalid));
    assert_eq!(without_kem.open(&envelope, NOW).err(), Some(OpenError::Invalid));
    assert!(pair.alice_opens(&envelope).is_ok());
}

/// A listener has the whole state of both sides, once. It reads on until each side has stepped, and no further.
#[test]
fn a_round_trip_shuts_a_listener_out() {
    let mut pair = Pair::new("listener");
    let (stolen_alice, stolen_bob) = (pair.at_alice.working_copy(), pair.at_bob.working_copy());
    let envelope = pair.bob_seals(&message(1, "still readable"));
    assert!(stolen_alice.open(&envelope, NOW).is_ok());
    let (_, listening) = stolen_alice.open(&envelope, NOW).unwrap();
    pair.alice_opens(&envelope).unwrap();
    let envelope = pair.alice_seals(&message(1, "no longer"));
    for thief in [&stolen_bob, &stolen_alice, &listening] {
        assert!(thief.open(&envelope, NOW).is_err());
    }
    pair.bob_opens(&envelope).unwrap();
    let envelope = pair.bob_seals(&message(2, "nor this"));
    for thief in [&stolen_bob, &stolen_alice, &listening] {
        assert!(thief.open(&envelope, NOW).is_err());
    }
    pair.alice_opens(&envelope).unwrap();
}

/// Each of the two keys alone would shut the listener out, so each is held to be new at every step.
#[test]
fn every_step_draws_both_keys_anew() {
    let mut pair = Pair::new("fresh");
    let mut seen = std::collections::BTreeSet::new();
    for number in 0..3 {
        let envelope = pair.bob_seals(&message(number, "there"));
        pair.alice_opens(&envelope).unwrap();
        let envelope = pair.alice_seals(&message(number, "back"));
        pair.bob_opens(&envelope).unwrap();
        for session in [&pair.at_alice, &pair.at_bob] {
            if let Turn::Theirs { ours, .. } = &session.turn {
                assert!(seen.insert(ours.dh.public_key().as_bytes().to_vec()));
                assert!(seen.insert(ours.kem.as_ref().unwrap().public_key().as_bytes().to_vec()));
            }
        }
    }
    assert_eq!(seen.len(), 6);
}
