//! What secret types print: their names, and nothing of what they hold.

use a2a_proto::api::{InviteFetch, OpenedLane, Registration, SessionToken};
use a2a_proto::id::{EnvelopeId, InviteId, LaneId};
use a2a_proto::invite::InviteSecret;
use a2a_proto::keys::{AgreementSecret, BackupKey, DeviceKeys, Entropy, KemSecret, RootKey};
use a2a_proto::lane::{DepositProof, LaneKey, LaneRequest};
use a2a_proto::prekey::{OneTimeSecret, PrekeySecret};
use zeroize::ZeroizeOnDrop;

use crate::fixtures::{FixedRng, NOW, World};

#[test]
fn debug_tells_no_secret() {
    let mut world = World::new(1);
    let entropy = Entropy::from_bytes([7; 32]);
    let root: &RootKey = &world.root;
    let proof = DepositProof::sign(
        &LaneKey::from_bytes([7; 32]),
        LaneId::from_bytes([1; 16]),
        EnvelopeId::from_bytes([2; 16]),
        NOW,
        &LaneRequest { method: "POST", authority: &world.relay, path: "/", body: b"" },
    );
    let fetch = InviteFetch { invite_id: InviteId::from_bytes([1; 16]), token: [7; 32] };
    let registration = Registration {
        certificate: vec![7; 3].into(),
        challenge: "seven".to_owned(),
        signature: vec![7; 3].into(),
        handle: Some("bob".parse().unwrap()),
        registration_token: Some("seven".to_owned()),
    };
    let mut lines = vec![
        format!("{entropy:?}"),
        format!("{:?}", entropy.backup_key()),
        format!("{root:?}"),
        format!("{:?}", DeviceKeys::from_bytes(&[7; 64])),
        format!("{:?}", AgreementSecret::from_bytes([7; 32])),
        format!("{:?}", KemSecret::from_bytes([7; 64])),
        format!("{:?}", PrekeySecret::generate(&mut FixedRng::new(1), 5, NOW)),
        format!("{:?}", OneTimeSecret::generate(&mut FixedRng::new(1))),
        format!("{:?}", LaneKey::from_bytes([7; 32])),
        format!("{proof:?}"),
        format!("{fetch:?}"),
        format!("{registration:?}"),
        format!("{:?}", SessionToken { token: "seven".to_owned(), expires_at: NOW }),
        format!("{:?}", OpenedLane { lane_id: LaneId::from_bytes([1; 16]), lane_key: vec![7; 32].into() }),
    ];
    lines.push(format!("{:#?}", world.invite()));
    let text = lines.join("\n");
    insta::assert_snapshot!(text);
}

/// Compiles only for types that are wiped when dropped.
fn is_wiped<T: ZeroizeOnDrop>() {}

#[test]
fn secrets_are_wiped_when_dropped() {
    is_wiped::<Entropy>();
    is_wiped::<BackupKey>();
    is_wiped::<RootKey>();
    is_wiped::<DeviceKeys>();
    is_wiped::<AgreementSecret>();
    is_wiped::<KemSecret>();
    is_wiped::<PrekeySecret>();
    is_wiped::<OneTimeSecret>();
    is_wiped::<LaneKey>();
    is_wiped::<InviteSecret>();
    // What the wrappers above hold is wiped only as long as these libraries are built with their feature `zeroize`.
    is_wiped::<ed25519_dalek::SigningKey>();
    is_wiped::<x25519_dalek::StaticSecret>();
    is_wiped::<ml_kem::ml_kem_768::DecapsulationKey>();
}
