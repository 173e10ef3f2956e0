//! Project Wycheproof: what other implementations got wrong, run against our own functions.
//!
//! Each test holds how many vectors it ran, so that none is left out unseen. Left out is only what our functions cannot be
//! asked for, because their types rule it out: keys, nonces and signatures of other lengths.

use wycheproof::TestResult::{Acceptable, Invalid, Valid};
use wycheproof::xdh::TestFlag::ZeroSharedSecret;
use wycheproof::{aead, eddsa, hkdf, mac, mlkem, xdh};

use super::Said;
use crate::keys::signature::{check_public_key, verify_input};
use crate::keys::{AgreementKey, AgreementSecret, KemCiphertext, KemKey, KemSecret};
use crate::primitives::aead::{open_with, seal_with};
use crate::primitives::kdf;

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).unwrap();
    let (mut ran, mut of_other_length) = (0, 0);
    for group in &set.test_groups {
        let key: [u8; 32] = group.key.pk.as_slice().try_into().unwrap();
        for test in &group.tests {
            let Ok(signature) = <[u8; 64]>::try_from(test.sig.as_slice()) else {
                assert_eq!(test.result, Invalid);
                of_other_length += 1;
                continue;
            };
            let holds = check_public_key(&key).is_ok() && verify_input(&key, &test.msg, &signature).is_ok();
            assert_eq!(holds, test.result == Valid, "{} {}", test.tc_id, test.comment);
            ran += 1;
        }
    }
    assert_eq!((ran, of_other_length), (139, 12));
}

#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).unwrap();
    let (mut ran, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let ours = AgreementSecret::from_bytes(test.private_key.as_slice().try_into().unwrap());
        let theirs = AgreementKey::from_bytes(test.public_key.as_slice().try_into().unwrap());
        match ours.agree(&theirs) {
            Ok(shared) => {
                assert_ne!(test.result, Invalid, "{} {}", test.tc_id, test.comment);
                assert!(!test.flags.contains(&ZeroSharedSecret), "{} {}", test.tc_id, test.comment);
                assert_eq!(shared.as_slice(), test.shared_secret.as_slice(), "{} {}", test.tc_id, test.comment);
            }
            Err(_) => {
                assert_eq!(test.result, Acceptable, "{} {}", test.tc_id, test.comment);
                assert!(test.flags.contains(&ZeroSharedSecret), "{} {}", test.tc_id, test.comment);
                refused += 1;
            }
        }
        ran += 1;
    }
    assert_eq!((ran, refused), (518, 31));
}

#[test]
fn xchacha20_poly1305() {
    let set = aead::TestSet::load(aead::TestName::XChaCha20Poly1305).unwrap();
    let (mut ran, mut of_other_length) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let key: [u8; 32] = test.key.as_slice().try_into().unwrap();
        let Ok(nonce) = <[u8; 24]>::try_from(test.nonce.as_slice()) else {
            assert_eq!(test.result, Invalid);
            of_other_length += 1;
            continue;
        };
        let sealed = [test.ct.as_slice(), test.tag.as_slice()].concat();
        let opened = open_with(&key, &nonce, &test.aad, &sealed);
        assert_eq!(opened.is_ok(), test.result == Valid, "{} {}", test.tc_id, test.comment);
        if let Ok(opened) = opened {
            assert_eq!(opened.as_slice(), test.pt.as_slice());
            assert_eq!(seal_with(&key, &nonce, &test.aad, &test.pt).unwrap(), sealed);
        }
        ran += 1;
    }
    assert_eq!((ran, of_other_length), (306, 9));
}

#[test]
fn hkdf_sha256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).unwrap();
    let (mut ran, mut too_long) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.size > 255 * 32 {
            assert_eq!(test.result, Invalid);
            too_long += 1;
            continue;
        }
        // Shorter outputs are the beginning of longer ones. In two parts each, as the protocol hands them over.
        let (material, info) = (test.ikm.split_at(test.ikm.len() / 2), test.info.split_at(test.info.len() / 2));
        let keys = kdf::derive::<255>(&test.salt, &[material.0, material.1], &[info.0, info.1]);
        assert_eq!(&keys.as_flattened()[..test.size], test.okm.as_slice(), "{} {}", test.tc_id, test.comment);
        let one = kdf::derive_one(&test.salt, &[&test.ikm], &[&test.info]);
        assert_eq!(*one, keys[0]);
        ran += 1;
    }
    assert_eq!((ran, too_long), (83, 3));
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).unwrap();
    let mut ran = 0;
    for group in &set.test_groups {
        for test in &group.tests {
            let computed: [u8; 32] = hmac::Mac::finalize(kdf::mac(&test.key, &test.msg)).into_bytes().into();
            let holds = computed.starts_with(&test.tag);
            assert_eq!(holds, test.result == Valid, "{} {}", test.tc_id, test.comment);
            // As deposits are checked: the whole tag, in constant time.
            let verified = hmac::Mac::verify_slice(kdf::mac(&test.key, &test.msg), &test.tag).is_ok();
            assert_eq!(verified, holds && group.tag_size == 256, "{} {}", test.tc_id, test.comment);
            if let Ok(key) = <&[u8; 32]>::try_from(test.key.as_slice()) {
                assert_eq!(*kdf::hmac(key, &test.msg), computed);
            }
            ran += 1;
        }
    }
    assert_eq!(ran, 174);
}

#[test]
fn ml_kem_768_keys_and_decapsulation() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768).unwrap();
    let (mut ran, mut of_other_length) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let seed = test.seed.as_ref().and_then(|seed| <[u8; 64]>::try_from(seed.as_slice()).ok());
        let ct = test.ct.as_ref().and_then(|ct| <[u8; 1088]>::try_from(ct.as_slice()).ok());
        let (Some(seed), Some(ct)) = (seed, ct) else {
            assert_eq!(test.result, Invalid, "{} {}", test.tc_id, test.comment);
            of_other_length += 1;
            continue;
        };
        let secret = KemSecret::from_bytes(seed);
        if let Some(ek) = &test.encaps_key {
            assert_eq!(secret.public_key().as_bytes(), ek.as_slice(), "{} {}", test.tc_id, test.comment);
        }
        let shared = secret.decapsulate(&KemCiphertext::from_bytes(ct));
        assert_eq!(shared.as_slice(), test.shared_secret.as_ref().unwrap().as_slice(), "{}", test.tc_id);
        ran += 1;
    }
    assert_eq!((ran, of_other_length), (161, 40));
}

#[test]
fn ml_kem_768_keys_from_seeds() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768KeyGenSeed).unwrap();
    let mut ran = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let seed = test.seed.as_ref().unwrap().as_slice().try_into().unwrap();
        let key = KemSecret::from_bytes(seed).public_key();
        assert_eq!(key.as_bytes(), test.encaps_key.as_ref().unwrap().as_slice(), "{}", test.tc_id);
        ran += 1;
    }
    assert_eq!(ran, 100);
}

#[test]
fn ml_kem_768_encapsulation() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768Encaps).unwrap();
    let (mut ran, mut refused) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let bytes = <[u8; 1184]>::try_from(test.encaps_key.as_ref().unwrap().as_slice());
        let Some(key) = bytes.ok().and_then(|bytes| KemKey::from_bytes(bytes).ok()) else {
            assert_eq!(test.result, Invalid, "{} {}", test.tc_id, test.comment);
            refused += 1;
            continue;
        };
        assert_eq!(test.result, Valid, "{} {}", test.tc_id, test.comment);
        let (ct, shared) = key.encapsulate(&mut Said(test.msg.as_ref().unwrap().to_vec()));
        assert_eq!(ct.as_bytes(), test.ct.as_ref().unwrap().as_slice(), "{}", test.tc_id);
        assert_eq!(shared.as_slice(), test.shared_secret.as_ref().unwrap().as_slice(), "{}", test.tc_id);
        ran += 1;
    }
    assert_eq!((ran, refused), (133, 132));
}
