//! The vectors of the RFCs: for each primitive, and for what is composed of them.

use ed25519_dalek::SigningKey;

use super::{array, hex};
use crate::keys::signature::{self, check_public_key, sign_input, verify_input};
use crate::keys::{AgreementKey, AgreementSecret, DeviceKeys};
use crate::primitives::aead::{open_with, seal_with};
use crate::primitives::kdf;

/// RFC 5869, appendix A, the three cases with SHA-256.
#[test]
fn hkdf_rfc_5869() {
    let long = |from: u8, to: u8| (from..=to).collect::<Vec<u8>>();
    let cases = [
        (
            vec![0x0b; 22],
            long(0x00, 0x0c),
            long(0xf0, 0xf9),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        ),
        (
            long(0x00, 0x4f),
            long(0x60, 0xaf),
            long(0xb0, 0xff),
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09
             da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        ),
        (
            vec![0x0b; 22],
            Vec::new(),
            Vec::new(),
            "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
        ),
    ];
    for (material, salt, info, output) in cases {
        let output = hex(output);
        let keys = kdf::derive::<3>(&salt, &[&material], &[&info]);
        assert_eq!(&keys.as_flattened()[..output.len()], output);
        assert_eq!(kdf::derive_one(&salt, &[&material], &[&info]).as_slice(), &output[..32]);
    }
}

/// RFC 5869, case 1: the pseudorandom key in the middle, which our expand takes.
#[test]
fn hkdf_expand_rfc_5869() {
    let prk = array("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5");
    let info: Vec<u8> = (0xf0..=0xf9).collect();
    let first_block = hex("3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
    assert_eq!(kdf::expand(&prk, &[&info]).as_slice(), first_block);
    assert_eq!(kdf::expand(&prk, &[&info[..3], &info[3..]]).as_slice(), first_block, "parts are one text");
}

/// RFC 4231, the seven cases with SHA-256.
#[test]
fn hmac_rfc_4231() {
    let cases = [
        (vec![0x0b; 20], b"Hi There".to_vec(), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
        (
            b"Jefe".to_vec(),
            b"what do ya want for nothing?".to_vec(),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (vec![0xaa; 20], vec![0xdd; 50], "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"),
        (
            (0x01..=0x19).collect(),
            vec![0xcd; 50],
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
        (vec![0x0c; 20], b"Test With Truncation".to_vec(), "a3b6167473100ee06e0c796c2955552b"),
        (
            vec![0xaa; 131],
            b"Test Using Larger Than Block-Size Key - Hash Key First".to_vec(),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
        ),
        (
            vec![0xaa; 131],
            b"This is a test using a larger than block-size key and a larger than block-size data. The key needs to be \
              hashed before being used by the HMAC algorithm."
                .to_vec(),
            "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2",
        ),
    ];
    for (key, message, tag) in cases {
        let computed = hmac::Mac::finalize(kdf::mac(&key, &message)).into_bytes();
        assert!(computed.starts_with(&hex(tag)), "{tag}");
    }
}

/// draft-irtf-cfrg-xchacha-03, appendix A.3.1.
#[test]
fn xchacha20_poly1305_draft() {
    let plain =
        b"Ladies and Gentlemen of the class of '99: If I could offer you only one tip for the future, sunscreen \
                  would be it.";
    let key: [u8; 32] = std::array::from_fn(|at| 0x80 + u8::try_from(at).unwrap());
    let nonce: [u8; 24] = std::array::from_fn(|at| 0x40 + u8::try_from(at).unwrap());
    let ad = hex("50515253c0c1c2c3c4c5c6c7");
    let sealed = hex("bd6d179d3e83d43b9576579493c0e939572a1700252bfaccbed2902c21396cbb731c7f1b0b4aa6440bf3a82f4eda7e39
         ae64c6708c54c216cb96b72e1213b4522f8c9ba40db5d945b11b69b982c1bb9e3f3fac2bc369488f76b2383565d3fff921f9664c97
         637da9768812f615c68b13b52ec0875924c1c7987947deafd8780acf49");
    assert_eq!(seal_with(&key, &nonce, &ad, plain).unwrap(), sealed);
    assert_eq!(open_with(&key, &nonce, &ad, &sealed).unwrap().as_slice(), plain);
}

/// RFC 8032, section 7.1: tests 1 to 3, and the one of SHA(abc).
#[test]
fn ed25519_rfc_8032() {
    let sha_abc = "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a
                   2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f";
    let cases = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
            "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155
             5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b",
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
            "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da
             085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
            "af82",
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac
             18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a",
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            sha_abc,
            "dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b589
             09351fc9ac90b3ecfdfbc7c66431e0303dca179c138ac17ad9bef1177331a704",
        ),
    ];
    for (seed, public, message, expected) in cases {
        let (key, public, message) = (SigningKey::from_bytes(&array(seed)), array(public), hex(message));
        assert_eq!(key.verifying_key().to_bytes(), public);
        assert_eq!(check_public_key(&public), Ok(()));
        let made = sign_input(&key, &message);
        assert_eq!(made, array::<64>(expected));
        assert_eq!(verify_input(&public, &message, &made), Ok(()));
    }
}

/// What is signed is the RFC's Ed25519 over LP(label) ‖ message, and nothing else.
#[test]
fn labelled_signatures_are_plain_ones_over_the_labelled_message() {
    let mut bytes = [7; DeviceKeys::SIZE];
    bytes[..32].copy_from_slice(&array::<32>("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"));
    let device = DeviceKeys::from_bytes(&bytes);
    let made = device.sign("a2a/1/sig/msg", b"text");
    let input = [&[0, 0, 0, 13][..], b"a2a/1/sig/msg", b"text"].concat();
    assert_eq!(verify_input(device.device_key().as_bytes(), &input, &made), Ok(()));
    assert_eq!(signature::verify(device.device_key().as_bytes(), "a2a/1/sig/msg", b"text", &made), Ok(()));
    assert!(signature::verify(device.device_key().as_bytes(), "a2a/1/sig/ms", b"gtext", &made).is_err());
}

/// RFC 7748, section 5.2: the two single vectors.
#[test]
fn x25519_rfc_7748() {
    let cases = [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
        ),
    ];
    for (scalar, point, expected) in cases {
        let ours = AgreementSecret::from_bytes(array(scalar));
        assert_eq!(*ours.agree(&AgreementKey::from_bytes(array(point))).unwrap(), array(expected));
    }
}

/// RFC 7748, section 5.2: the iterated vector, after 1 and after 1,000 rounds.
#[test]
fn x25519_rfc_7748_iterated() {
    let mut nine = [0; 32];
    nine[0] = 9;
    let (mut scalar, mut point) = (nine, nine);
    for round in 1..=1000 {
        let outcome = *AgreementSecret::from_bytes(scalar).agree(&AgreementKey::from_bytes(point)).unwrap();
        (point, scalar) = (scalar, outcome);
        if round == 1 {
            assert_eq!(scalar, array("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"));
        }
    }
    assert_eq!(scalar, array("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"));
}

/// RFC 7748, section 6.1.
#[test]
fn x25519_rfc_7748_between_two() {
    let alice = AgreementSecret::from_bytes(array("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"));
    let bob = AgreementSecret::from_bytes(array("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"));
    let shared = array::<32>("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742");
    assert_eq!(
        *alice.public_key().as_bytes(),
        array("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    );
    assert_eq!(*bob.public_key().as_bytes(), array("de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"));
    assert_eq!(*bob.agree(&alice.public_key()).unwrap(), shared);
    assert_eq!(*alice.agree(&bob.public_key()).unwrap(), shared);
}
