//! Message headers: always 2,400 bytes, sealed under a header key, and covering by their seal the whole envelope.
//!
//! Plaintext: version u8 = 1 ‖ flags u8 ‖ DH public 32 ‖ PN u32 ‖ N u32 ‖ ek 1184 ‖ ct 1088 ‖ 86 zero bytes. Flag bit 0 says
//! that ct is present; without it ct is zero.

use rand_core::CryptoRng;

use super::turn::TheirKeys;
use crate::codec::{DecodeError, Reader, Writer};
use crate::envelope::OUTER_BYTES;
use crate::id::SessionId;
use crate::keys::{AgreementKey, KemCiphertext, KemKey};
use crate::labels;
use crate::primitives::{Secret, aead, kdf};

/// The size of a header's plaintext in bytes.
pub(crate) const HEADER_BYTES: usize = 2400;
/// The size of a sealed header in bytes.
pub(crate) const SEALED_HEADER_BYTES: usize = HEADER_BYTES + aead::OVERHEAD_BYTES;

const VERSION: u8 = 1;
const FLAG_CIPHERTEXT: u8 = 1;
const ZERO_BYTES: usize = HEADER_BYTES - 2 - 32 - 4 - 4 - KemKey::SIZE - KemCiphertext::SIZE;
const NO_CIPHERTEXT: [u8; KemCiphertext::SIZE] = [0; KemCiphertext::SIZE];

/// The public half of one ratchet step: the same in every header of the chain that it begins.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// The sender's new X25519 key.
    pub(crate) dh: AgreementKey,
    /// The sender's new ML-KEM key, for the receiver's next step.
    pub(crate) ek: KemKey,
    /// The ML-KEM secret of this step, encapsulated to the receiver; absent only before the receiver ever offered a key.
    pub(crate) ct: Option<KemCiphertext>,
}

impl Step {
    /// SHA-256(DH public ‖ ek ‖ ct), which enters the root key, so that no part of a step can be exchanged for another.
    pub(crate) fn digest(&self) -> [u8; 32] {
        kdf::sha256(&[self.dh.as_bytes(), self.ek.as_bytes(), self.ct_bytes()])
    }

    /// The keys that the receiver of this step uses for its own.
    pub(crate) fn keys(&self) -> TheirKeys {
        TheirKeys { dh: self.dh, kem: Some(self.ek.clone()) }
    }

    fn ct_bytes(&self) -> &[u8; KemCiphertext::SIZE] {
        self.ct.as_ref().map_or(&NO_CIPHERTEXT, KemCiphertext::as_bytes)
    }
}

/// What a message says about its place: the step, the length of the sender's chain before (PN), the number in this chain (N).
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) step: Step,
    pub(crate) previous: u32,
    pub(crate) number: u32,
}

impl Header {
    /// The 2,400 bytes.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.with_number(self.number)
    }

    fn with_number(&self, number: u32) -> Vec<u8> {
        let mut writer = Writer::with_capacity(HEADER_BYTES);
        writer.u8(VERSION).u8(if self.step.ct.is_some() { FLAG_CIPHERTEXT } else { 0 });
        writer.fixed(self.step.dh.as_bytes()).u32(self.previous).u32(number);
        writer.fixed(self.step.ek.as_bytes()).fixed(self.step.ct_bytes());
        writer.fixed(&[0; ZERO_BYTES]);
        writer.finish()
    }

    /// SHA-256 of the header with N = 0: what all headers of one chain have in common.
    pub(crate) fn chain(&self) -> [u8; 32] {
        kdf::sha256(&[&self.with_number(0)])
    }

    /// Reads the one form that [`to_bytes`](Self::to_bytes) writes.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let flags = reader.u8()?;
        let (dh, previous, number) = (AgreementKey::read(&mut reader)?, reader.u32()?, reader.u32()?);
        let (ek, ct) = (KemKey::read(&mut reader)?, KemCiphertext::read(&mut reader)?);
        let zeros: [u8; ZERO_BYTES] = reader.array()?;
        reader.finish()?;
        let ct = match flags {
            FLAG_CIPHERTEXT => Some(ct),
            0 if *ct.as_bytes() == NO_CIPHERTEXT => None,
            _ => return Err(DecodeError::InvalidValue),
        };
        if zeros != [0; ZERO_BYTES] {
            return Err(DecodeError::InvalidValue);
        }
        Ok(Self { step: Step { dh, ek, ct }, previous, number })
    }
}

/// HK: seals the headers of one chain.
#[derive(Clone)]
pub(crate) struct HeaderKey(Secret);

impl HeaderKey {
    pub(crate) fn take(bytes: &mut [u8; 32]) -> Self {
        Self(Secret::take(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// Seals a header's plaintext for the envelope that `cover` describes.
    pub(crate) fn seal(
        &self,
        rng: &mut impl CryptoRng,
        cover: &Cover,
        header: &[u8],
    ) -> Result<Vec<u8>, aead::AeadError> {
        aead::seal(rng, self.as_bytes(), &cover.0, header)
    }

    /// Opens a header, if it was sealed under this key for exactly this envelope.
    pub(crate) fn open(&self, cover: &Cover, sealed: &[u8]) -> Option<zeroize::Zeroizing<Vec<u8>>> {
        aead::open(self.as_bytes(), &cover.0, sealed).ok()
    }
}

/// What a header's seal covers beside the header: LP(label) ‖ outer version and kind ‖ SID ‖ SHA-256(body).
///
/// What stands between the outer part and the header in a first flight is covered by SID, an output of its transcript.
/// The body in it makes every change of an envelope by an outsider indistinguishable from noise. Were it left out, a relay could
/// put an old header before other bytes and have the receiver report a fork that never happened.
pub(crate) struct Cover(Vec<u8>);

impl Cover {
    pub(crate) fn new(outer: &[u8; OUTER_BYTES], session: &SessionId, body: &[u8]) -> Self {
        let mut writer = Writer::label(labels::DR_HEADER);
        writer.fixed(outer).fixed(session.as_bytes()).fixed(&kdf::sha256(&[body]));
        Self(writer.finish())
    }
}
