//! One-time pairs: X25519 and ML-KEM-768 keys for the holder of one invite, used once.

use std::fmt;

use rand_core::CryptoRng;
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::certificate::Certificate;
use crate::codec::{DecodeError, Reader, Writer};
use crate::id::{AgentId, InviteId};
use crate::keys::{AgreementKey, AgreementSecret, BadSignature, DeviceKeys, KemKey, KemSecret, SIGNATURE_SIZE};
use crate::labels::SIG_ONE_TIME;

const VERSION: u8 = 1;

/// The secrets of a one-time pair; deleted when the invite was used.
#[derive(Clone)]
pub struct OneTimeSecret {
    agreement: AgreementSecret,
    kem: KemSecret,
}

impl OneTimeSecret {
    /// The size of the stored form: version u8 ‖ X25519 32 ‖ ML-KEM seed 64.
    pub const SIZE: usize = 97;

    /// Draws a new pair.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self { agreement: AgreementSecret::generate(rng), kem: KemSecret::generate(rng) }
    }

    /// The pair, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::SIZE]> {
        let mut bytes = Zeroizing::new([0; Self::SIZE]);
        bytes[0] = VERSION;
        bytes[1..33].copy_from_slice(self.agreement.to_bytes().as_ref());
        bytes[33..].copy_from_slice(self.kem.to_bytes().as_ref());
        bytes
    }

    /// Takes a pair out of sealed storage.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let agreement = AgreementSecret::from_bytes(reader.array()?);
        let kem = KemSecret::from_bytes(reader.array()?);
        reader.finish()?;
        Ok(Self { agreement, kem })
    }

    /// Signs the public halves for one invite.
    pub fn sign(&self, device: &DeviceKeys, certificate: &Certificate, invite_id: &InviteId) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION).fixed(&certificate.hash()).fixed(invite_id.as_bytes());
        writer.fixed(self.agreement.public_key().as_bytes()).fixed(self.kem.public_key().as_bytes());
        let signature = device.sign(SIG_ONE_TIME, &signed_part(certificate.id(), writer.as_slice()));
        writer.fixed(&signature);
        writer.finish()
    }

    /// The X25519 half.
    pub const fn agreement(&self) -> &AgreementSecret {
        &self.agreement
    }

    /// The ML-KEM-768 half.
    pub const fn kem(&self) -> &KemSecret {
        &self.kem
    }
}

// Every part is wiped when dropped.
impl ZeroizeOnDrop for OneTimeSecret {}

impl fmt::Debug for OneTimeSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { agreement: _, kem: _ } = self;
        f.write_str("OneTimeSecret(..)")
    }
}

/// A one-time pair that was verified for one invite of one agent.
///
/// Layout: version u8 = 1 ‖ SHA-256(certificate) 32 ‖ invite id 16 ‖ X25519 32 ‖ ML-KEM-768 1184 ‖ signature 64. The certified
/// device signs the agent id 32 ‖ everything before the signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedOneTime {
    invite_id: InviteId,
    agreement: AgreementKey,
    kem: KemKey,
}

/// Why a one-time pair is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OneTimeError {
    /// The bytes do not have the layout of a one-time pair.
    #[error("not a one-time pair: {0}")]
    Decode(#[from] DecodeError),
    /// It belongs to another invite.
    #[error("the one-time pair belongs to another invite")]
    OtherInvite,
    /// It was made under another certificate than the bundle's.
    #[error("the one-time pair is of another device certificate")]
    OtherCertificate,
    /// The certified device did not sign it: somebody swapped a key.
    #[error("the one-time pair is not signed by the peer's device")]
    Signature(#[from] BadSignature),
}

impl VerifiedOneTime {
    /// The size in bytes.
    pub const SIZE: usize = 1329;

    /// Reads a pair and verifies that the certified device signed it for this invite.
    pub fn parse(bytes: &[u8], certificate: &Certificate, invite_id: &InviteId) -> Result<Self, OneTimeError> {
        let mut reader = Reader::new(bytes);
        reader.version(VERSION)?;
        let certificate_hash: [u8; 32] = reader.array()?;
        let pair = Self {
            invite_id: InviteId::from_bytes(reader.array()?),
            agreement: AgreementKey::read(&mut reader)?,
            kem: KemKey::read(&mut reader)?,
        };
        let signed = &bytes[..bytes.len() - reader.remaining()];
        let signature: [u8; SIGNATURE_SIZE] = reader.array()?;
        reader.finish()?;
        if pair.invite_id != *invite_id {
            return Err(OneTimeError::OtherInvite);
        }
        if certificate_hash != certificate.hash() {
            return Err(OneTimeError::OtherCertificate);
        }
        certificate.device().verify(SIG_ONE_TIME, &signed_part(certificate.id(), signed), &signature)?;
        Ok(pair)
    }

    /// The invite that it is for.
    pub const fn invite_id(&self) -> &InviteId {
        &self.invite_id
    }

    /// The X25519 key.
    pub const fn agreement(&self) -> &AgreementKey {
        &self.agreement
    }

    /// The ML-KEM-768 key.
    pub const fn kem(&self) -> &KemKey {
        &self.kem
    }
}

fn signed_part(id: &AgentId, layout: &[u8]) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.fixed(id.as_bytes()).fixed(layout);
    writer.finish()
}
