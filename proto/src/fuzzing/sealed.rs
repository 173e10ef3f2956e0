//! Readers of envelopes and of what is sealed in them.

use std::sync::LazyLock;

use super::documents::ALICE;
use crate::api::mailbox::Batch;
use crate::content::Content;
use crate::envelope::{self, Kind};
use crate::handshake::{FirstFlight, Identity, respond};
use crate::keys::DeviceKeys;
use crate::labels;
use crate::limits::ENVELOPE_BUCKETS_BYTES;
use crate::ratchet::{Header, OpenError, Statement, read_inner, write_inner};
use crate::testing::{NOW, Pair, message};

const TRANSCRIPT: [u8; 32] = [4; 32];

/// Two peers, and an envelope from Alice that Bob has not opened.
pub(super) struct Scene {
    pub(super) pair: Pair,
    pub(super) genuine: Vec<u8>,
}

pub(super) static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let mut pair = Pair::new("fuzzing");
    let genuine = pair.alice_seals(&message(1, "genuine"));
    Scene { pair, genuine }
});

/// Envelopes: as they come, filled up to an allowed size, and as changes to genuine ones.
pub fn envelope(data: &[u8]) -> bool {
    let genuine = is_opened(data) | is_answered(data);
    for kind in [1, 2] {
        let filled = filled(kind, data);
        assert!(!is_opened(&filled) && !is_answered(&filled), "bytes without keys were accepted");
    }
    for (original, is_accepted) in
        [(&SCENE.genuine, is_opened as super::Target), (&SCENE.pair.first, is_answered as super::Target)]
    {
        let changed = changed(original, data);
        assert_eq!(is_accepted(&changed), changed == *original, "a changed envelope was accepted");
    }
    genuine
}

/// Whether Bob's session opens it. Everything that no key made looks the same to it.
fn is_opened(bytes: &[u8]) -> bool {
    let session = &SCENE.pair.at_bob;
    let before = session.to_record();
    let opened = session.open(bytes, NOW);
    assert!(*session.to_record() == *before, "opening changes nothing");
    if let Err(error) = &opened {
        assert_eq!(*error, OpenError::NotForThisSession, "an outsider's bytes are told apart");
    }
    opened.is_ok()
}

/// Whether Bob answers it as a handshake.
fn is_answered(bytes: &[u8]) -> bool {
    let Ok(first) = FirstFlight::parse(bytes) else { return false };
    assert_eq!(Kind::of(bytes), Ok(Kind::FirstFlight), "a first flight says so");
    respond(&first, &SCENE.pair.bob.responder(), NOW).is_ok()
}

/// Version and kind, then `data`, then zeros up to the smallest allowed size. A handshake names Bob's bundle.
fn filled(kind: u8, data: &[u8]) -> Vec<u8> {
    let mut bytes = [&[envelope::VERSION, kind], data].concat();
    let bucket = ENVELOPE_BUCKETS_BYTES.into_iter().find(|bucket| *bucket >= bytes.len());
    bytes.resize(bucket.unwrap_or(envelope::VERSION.into()), 0);
    if let (1, Some(hash)) = (kind, bytes.get_mut(2..34)) {
        hash.copy_from_slice(&SCENE.pair.bob.responder().bundle_hash);
    }
    bytes
}

/// The original with bits flipped: every three bytes of `data` are a place and what to flip there.
fn changed(original: &[u8], data: &[u8]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    let (changes, _) = data.as_chunks::<3>();
    for [high, low, flip] in changes {
        let at = usize::from(u16::from_be_bytes([*high, *low])) % original.len();
        if let Some(byte) = bytes.get_mut(at) {
            *byte ^= flip;
        }
    }
    bytes
}

/// The plaintext of a ratchet header.
pub fn header(data: &[u8]) -> bool {
    Header::parse(data).is_ok_and(|header| {
        assert_eq!(header.to_bytes(), data, "a header has one form");
        true
    })
}

/// The plaintext of an identity box, whose claims the initiator signed.
pub fn identity(data: &[u8]) -> bool {
    let (bob, certificate) = (SCENE.pair.bob.certificate.id(), &ALICE.certificate);
    let ids = [certificate.id().as_bytes().as_slice(), bob.as_bytes()].concat();
    let statement = [&TRANSCRIPT[..], &ids, &certificate.hash(), data].concat();
    let signature = ALICE.device.sign(labels::SIG_HANDSHAKE, &statement);
    let signed = [certificate.as_bytes().as_slice(), data, &signature].concat();
    let is_accepted = |bytes: &[u8]| {
        Identity::parse_verified(bytes, &TRANSCRIPT, bob).is_some_and(|identity| {
            let again = identity.to_bytes(&ALICE.device, &TRANSCRIPT, bob);
            assert!(again.starts_with(bytes) || bytes.starts_with(&again), "an identity has one form");
            true
        })
    };
    is_accepted(data) | is_accepted(&signed)
}

/// Contents, and the plaintext of a body that holds one.
pub fn content(data: &[u8]) -> bool {
    let (session, device) = (&SCENE.pair.at_bob, &SCENE.pair.alice.device);
    let (sender, recipient) = (session.peer(), SCENE.pair.bob.certificate.id());
    let statement = Statement { session: session.id(), sender, recipient, header: b"header" };
    let is_signed = reads_signed(&statement, device, data);
    let is_inner = read_inner(&statement, &device.device_key(), data).is_ok();
    let is_content = Content::parse(data).is_ok_and(|content| {
        assert_eq!(content.to_bytes(), data, "a content has one form");
        assert_eq!(content.check(), Ok(()), "what is read keeps its bounds");
        true
    });
    assert!(is_signed, "what its author signed is read");
    is_content || is_inner
}

/// Whether any bytes that are signed and padded come out again.
fn reads_signed(statement: &Statement<'_>, device: &DeviceKeys, data: &[u8]) -> bool {
    match write_inner(statement, device, data, 0, ENVELOPE_BUCKETS_BYTES[4]) {
        Ok(inner) => read_inner(statement, &device.device_key(), &inner) == Ok(data),
        Err(_) => data.len() > ENVELOPE_BUCKETS_BYTES[3],
    }
}

/// The frame in which a mailbox hands over envelopes.
pub fn frame(data: &[u8]) -> bool {
    Batch::parse(data).is_ok_and(|batch| {
        assert_eq!(batch.to_bytes(), data, "a batch has one form");
        true
    })
}
