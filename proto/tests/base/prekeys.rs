//! Prekey bundles and one-time pairs: nothing in them can be swapped, and none is used out of its time.

use std::time::Duration;

use a2a_proto::card::KnockPolicy;
use a2a_proto::certificate::Certificate;
use a2a_proto::codec::DecodeError;
use a2a_proto::id::InviteId;
use a2a_proto::keys::{BadSignature, DeviceKeys};
use a2a_proto::labels::{SIG_BUNDLE, SIG_ONE_TIME};
use a2a_proto::prekey::{BundleError, OneTimeError, OneTimeSecret, PrekeySecret, VerifiedBundle, VerifiedOneTime};

use crate::fixtures::{DAY, NOW, World, refuses_all_damage};

const MILLI: Duration = Duration::from_millis(1);

#[test]
fn a_bundle_reads_back() {
    let mut world = World::new(1);
    let prekey = world.prekey();
    let bytes = world.terms(&prekey, NOW).sign(&world.device);
    let read = VerifiedBundle::parse(&bytes, world.certificate.id(), NOW).unwrap();
    assert_eq!(read.certificate(), &world.certificate);
    assert_eq!(read.prekey_id(), 5);
    assert_eq!(read.agreement(), &prekey.agreement().public_key());
    assert_eq!(read.kem(), &prekey.kem().public_key());
    assert_eq!((read.created(), read.not_after()), (NOW, NOW.plus(DAY * 90)));
    assert_eq!((read.knocks(), read.relay()), (KnockPolicy::Pow, &world.relay));
    assert_eq!((read.position().epoch, read.position().number), (3, NOW.millis()));
}

#[test]
fn all_damage_to_a_bundle_is_refused() {
    let mut world = World::new(1);
    let bytes = world.bundle();
    let id = *world.certificate.id();
    refuses_all_damage(&bytes, |bytes| VerifiedBundle::parse(bytes, &id, NOW).is_ok());
}

#[test]
fn another_agents_bundle_is_refused() {
    let (world, mut other) = (World::new(1), World::new(2));
    let bytes = other.bundle();
    assert_eq!(VerifiedBundle::parse(&bytes, world.certificate.id(), NOW), Err(BundleError::OtherAgent));
}

#[test]
fn a_relay_can_not_swap_a_prekey() {
    let (mut world, mut relay) = (World::new(1), World::new(2));
    let (mut bytes, theirs) = (world.bundle(), relay.bundle());
    let keys = 188..188 + 32 + 1184;
    bytes[keys.clone()].copy_from_slice(&theirs[keys]);
    assert_eq!(VerifiedBundle::parse(&bytes, world.certificate.id(), NOW), Err(BundleError::Signature(BadSignature)));
    let end = bytes.len() - 64;
    let signature = relay.device.sign(SIG_BUNDLE, &bytes[..end]);
    bytes[end..].copy_from_slice(&signature);
    assert_eq!(VerifiedBundle::parse(&bytes, world.certificate.id(), NOW), Err(BundleError::Signature(BadSignature)));
}

#[test]
fn an_expired_bundle_is_refused() {
    let mut world = World::new(1);
    let bytes = world.bundle();
    let parse = |now| VerifiedBundle::parse(&bytes, world.certificate.id(), now);
    assert!(parse(NOW.plus(DAY * 90)).is_ok());
    assert_eq!(parse(NOW.plus(DAY * 90 + MILLI)), Err(BundleError::Expired));
}

#[test]
fn a_bundle_from_the_future_is_refused() {
    let mut world = World::new(1);
    let bytes = world.bundle();
    let parse = |now| VerifiedBundle::parse(&bytes, world.certificate.id(), now);
    assert!(parse(NOW.minus(DAY)).is_ok());
    assert_eq!(parse(NOW.minus(DAY + MILLI)), Err(BundleError::FromTheFuture));
}

/// Changes a bundle's bytes and signs them again, as the owner's own device could.
fn resigned(world: &World, bytes: &[u8], change: impl FnOnce(&mut [u8])) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let end = bytes.len() - 64;
    change(&mut bytes[..end]);
    let signature = world.device.sign(SIG_BUNDLE, &bytes[..end]);
    bytes[end..].copy_from_slice(&signature);
    bytes
}

#[test]
fn no_bundle_lives_longer_than_90_days() {
    let mut world = World::new(1);
    let bytes = world.bundle();
    let not_after = 188 + 32 + 1184 + 8;
    let parse = |end: u64| {
        let bytes =
            resigned(&world, &bytes, |bytes| bytes[not_after..not_after + 8].copy_from_slice(&end.to_be_bytes()));
        VerifiedBundle::parse(&bytes, world.certificate.id(), NOW)
    };
    assert!(parse(NOW.plus(DAY * 90).millis()).is_ok());
    assert_eq!(parse(NOW.plus(DAY * 90).millis() + 1), Err(BundleError::Lifetime));
    assert_eq!(parse(NOW.millis()), Err(BundleError::Lifetime));
    assert_eq!(parse(0), Err(BundleError::Lifetime));
}

#[test]
fn versions_are_signed_and_heeded() {
    let mut world = World::new(1);
    let bytes = world.bundle();
    let parse = |at: usize, value| {
        let bytes = resigned(&world, &bytes, |bytes| bytes[at] = value);
        VerifiedBundle::parse(&bytes, world.certificate.id(), NOW)
    };
    assert_eq!(parse(0, 2), Err(BundleError::Decode(DecodeError::UnknownVersion)));
    assert_eq!(parse(1, 2), Err(BundleError::Decode(DecodeError::UnknownVersion)));
    assert_eq!(parse(2, 2), Err(BundleError::NewerVersionNeeded));
    assert!(parse(2, 0).is_ok());
}

#[test]
fn a_device_outside_its_time_is_refused() {
    let mut world = World::new(1);
    world.certificate =
        Certificate::issue(&world.root, &world.device, 3, NOW.plus(DAY / 2), NOW.plus(DAY * 30)).unwrap();
    let bytes = world.bundle();
    let parse = |now| VerifiedBundle::parse(&bytes, world.certificate.id(), now);
    assert!(parse(NOW).is_ok(), "clocks may differ by a day");
    assert!(parse(NOW.plus(DAY * 30)).is_ok());
    assert_eq!(parse(NOW.plus(DAY * 30 + MILLI)), Err(BundleError::CertificateTime));
    assert_eq!(parse(NOW.minus(DAY * 3 / 4)), Err(BundleError::CertificateTime));
}

#[test]
fn a_bundle_made_anew_does_not_prolong_its_prekey() {
    let mut world = World::new(1);
    let prekey = world.prekey();
    let bytes = world.terms(&prekey, NOW.plus(DAY * 10)).sign(&world.device);
    let read = VerifiedBundle::parse(&bytes, world.certificate.id(), NOW.plus(DAY * 10)).unwrap();
    assert_eq!(read.not_after(), NOW.plus(DAY * 90));
}

#[test]
fn a_prekey_reads_back_and_knows_its_time() {
    let prekey = World::new(1).prekey();
    let read = PrekeySecret::from_bytes(prekey.to_bytes().as_ref()).unwrap();
    assert_eq!((read.id(), read.created()), (5, NOW));
    assert_eq!(read.to_bytes(), prekey.to_bytes());
    assert!(!read.is_due_for_rotation(NOW.plus(DAY * 7 - MILLI)));
    assert!(read.is_due_for_rotation(NOW.plus(DAY * 7)));
    assert!(!read.is_past_use(NOW.plus(DAY * 97)));
    assert!(read.is_past_use(NOW.plus(DAY * 97 + MILLI)));
    assert!(PrekeySecret::from_bytes(&prekey.to_bytes()[..108]).is_err());
}

#[test]
fn a_one_time_pair_reads_back() {
    let mut world = World::new(1);
    let invite_id = InviteId::random(&mut world.rng);
    let secret = OneTimeSecret::generate(&mut world.rng);
    let bytes = secret.sign(&world.device, &world.certificate, &invite_id);
    let read = VerifiedOneTime::parse(&bytes, &world.certificate, &invite_id).unwrap();
    assert_eq!(read.invite_id(), &invite_id);
    assert_eq!(read.agreement(), &secret.agreement().public_key());
    assert_eq!(read.kem(), &secret.kem().public_key());
    let stored = OneTimeSecret::from_bytes(secret.to_bytes().as_ref()).unwrap();
    assert_eq!(stored.to_bytes(), secret.to_bytes());
}

#[test]
fn all_damage_to_a_one_time_pair_is_refused() {
    let mut world = World::new(1);
    let invite_id = InviteId::random(&mut world.rng);
    let bytes = world.one_time(&invite_id);
    assert_eq!(bytes.len(), VerifiedOneTime::SIZE);
    refuses_all_damage(&bytes, |bytes| VerifiedOneTime::parse(bytes, &world.certificate, &invite_id).is_ok());
}

#[test]
fn a_relay_can_not_swap_a_one_time_key() {
    let (mut world, mut relay) = (World::new(1), World::new(2));
    let invite_id = InviteId::random(&mut world.rng);
    let bytes = world.one_time(&invite_id);
    let theirs = relay.one_time(&invite_id);
    let (agreement, kem) = (49..81, 81..81 + 1184);
    for keys in [agreement, kem] {
        let mut swapped = bytes.clone();
        swapped[keys.clone()].copy_from_slice(&theirs[keys]);
        let parsed = VerifiedOneTime::parse(&swapped, &world.certificate, &invite_id);
        assert_eq!(parsed, Err(OneTimeError::Signature(BadSignature)));
    }
}

#[test]
fn a_pair_serves_its_own_invite_and_certificate_only() {
    let mut world = World::new(1);
    let (invite_id, other) = (InviteId::random(&mut world.rng), InviteId::random(&mut world.rng));
    let bytes = world.one_time(&invite_id);
    assert_eq!(VerifiedOneTime::parse(&bytes, &world.certificate, &other), Err(OneTimeError::OtherInvite));
    let renewed = Certificate::issue(&world.root, &world.device, 4, NOW, NOW.plus(DAY)).unwrap();
    assert_eq!(VerifiedOneTime::parse(&bytes, &renewed, &invite_id), Err(OneTimeError::OtherCertificate));
}

#[test]
fn the_agent_id_is_under_the_pairs_signature() {
    let mut world = World::new(1);
    let invite_id = InviteId::random(&mut world.rng);
    let mut bytes = world.one_time(&invite_id);
    let end = bytes.len() - 64;
    // Signed by the right device, but without the id in front.
    let signature = world.device.sign(SIG_ONE_TIME, &bytes[..end]);
    bytes[end..].copy_from_slice(&signature);
    assert!(VerifiedOneTime::parse(&bytes, &world.certificate, &invite_id).is_err());
}

#[test]
fn another_device_can_not_sign_a_pair() {
    let mut world = World::new(1);
    let invite_id = InviteId::random(&mut world.rng);
    let thief = DeviceKeys::generate(&mut world.rng);
    let bytes = OneTimeSecret::generate(&mut world.rng).sign(&thief, &world.certificate, &invite_id);
    let parsed = VerifiedOneTime::parse(&bytes, &world.certificate, &invite_id);
    assert_eq!(parsed, Err(OneTimeError::Signature(BadSignature)));
}
