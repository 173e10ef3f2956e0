//! Recovery words, key agreement and encapsulation.

use a2a_proto::keys::{
    AgreementKey, AgreementSecret, DeviceKeys, Entropy, KemKey, KemSecret, NotContributory, WordsError,
};

use crate::fixtures::FixedRng;

#[test]
fn entropy_comes_back_from_its_words() {
    let entropy = Entropy::generate(&mut FixedRng::new(4));
    let words = entropy.to_words();
    assert_eq!(words.split(' ').count(), 24);
    let shouted = format!("  {}\n", words.to_uppercase().replace(' ', "\n  "));
    let restored = Entropy::from_words(&shouted).unwrap();
    assert_eq!(restored.to_bytes(), entropy.to_bytes());
    assert_eq!(restored.root_key().agent_id(), entropy.root_key().agent_id());
}

#[test]
fn wrong_words_are_named_by_place_only() {
    let words = Entropy::generate(&mut FixedRng::new(4)).to_words();
    let list: Vec<&str> = words.split(' ').collect();
    assert_eq!(Entropy::from_words(&list[..12].join(" ")).unwrap_err(), WordsError::Count);
    assert_eq!(Entropy::from_words("").unwrap_err(), WordsError::Count);
    let mut unknown = list.clone();
    unknown[6] = "geheimnis";
    let error = Entropy::from_words(&unknown.join(" ")).unwrap_err();
    assert_eq!(error, WordsError::Unknown { position: 7 });
    assert!(!error.to_string().contains("geheimnis"));
    let mut swapped = list;
    swapped.swap(0, 1);
    assert_eq!(Entropy::from_words(&swapped.join(" ")).unwrap_err(), WordsError::Checksum);
}

#[test]
fn root_and_backup_keys_are_apart_and_stable() {
    let entropy = Entropy::from_bytes([7; 32]);
    let text = format!(
        "words   {}\nid      {}\nbackup  {}",
        *entropy.to_words(),
        entropy.root_key().agent_id(),
        data_encoding::HEXLOWER.encode(entropy.backup_key().as_bytes())
    );
    insta::assert_snapshot!(text);
}

#[test]
fn device_keys_are_drawn_not_derived() {
    let mut rng = FixedRng::new(4);
    let (one, two) = (DeviceKeys::generate(&mut rng), DeviceKeys::generate(&mut rng));
    assert_ne!(one.device_key(), two.device_key());
    assert_ne!(one.agreement_key(), two.agreement_key());
    let restored = DeviceKeys::from_bytes(&one.to_bytes());
    assert_eq!(restored.device_key(), one.device_key());
    assert_eq!(restored.agreement_key(), one.agreement_key());
}

#[test]
fn both_ends_agree() {
    let mut rng = FixedRng::new(4);
    let (ours, theirs) = (AgreementSecret::generate(&mut rng), AgreementSecret::generate(&mut rng));
    assert_eq!(ours.agree(&theirs.public_key()).unwrap(), theirs.agree(&ours.public_key()).unwrap());
}

#[test]
fn keys_that_force_the_outcome_are_refused() {
    let ours = AgreementSecret::generate(&mut FixedRng::new(4));
    // The u-coordinates of small order, canonical and not (https://cr.yp.to/ecdh.html#validate).
    for hex in [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ] {
        let bytes: [u8; 32] = data_encoding::HEXLOWER.decode(hex.as_bytes()).unwrap().try_into().unwrap();
        assert_eq!(ours.agree(&AgreementKey::from_bytes(bytes)), Err(NotContributory), "{hex}");
    }
}

#[test]
fn an_encapsulated_secret_comes_out_for_its_key_only() {
    let mut rng = FixedRng::new(4);
    let (key, other) = (KemSecret::generate(&mut rng), KemSecret::generate(&mut rng));
    let (ciphertext, secret) = key.public_key().encapsulate(&mut rng);
    assert_eq!(key.decapsulate(&ciphertext), secret);
    assert_ne!(other.decapsulate(&ciphertext), secret);
    let restored = KemSecret::from_bytes(*key.to_bytes());
    assert_eq!(restored.decapsulate(&ciphertext), secret);
}

#[test]
fn kem_keys_out_of_range_are_refused() {
    let key = KemSecret::generate(&mut FixedRng::new(4)).public_key();
    assert!(KemKey::from_bytes(*key.as_bytes()).is_ok());
    // The first coefficient becomes 4095, which is not below 3329.
    let mut bytes = *key.as_bytes();
    bytes[0] = 0xff;
    bytes[1] |= 0x0f;
    assert!(KemKey::from_bytes(bytes).is_err());
}
