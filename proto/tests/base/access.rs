//! Challenge proofs: for one relay, one challenge, one certificate.

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::certificate::Certificate;

use crate::fixtures::{DAY, NOW, World};

#[test]
fn a_proof_holds_for_what_it_was_made_for() {
    let (world, other) = (World::new(1), World::new(2));
    let proof = SessionProof::sign(&world.device, &world.certificate, &world.relay, "challenge");
    let proof = SessionProof::from_slice(proof.as_bytes()).unwrap();
    let elsewhere = "relay.example.com".parse().unwrap();
    let renewed = Certificate::issue(&world.root, &world.device, 4, NOW, NOW.plus(DAY)).unwrap();
    assert!(proof.verify(&world.certificate, &world.relay, "challenge").is_ok());
    assert!(proof.verify(&world.certificate, &world.relay, "challengf").is_err(), "challenge");
    assert!(proof.verify(&world.certificate, &elsewhere, "challenge").is_err(), "relay");
    assert!(proof.verify(&renewed, &world.relay, "challenge").is_err(), "certificate");
    assert!(proof.verify(&other.certificate, &world.relay, "challenge").is_err(), "agent");
}

#[test]
fn registrations_hold_likewise() {
    let (world, thief) = (World::new(1), World::new(2));
    let proof = RegistrationProof::sign(&world.device, &world.certificate, &world.relay, "challenge");
    assert!(proof.verify(&world.certificate, &world.relay, "challenge").is_ok());
    let forged = RegistrationProof::sign(&thief.device, &world.certificate, &world.relay, "challenge");
    assert!(forged.verify(&world.certificate, &world.relay, "challenge").is_err());
}

#[test]
fn a_proof_has_64_bytes() {
    assert!(SessionProof::from_slice(&[0; 63]).is_err());
    assert!(SessionProof::from_slice(&[0; 65]).is_err());
}
