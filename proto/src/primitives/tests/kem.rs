//! ML-KEM-768 against another implementation, fips203: the same keys, ciphertexts and secrets, both ways.

use fips203::ml_kem_768::{self as fips, CipherText, DecapsKey, EncapsKey};
use fips203::traits::{Decaps, Encaps, KeyGen, SerDes};

use rand_core::Rng;

use super::Said;
use crate::keys::{KemCiphertext, KemKey, KemSecret};
use crate::testing::SeededRng;

const ROUNDS: usize = 20;

/// The same key pair, made by us and by fips203 out of one seed.
fn key_pair(rng: &mut SeededRng) -> (KemSecret, EncapsKey, DecapsKey) {
    let secret = KemSecret::generate(rng);
    let (d, z) = (secret.to_bytes()[..32].try_into().unwrap(), secret.to_bytes()[32..].try_into().unwrap());
    let (encaps, decaps) = fips::KG::keygen_from_seed(d, z);
    (secret, encaps, decaps)
}

#[test]
fn keys_from_one_seed_are_the_same() {
    let mut rng = SeededRng::new("keys");
    for _ in 0..ROUNDS {
        let (secret, encaps, _) = key_pair(&mut rng);
        assert_eq!(*secret.public_key().as_bytes(), encaps.into_bytes());
    }
}

#[test]
fn with_the_same_randomness_ciphertext_and_secret_are_the_same() {
    let mut rng = SeededRng::new("encapsulation");
    for round in 0..ROUNDS {
        let (secret, encaps, _) = key_pair(&mut rng);
        let drawn = [u8::try_from(round).unwrap(); 32];
        let (ct, shared) = secret.public_key().encapsulate(&mut Said(drawn.to_vec()));
        let (their_shared, their_ct) = encaps.encaps_from_seed(&drawn);
        assert_eq!(*ct.as_bytes(), their_ct.into_bytes());
        assert_eq!(*shared, their_shared.into_bytes());
    }
}

#[test]
fn what_we_encapsulate_they_decapsulate() {
    let mut rng = SeededRng::new("to them");
    for _ in 0..ROUNDS {
        let (secret, _, decaps) = key_pair(&mut rng);
        let (ct, shared) = secret.public_key().encapsulate(&mut rng);
        let theirs = decaps.try_decaps(&CipherText::try_from_bytes(*ct.as_bytes()).unwrap()).unwrap();
        assert_eq!(*shared, theirs.into_bytes());
    }
}

#[test]
fn what_they_encapsulate_we_decapsulate() {
    let mut rng = SeededRng::new("to us");
    for _ in 0..ROUNDS {
        let secret = KemSecret::generate(&mut rng);
        let mut drawn = [0; 32];
        rng.fill_bytes(&mut drawn);
        let key = EncapsKey::try_from_bytes(*secret.public_key().as_bytes()).unwrap();
        let (shared, ct) = key.encaps_from_seed(&drawn);
        assert_eq!(*secret.decapsulate(&KemCiphertext::from_bytes(ct.into_bytes())), shared.into_bytes());
    }
}

/// A changed ciphertext, and one that is nothing at all, yield the same unrelated secret everywhere, and no error.
#[test]
fn implicit_rejection_is_the_same() {
    let mut rng = SeededRng::new("rejection");
    for round in 0..ROUNDS {
        let (secret, _, decaps) = key_pair(&mut rng);
        let (ct, shared) = secret.public_key().encapsulate(&mut rng);
        let mut changed = *ct.as_bytes();
        changed[round * 53] ^= 1;
        for bytes in [changed, [0; 1088], [0xff; 1088]] {
            let ours = secret.decapsulate(&KemCiphertext::from_bytes(bytes));
            let theirs = decaps.try_decaps(&CipherText::try_from_bytes(bytes).unwrap()).unwrap();
            assert_eq!(*ours, theirs.into_bytes());
            assert_ne!(ours, shared);
        }
    }
}

/// Every coefficient of a key must be below 3,329; all agree on which keys those are.
#[test]
fn keys_out_of_range_are_refused_by_all() {
    let key = *KemSecret::generate(&mut SeededRng::new("range")).public_key().as_bytes();
    let mut refused = 0;
    // Two coefficients of 12 bits stand in three bytes.
    for at in (0..1152).step_by(3) {
        for value in [3328_u16, 3329, 4095] {
            let mut bytes = key;
            bytes[at] = value.to_le_bytes()[0];
            bytes[at + 1] = (bytes[at + 1] & 0xf0) | value.to_le_bytes()[1];
            let ours = KemKey::from_bytes(bytes).is_ok();
            assert_eq!(ours, value < 3329, "{at}");
            assert_eq!(ours, EncapsKey::try_from_bytes(bytes).is_ok(), "{at}");
            refused += usize::from(!ours);
        }
    }
    assert_eq!(refused, 2 * 384);
}
