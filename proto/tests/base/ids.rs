//! Agent ids: every rejection of the specification, and the text forms of the other identifiers.

use a2a_proto::codec::Reader;
use a2a_proto::id::{AgentId, EnvelopeId, MessageId, ParseAgentIdError, ParseIdError};
use a2a_proto::keys::DeviceKey;
use a2a_proto::labels::ID_CHECKSUM;
use a2a_proto::safety_words::safety_words;
use curve25519_dalek::constants::{ED25519_BASEPOINT_POINT, EIGHT_TORSION};
use curve25519_dalek::edwards::{CompressedEdwardsY, EdwardsPoint};
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::{Identity, IsIdentity};
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::fixtures::{FixedRng, NOW, World};

/// Writes an id as the specification says, independently of the crate, for keys that the crate would never print.
fn id_text(key: &[u8; 32], version: u8) -> String {
    let mut input = u32::try_from(ID_CHECKSUM.len()).unwrap().to_be_bytes().to_vec();
    input.extend_from_slice(ID_CHECKSUM.as_bytes());
    input.extend_from_slice(key);
    input.push(version);
    let checksum = &Sha256::digest(&input)[..2];
    let encoded = data_encoding::BASE32_NOPAD.encode(&[key.as_slice(), checksum, &[version]].concat());
    format!("a2a_{}", encoded.to_lowercase())
}

fn refusal(key: &[u8; 32]) -> ParseAgentIdError {
    let by_text = id_text(key, 1).parse::<AgentId>().unwrap_err();
    assert_eq!(AgentId::from_key_bytes(key).unwrap_err(), by_text);
    assert!(AgentId::read(&mut Reader::new(key)).is_err(), "inside a layout");
    assert!(DeviceKey::read(&mut Reader::new(key)).is_err(), "as the key of a device");
    by_text
}

/// The encodings y = p + k: other spellings of y = k.
fn spellings_above_the_prime() -> impl Iterator<Item = [u8; 32]> {
    (0..=18).map(|k: u8| {
        let mut bytes = [0xff; 32];
        bytes[0] = 0xed + k;
        bytes[31] = 0x7f;
        bytes
    })
}

#[test]
fn an_id_reads_back_what_it_prints() {
    let id = *World::new(1).certificate.id();
    let text = id.to_string();
    assert_eq!(text.len(), 60);
    assert_eq!(text, id_text(id.as_bytes(), 1));
    assert_eq!(text.parse(), Ok(id));
    assert_eq!(serde_json::from_str::<AgentId>(&format!("\"{text}\"")).unwrap(), id);
}

#[test]
fn shortened_ids_are_refused_at_every_length() {
    let text = World::new(1).certificate.id().to_string();
    for length in 4..text.len() {
        assert_eq!(text[..length].parse::<AgentId>(), Err(ParseAgentIdError::Shortened), "{length}");
    }
    for length in 0..4 {
        assert_eq!(text[..length].parse::<AgentId>(), Err(ParseAgentIdError::Prefix), "{length}");
    }
    let shown_by_some_tools = format!("{}…{}", &text[..10], &text[56..]);
    assert_eq!(shown_by_some_tools.parse::<AgentId>(), Err(ParseAgentIdError::Shortened));
}

#[test]
fn a_longer_text_is_no_id() {
    let text = World::new(1).certificate.id().to_string();
    assert_eq!(format!("{text}a").parse::<AgentId>(), Err(ParseAgentIdError::Length));
    assert_eq!(format!("{text} ").parse::<AgentId>(), Err(ParseAgentIdError::Length));
}

#[test]
fn other_characters_are_refused() {
    let text = World::new(1).certificate.id().to_string();
    let upper = format!("a2a_{}", text[4..].to_uppercase());
    assert_eq!(upper.parse::<AgentId>(), Err(ParseAgentIdError::Alphabet));
    assert_eq!(format!("a2a_{}é", &text[4..59]).parse::<AgentId>(), Err(ParseAgentIdError::Alphabet));
    assert_eq!(format!("a2a_{}1", &text[4..59]).parse::<AgentId>(), Err(ParseAgentIdError::Alphabet));
    assert_eq!(text.replacen("a2a_", "A2A_", 1).parse::<AgentId>(), Err(ParseAgentIdError::Prefix));
}

#[test]
fn every_single_typing_mistake_is_noticed() {
    let text = World::new(1).certificate.id().to_string();
    let (mut mistakes, mut by_checksum) = (0, 0);
    for at in 4..text.len() {
        for letter in "abcdefghijklmnopqrstuvwxyz234567".chars() {
            let mut changed = text.clone();
            changed.replace_range(at..=at, &letter.to_string());
            if changed == text {
                continue;
            }
            mistakes += 1;
            match changed.parse::<AgentId>() {
                Ok(_) => panic!("{changed} was accepted"),
                Err(ParseAgentIdError::Checksum) => by_checksum += 1,
                Err(_) => {}
            }
        }
    }
    assert_eq!(mistakes, 56 * 31);
    // Sixteen bits let one mistake in 65,536 through, to the checks of the key.
    assert!(by_checksum > mistakes - 5, "{by_checksum} of {mistakes}");
}

#[test]
fn another_version_is_refused() {
    let id = *World::new(1).certificate.id();
    assert_eq!(id_text(id.as_bytes(), 2).parse::<AgentId>(), Err(ParseAgentIdError::Version));
    assert_eq!(id_text(id.as_bytes(), 0).parse::<AgentId>(), Err(ParseAgentIdError::Version));
}

#[test]
fn what_is_no_point_is_refused() {
    let no_point = (2..=u8::MAX)
        .map(|y| {
            let mut bytes = [0; 32];
            bytes[0] = y;
            bytes
        })
        .find(|bytes| CompressedEdwardsY(*bytes).decompress().is_none())
        .unwrap();
    assert_eq!(refusal(&no_point), ParseAgentIdError::NotAKey);
}

#[test]
fn weak_keys_are_refused() {
    for point in EIGHT_TORSION {
        assert_eq!(refusal(point.compress().as_bytes()), ParseAgentIdError::WeakKey);
    }
}

#[test]
fn other_spellings_of_a_key_are_refused() {
    let mut seen = 0;
    for bytes in spellings_above_the_prime() {
        let Some(point) = CompressedEdwardsY(bytes).decompress() else { continue };
        let expected =
            if point.is_small_order() { ParseAgentIdError::WeakKey } else { ParseAgentIdError::NonCanonical };
        assert_eq!(refusal(&bytes), expected);
        seen += usize::from(expected == ParseAgentIdError::NonCanonical);
        // The signature crate takes these, which is why the check stands in this one.
        assert!(ed25519_dalek::VerifyingKey::from_bytes(&bytes).is_ok());
    }
    assert!(seen >= 5, "only {seen}");
}

/// Every spelling there is of the eight points of small order: six points with y = 0, 1 or -1 have several.
fn spellings_of_small_order() -> Vec<[u8; 32]> {
    let canonical = EIGHT_TORSION.iter().map(|point| point.compress().to_bytes());
    let unsigned = canonical.chain(spellings_above_the_prime()).map(|mut bytes| {
        bytes[31] &= 0x7f;
        bytes
    });
    let with_sign = |mut bytes: [u8; 32]| {
        bytes[31] |= 0x80;
        bytes
    };
    let mut all: Vec<[u8; 32]> = unsigned.flat_map(|bytes| [bytes, with_sign(bytes)]).collect();
    all.retain(|bytes| CompressedEdwardsY(*bytes).decompress().is_some_and(|point| point.is_small_order()));
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn every_spelling_of_a_weak_key_is_refused() {
    let all = spellings_of_small_order();
    assert_eq!(all.len(), 14, "the known list has fourteen");
    for bytes in all {
        assert_eq!(refusal(&bytes), ParseAgentIdError::WeakKey);
    }
}

/// All 38 strings whose y is not reduced, with either sign.
#[test]
fn no_string_above_the_prime_is_an_id() {
    for mut bytes in spellings_above_the_prime() {
        assert!(AgentId::from_key_bytes(&bytes).is_err());
        bytes[31] |= 0x80;
        assert!(AgentId::from_key_bytes(&bytes).is_err());
    }
}

/// Whether a point lies in the group of prime order, found in another way than the parser's: 8 · (P / 8) is P less its torsion.
fn is_of_prime_order(point: EdwardsPoint) -> bool {
    let eighth = point * Scalar::from(8_u8).invert();
    eighth.mul_by_cofactor() == point && !point.is_identity()
}

fn honest_point(bytes: [u8; 32]) -> EdwardsPoint {
    EdwardsPoint::mul_base(&Scalar::from_bytes_mod_order(bytes))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, cases: 500, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_accepted_is_the_one_spelling_of_a_sound_key(bytes in any::<[u8; 32]>()) {
        let point = CompressedEdwardsY(bytes).decompress();
        let is_sound = point.is_some_and(|point| point.compress().0 == bytes && is_of_prime_order(point));
        prop_assert_eq!(AgentId::from_key_bytes(&bytes).is_ok(), is_sound);
    }

    #[test]
    fn honest_keys_are_accepted_and_none_with_a_torsion_part(secret in any::<[u8; 32]>(), which in 1..8_usize) {
        let point = honest_point(secret);
        prop_assume!(point != EdwardsPoint::identity());
        prop_assert!(AgentId::from_key_bytes(&point.compress().0).is_ok());
        let torsioned = (point + EIGHT_TORSION[which]).compress().0;
        prop_assert_eq!(refusal(&torsioned), ParseAgentIdError::Torsion);
    }

    #[test]
    fn a_sound_key_has_no_second_id(secret in any::<[u8; 32]>(), bit in 0..256_usize) {
        let key = honest_point(secret).compress().0;
        let mut other = key;
        other[bit / 8] ^= 1 << (bit % 8);
        if let (Ok(one), Ok(two)) = (AgentId::from_key_bytes(&key), AgentId::from_key_bytes(&other)) {
            prop_assert_ne!(one.to_string(), two.to_string());
            prop_assert_ne!(CompressedEdwardsY(key).decompress(), CompressedEdwardsY(other).decompress());
        }
    }
}

#[test]
fn minus_zero_is_refused() {
    // x = 0 with its sign bit set, at y = 1 and at y = -1.
    let mut one = [0; 32];
    one[0] = 1;
    one[31] = 0x80;
    let mut minus_one = [0xff; 32];
    minus_one[0] = 0xec;
    for bytes in [one, minus_one] {
        assert!(AgentId::from_key_bytes(&bytes).is_err());
    }
}

#[test]
fn keys_with_a_torsion_part_are_refused() {
    let honest = CompressedEdwardsY(*World::new(1).certificate.id().as_bytes()).decompress().unwrap();
    for torsion in &EIGHT_TORSION[1..] {
        for point in [honest, ED25519_BASEPOINT_POINT] {
            let bytes = (point + torsion).compress().to_bytes();
            // Not weak by the signature crate's measure: this check alone stands against it.
            assert!(!ed25519_dalek::VerifyingKey::from_bytes(&bytes).unwrap().is_weak());
            assert_eq!(refusal(&bytes), ParseAgentIdError::Torsion);
        }
    }
}

#[test]
fn safety_words_are_stable_and_differ() {
    let words = safety_words(World::new(1).certificate.id());
    insta::assert_snapshot!(words.join(" "));
    assert_ne!(words, safety_words(World::new(2).certificate.id()));
}

#[test]
fn a_message_id_is_a_uuid_of_version_7() {
    let id = MessageId::new(NOW, &mut FixedRng::new(9));
    let text = id.to_string();
    assert_eq!(&text[..13], "01a3185c-5000", "the time comes first");
    assert_eq!(&text[14..15], "7", "version");
    assert!("89ab".contains(&text[19..20]), "variant");
    assert_eq!(text.parse(), Ok(id));
}

#[test]
fn message_ids_have_one_spelling() {
    let text = MessageId::new(NOW, &mut FixedRng::new(9)).to_string();
    for other in [
        text.to_uppercase(),
        text.replace('-', ""),
        format!("{{{text}}}"),
        text.replacen('-', "0", 1),
        text.replacen('0', "-", 1),
        format!("{}-{}{}", &text[..7], &text[7..8], &text[9..]),
    ] {
        assert_eq!(other.parse::<MessageId>(), Err(ParseIdError), "{other}");
    }
}

#[test]
fn random_ids_have_one_spelling() {
    let id = EnvelopeId::random(&mut FixedRng::new(9));
    let text = id.to_string();
    assert_eq!(text.len(), 22);
    assert_eq!(text.parse(), Ok(id));
    for other in
        [format!("{text}=="), format!("{text}A"), text[..21].to_owned(), format!("{}B", &text[..21]), String::new()]
    {
        assert_eq!(other.parse::<EnvelopeId>(), Err(ParseIdError), "{other}");
    }
}
