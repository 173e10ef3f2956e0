//! Device certificates: signed by the root they name, and of bounded life.

use a2a_proto::certificate::{Certificate, CertificateError};
use a2a_proto::codec::DecodeError;
use a2a_proto::keys::BadSignature;
use a2a_proto::labels::SIG_CERTIFICATE;

use crate::fixtures::{DAY, NOW, World, refuses_all_damage};

#[test]
fn a_certificate_reads_back() {
    let world = World::new(1);
    let read = Certificate::parse_verified(world.certificate.as_bytes()).unwrap();
    assert_eq!(read, world.certificate);
    assert_eq!(read.id(), &world.root.agent_id());
    assert_eq!(read.device(), &world.device.device_key());
    assert_eq!(read.agreement(), &world.device.agreement_key());
    assert_eq!(read.epoch(), 3);
}

#[test]
fn all_damage_is_refused() {
    let world = World::new(1);
    refuses_all_damage(world.certificate.as_bytes(), |bytes| Certificate::parse_verified(bytes).is_ok());
}

#[test]
fn another_root_can_not_certify() {
    let (world, thief) = (World::new(1), World::new(2));
    let mut bytes = *world.certificate.as_bytes();
    let signature = thief.root.sign(SIG_CERTIFICATE, &bytes[..117]);
    bytes[117..].copy_from_slice(&signature);
    assert_eq!(Certificate::parse_verified(&bytes), Err(CertificateError::Signature(BadSignature)));
    // Nor the device itself: that would be a device that prolongs its own life.
    let signature = world.device.sign(SIG_CERTIFICATE, &bytes[..117]);
    bytes[117..].copy_from_slice(&signature);
    assert_eq!(Certificate::parse_verified(&bytes), Err(CertificateError::Signature(BadSignature)));
}

#[test]
fn no_device_lives_longer_than_400_days() {
    let world = World::new(1);
    let issue = |from, to| Certificate::issue(&world.root, &world.device, 1, from, to);
    assert!(issue(NOW, NOW.plus(DAY * 400)).is_ok());
    assert_eq!(issue(NOW, NOW.plus(DAY * 400 + std::time::Duration::from_millis(1))), Err(CertificateError::Lifetime));
    assert_eq!(issue(NOW, NOW), Err(CertificateError::Lifetime));
    assert_eq!(issue(NOW.plus(DAY), NOW), Err(CertificateError::Lifetime));
}

#[test]
fn it_holds_between_its_ends() {
    let certificate = World::new(1).certificate;
    assert!(certificate.valid_at(certificate.not_before()));
    assert!(certificate.valid_at(certificate.not_after()));
    assert!(!certificate.valid_at(certificate.not_before().minus(std::time::Duration::from_millis(1))));
    assert!(!certificate.valid_at(certificate.not_after().plus(std::time::Duration::from_millis(1))));
}

#[test]
fn an_unknown_version_says_so() {
    let world = World::new(1);
    let mut bytes = *world.certificate.as_bytes();
    bytes[0] = 2;
    assert_eq!(Certificate::parse_verified(&bytes), Err(CertificateError::Decode(DecodeError::UnknownVersion)));
}
