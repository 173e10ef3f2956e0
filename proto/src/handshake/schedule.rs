//! The handshake's transcript hashes and key schedule, the same on both sides.

use zeroize::Zeroizing;

use super::first_flight::Clear;
use crate::codec::Writer;
use crate::envelope::VERSION;
use crate::id::{AgentId, SessionId};
use crate::keys::{AgreementKey, KemKey, SharedSecret};
use crate::labels;
use crate::primitives::{Secret, kdf};
use crate::ratchet::{HeaderKey, RootKey};

/// The suite byte: X25519 + ML-KEM-768, HKDF-SHA256, XChaCha20-Poly1305, Ed25519.
const SUITE: u8 = 1;
/// In front of the secrets, as in X3DH: keeps the input apart from any encoding of a curve point.
const FRONT: [u8; 32] = [0xff; 32];
/// Stands for an absent DH4 and PSK, and in t0 for an absent one-time key; the flags say which.
const ABSENT: [u8; 32] = [0; 32];

/// The secrets that K1 is made of.
pub(super) struct Secrets {
    /// DH(EK, IK of the responder).
    pub(super) dh2: SharedSecret,
    /// DH(EK, signed prekey).
    pub(super) dh3: SharedSecret,
    /// DH(EK, one-time prekey), with an invite.
    pub(super) dh4: Option<SharedSecret>,
    /// The ML-KEM secret.
    pub(super) kem: SharedSecret,
    /// Out of the invite's secret.
    pub(super) psk: Option<Zeroizing<[u8; 32]>>,
}

/// What t0 hashes of the responder.
pub(super) struct Responding<'a> {
    pub(super) id: &'a AgentId,
    /// The one-time X25519 key, with an invite.
    pub(super) one_time: Option<&'a AgreementKey>,
    /// The key that ct was made for: the one-time key with an invite, else the signed prekey.
    pub(super) kem: &'a KemKey,
}

/// t0 = SHA-256(LP(label) ‖ version ‖ suite ‖ id of the responder ‖ bundle hash ‖ flags ‖ invite id ‖ OPK ‖ EK ‖ ek ‖ ct).
pub(super) fn t0(responder: &Responding<'_>, clear: &Clear) -> [u8; 32] {
    let mut writer = Writer::label(labels::HS_T0);
    writer.u8(VERSION).u8(SUITE).fixed(responder.id.as_bytes()).fixed(&clear.bundle_hash);
    writer.u8(clear.flags()).fixed(clear.invite_id_bytes());
    writer.fixed(responder.one_time.map_or(&ABSENT, |key| key.as_bytes()));
    writer.fixed(clear.ephemeral.as_bytes()).fixed(responder.kem.as_bytes()).fixed(clear.ct.as_bytes());
    kdf::sha256(&[writer.as_slice()])
}

/// AD of the identity box: LP(label) ‖ t0.
pub(super) fn box_ad(t0: &[u8; 32]) -> Vec<u8> {
    let mut writer = Writer::label(labels::HS_BOX);
    writer.fixed(t0);
    writer.finish()
}

/// K1, as two keys that are never each other: one seals the identity box, one goes on to the session keys.
pub(super) struct FirstKeys {
    pub(super) identity: Secret,
    onward: Secret,
}

impl FirstKeys {
    /// HKDF(salt = label, ikm = 0xFF × 32 ‖ DH2 ‖ DH3 ‖ DH4 or zeros ‖ ss ‖ PSK or zeros, info = t0).
    pub(super) fn derive(secrets: &Secrets, t0: &[u8; 32]) -> Self {
        let dh4 = secrets.dh4.as_deref().unwrap_or(&ABSENT);
        let psk = secrets.psk.as_deref().unwrap_or(&ABSENT);
        let material: [&[u8]; 6] = [&FRONT, secrets.dh2.as_ref(), secrets.dh3.as_ref(), dh4, secrets.kem.as_ref(), psk];
        let mut keys = kdf::derive::<2>(labels::HS_K1.as_bytes(), &material, &[t0]);
        let [identity, onward] = &mut *keys;
        Self { identity: Secret::take(identity), onward: Secret::take(onward) }
    }

    /// HKDF(salt = K1's second key, ikm = DH1, info = label ‖ t1), where t1 = SHA-256(LP(label) ‖ t0 ‖ LP(identity box)).
    pub(super) fn session_keys(&self, dh1: &SharedSecret, t0: &[u8; 32], identity_box: &[u8]) -> SessionKeys {
        let mut writer = Writer::label(labels::HS_T1);
        writer.fixed(t0).lp(identity_box);
        let t1 = kdf::sha256(&[writer.as_slice()]);
        let info: [&[u8]; 2] = [labels::HS_KEYS.as_bytes(), &t1];
        let mut keys = kdf::derive::<4>(self.onward.as_bytes(), &[dh1.as_ref()], &info);
        let [root, initiator_header, responder_header, id] = &mut *keys;
        SessionKeys {
            root: RootKey::take(root),
            initiator_header: HeaderKey::take(initiator_header),
            responder_header: HeaderKey::take(responder_header),
            id: SessionId::from_bytes(*id),
        }
    }
}

/// The handshake's output: RK0 ‖ HK of the initiator's first chain ‖ NHK of the responder's first chain ‖ SID.
pub(super) struct SessionKeys {
    pub(super) root: RootKey,
    pub(super) initiator_header: HeaderKey,
    pub(super) responder_header: HeaderKey,
    pub(super) id: SessionId,
}
