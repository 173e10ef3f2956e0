//! Signatures: strict, and of one kind only.

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::certificate::Certificate;
use a2a_proto::keys::DeviceKeys;
use a2a_proto::labels;
use curve25519_dalek::edwards::EdwardsPoint;
use curve25519_dalek::scalar::Scalar;
use curve25519_dalek::traits::Identity;
use ed25519_dalek::{Signature, SigningKey, Verifier};
use sha2::{Digest, Sha512};

use crate::fixtures::World;

const KINDS: [&str; 8] = [
    labels::SIG_CERTIFICATE,
    labels::SIG_CARD,
    labels::SIG_BUNDLE,
    labels::SIG_ONE_TIME,
    labels::SIG_HANDSHAKE,
    labels::SIG_MESSAGE,
    labels::SIG_SESSION,
    labels::SIG_REGISTER,
];

#[test]
fn every_signature_label_is_among_the_kinds() {
    let found = labels::ALL.iter().filter(|label| label.contains("/sig/")).count();
    assert_eq!(found, KINDS.len());
}

#[test]
fn a_signature_of_one_kind_never_serves_as_another() {
    let world = World::new(1);
    let message = b"the very same bytes";
    for signed in KINDS {
        let by_device = world.device.sign(signed, message);
        let by_root = world.root.sign(signed, message);
        for read in KINDS {
            assert_eq!(
                world.device.device_key().verify(read, message, &by_device).is_ok(),
                signed == read,
                "{signed} {read}"
            );
            assert_eq!(
                world.certificate.id().verify(read, message, &by_root).is_ok(),
                signed == read,
                "{signed} {read}"
            );
        }
    }
}

#[test]
fn the_label_can_not_flow_into_the_message() {
    let world = World::new(1);
    let signature = world.device.sign("a2a/1/sig/card", b"Xrest");
    assert!(world.device.device_key().verify("a2a/1/sig/cardX", b"rest", &signature).is_err());
}

#[test]
fn sessions_and_registrations_are_apart() {
    let world = World::new(1);
    let session = SessionProof::sign(&world.device, &world.certificate, &world.relay, "challenge");
    let registration = RegistrationProof::from_slice(session.as_bytes()).unwrap();
    assert!(session.verify(&world.certificate, &world.relay, "challenge").is_ok());
    assert!(registration.verify(&world.certificate, &world.relay, "challenge").is_err());
}

/// Makes a signature that plain verification takes and strict verification does not: its commitment is the neutral element.
fn lax_signature(device: &DeviceKeys, label: &str, message: &[u8]) -> [u8; 64] {
    let key = SigningKey::from_bytes(device.to_bytes()[..32].try_into().unwrap());
    let mut input = u32::try_from(label.len()).unwrap().to_be_bytes().to_vec();
    input.extend_from_slice(label.as_bytes());
    input.extend_from_slice(message);
    let commitment = EdwardsPoint::identity().compress().to_bytes();
    let wide: [u8; 64] = Sha512::new()
        .chain_update(commitment)
        .chain_update(key.verifying_key().as_bytes())
        .chain_update(&input)
        .finalize()
        .into();
    let response = Scalar::from_bytes_mod_order_wide(&wide) * key.to_scalar();
    let mut signature = [0; 64];
    signature[..32].copy_from_slice(&commitment);
    signature[32..].copy_from_slice(response.as_bytes());
    assert!(
        key.verifying_key().verify(&input, &Signature::from_bytes(&signature)).is_ok(),
        "plain verification takes it"
    );
    signature
}

#[test]
fn verification_is_strict() {
    let world = World::new(1);
    let signature = lax_signature(&world.device, labels::SIG_CARD, b"message");
    assert!(world.device.device_key().verify(labels::SIG_CARD, b"message", &signature).is_err());
}

#[test]
fn a_certificate_refuses_a_malformed_device_key() {
    use curve25519_dalek::constants::EIGHT_TORSION;
    let world = World::new(1);
    let mut bytes = *world.certificate.as_bytes();
    // The root really signs it, so nothing but the check of the key stands in the way.
    for point in EIGHT_TORSION {
        bytes[33..65].copy_from_slice(point.compress().as_bytes());
        let signature = world.root.sign(labels::SIG_CERTIFICATE, &bytes[..117]);
        bytes[117..].copy_from_slice(&signature);
        assert!(Certificate::parse_verified(&bytes).is_err());
    }
}
