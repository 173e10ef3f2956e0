//! Readers of signed documents, and of invites.

use std::sync::LazyLock;

use data_encoding::BASE64URL_NOPAD;

use crate::card::VerifiedCard;
use crate::certificate::Certificate;
use crate::codec::Writer;
use crate::id::{AgentId, InviteId};
use crate::invite::Invite;
use crate::keys::{Entropy, RootKey, SIGNATURE_SIZE};
use crate::labels;
use crate::prekey::{VerifiedBundle, VerifiedOneTime};
use crate::primitives::kdf::sha256;
use crate::testing::{NOW, Person};

pub(super) const INVITE: InviteId = InviteId::from_bytes([6; InviteId::SIZE]);

/// The author of the documents.
pub(super) static ALICE: LazyLock<Person> = LazyLock::new(|| Person::new("alice"));
static ROOT: LazyLock<RootKey> = LazyLock::new(|| Entropy::from_bytes(sha256(&[b"alice"])).root_key());

/// Certificates: as they come, and with the fields signed by the root.
pub fn certificate(data: &[u8]) -> bool {
    let raw = Certificate::parse_verified(data);
    if let Ok(certificate) = &raw {
        assert_eq!(certificate.as_bytes().as_slice(), data, "a certificate has one form");
    }
    raw.is_ok() || signed_certificate(data)
}

/// The fields with our own id among them, signed.
fn signed_certificate(data: &[u8]) -> bool {
    let Some(fields) = data.first_chunk::<{ Certificate::SIZE - SIGNATURE_SIZE }>() else { return false };
    let mut fields = *fields;
    fields[1..1 + AgentId::SIZE].copy_from_slice(ROOT.agent_id().as_bytes());
    let bytes = [&fields[..], &ROOT.sign(labels::SIG_CERTIFICATE, &fields)].concat();
    Certificate::parse_verified(&bytes).is_ok_and(|certificate| {
        assert_eq!(certificate.as_bytes().as_slice(), bytes, "a certificate has one form");
        assert!(certificate.not_before() < certificate.not_after(), "a certificate has a lifetime");
        true
    })
}

/// Cards: as they come, and with the fields after the certificate signed by the device.
pub fn card(data: &[u8]) -> bool {
    let id = ALICE.certificate.id();
    let signed = signed(&[1], data, labels::SIG_CARD);
    let is_accepted = |bytes: &[u8]| {
        VerifiedCard::parse(bytes, id).is_ok_and(|card| {
            assert_eq!(card.card().sign(&ALICE.device).as_deref(), Ok(bytes), "a card has one form");
            true
        })
    };
    is_accepted(data) | is_accepted(&signed)
}

/// Prekey bundles: as they come, and with the fields after the certificate signed by the device.
pub fn bundle(data: &[u8]) -> bool {
    let id = ALICE.certificate.id();
    let signed = signed(&[1, 1, 1], data, labels::SIG_BUNDLE);
    let is_accepted = |bytes: &[u8]| {
        VerifiedBundle::parse(bytes, id, NOW).is_ok_and(|bundle| {
            assert_eq!(bundle.certificate(), &ALICE.certificate, "a bundle speaks for its author");
            true
        })
    };
    is_accepted(data) | is_accepted(&signed)
}

/// One-time pairs: as they come, and with the keys signed by the device.
pub fn one_time(data: &[u8]) -> bool {
    let certificate = &ALICE.certificate;
    let mut fields = Writer::new();
    fields.u8(1).fixed(&certificate.hash()).fixed(INVITE.as_bytes()).fixed(data);
    let statement = [certificate.id().as_bytes(), fields.as_slice()].concat();
    fields.fixed(&ALICE.device.sign(labels::SIG_ONE_TIME, &statement));
    let is_accepted = |bytes: &[u8]| {
        VerifiedOneTime::parse(bytes, certificate, &INVITE).is_ok_and(|pair| {
            assert_eq!((pair.invite_id(), bytes.len()), (&INVITE, VerifiedOneTime::SIZE), "a pair is for its invite");
            true
        })
    };
    is_accepted(data) | is_accepted(fields.as_slice())
}

/// Invites: a text as it comes, and a body with its checksum.
pub fn invite(data: &[u8]) -> bool {
    let text = std::str::from_utf8(data).unwrap_or_default();
    let checksum = sha256(&[Writer::label(labels::INVITE_CHECKSUM).as_slice(), data]);
    let fragment = BASE64URL_NOPAD.encode(&[data, &checksum[..4]].concat());
    let is_accepted = |text: &str| {
        Invite::parse(text).is_ok_and(|invite| {
            let link = invite.to_link();
            assert!(link.ends_with(text.trim()), "an invite has one form");
            assert!(Invite::parse(&link).is_ok_and(|again| again == invite), "an invite reads back");
            true
        })
    };
    is_accepted(text) | is_accepted(&fragment)
}

/// `front` ‖ Alice's certificate ‖ `data`, signed by her device.
fn signed(front: &[u8], data: &[u8], label: &str) -> Vec<u8> {
    let mut bytes = [front, ALICE.certificate.as_bytes(), data].concat();
    let signature = ALICE.device.sign(label, &bytes);
    bytes.extend(signature);
    bytes
}
