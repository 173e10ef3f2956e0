//! Every change of an envelope by an outsider is noise to the receiver, and changes nothing there.

use std::sync::LazyLock;

use proptest::prelude::*;

use crate::handshake::FirstFlight;
use crate::ratchet::{OpenError, Session};
use crate::testing::{NOW, Pair, Person, message};

struct Scene {
    at_alice: Vec<u8>,
    envelope: Vec<u8>,
    knock: Vec<u8>,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let mut pair = Pair::new("tampering");
    let envelope = pair.bob_seals(&message(1, "do not touch"));
    Scene { at_alice: pair.at_alice.to_record().to_vec(), envelope, knock: pair.first }
});

/// Alice's answer, which must leave her session as it was.
fn refused(envelope: &[u8]) -> OpenError {
    let session = Session::from_record(&SCENE.at_alice).unwrap();
    let error = session.open(envelope, NOW).err().unwrap();
    assert_eq!(*session.to_record(), SCENE.at_alice);
    error
}

#[test]
fn the_scene_is_sound() {
    assert!(Session::from_record(&SCENE.at_alice).unwrap().open(&SCENE.envelope, NOW).is_ok());
    assert!(Person::new("bob").respond(&SCENE.knock).is_ok());
}

#[test]
fn a_flip_in_any_part_of_an_envelope_is_noise() {
    // Outer part, header nonce, header, its tag, commitment, body nonce, cipher text, its tag.
    let positions = [0, 1, 2, 25, 26, 60, 2000, 2425, 2441, 2442, 2473, 2474, 2497, 2498, 3000, 4079, 4080, 4095];
    for position in positions.into_iter().chain((0..4096).step_by(61)) {
        let mut envelope = SCENE.envelope.clone();
        envelope[position] ^= 1;
        assert_eq!(refused(&envelope), OpenError::NotForThisSession, "byte {position}");
    }
}

#[test]
fn a_flip_in_any_part_of_a_first_flight_is_refused() {
    let bob = Person::new("bob");
    for position in (0..1171).step_by(29).chain((1171..8192).step_by(173)) {
        let mut knock = SCENE.knock.clone();
        knock[position] ^= 1;
        let outcome = FirstFlight::parse(&knock).map(|_| bob.respond(&knock).err());
        assert!(!matches!(outcome, Ok(None)), "byte {position}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn any_flip_of_any_bit_is_noise(position in 0..4096_usize, bit in 0..8) {
        let mut envelope = SCENE.envelope.clone();
        envelope[position] ^= 1_u8 << bit;
        prop_assert_eq!(refused(&envelope), OpenError::NotForThisSession);
    }

    #[test]
    fn any_bytes_at_all_are_noise(bytes in proptest::collection::vec(any::<u8>(), 0..9000), as_envelope in any::<bool>()) {
        let mut bytes = bytes;
        if as_envelope {
            bytes.resize(4096, 0);
            bytes[..2].copy_from_slice(&[1, 2]);
        }
        prop_assert_eq!(refused(&bytes), OpenError::NotForThisSession);
        prop_assert!(FirstFlight::parse(&bytes).is_err() || bytes.len() == 8192);
    }

    #[test]
    fn truncated_and_extended_envelopes_are_noise(length in 0..9000_usize) {
        let mut envelope = SCENE.envelope.clone();
        envelope.resize(length, 0);
        prop_assume!(length != 4096);
        prop_assert_eq!(refused(&envelope), OpenError::NotForThisSession);
    }
}
