//! Device certificates: the root says which device speaks for an agent, at which epoch, and until when.
//!
//! Layout, 181 bytes: version u8 = 1 ‖ agent id 32 ‖ device key 32 ‖ agreement key 32 ‖ epoch u32 ‖ not-before u64 ‖
//! not-after u64 ‖ signature 64. The root key signs everything before the signature.

use sha2::{Digest, Sha256};

use crate::codec::{DecodeError, Reader, Writer};
use crate::id::AgentId;
use crate::keys::{AgreementKey, BadSignature, DeviceKey, DeviceKeys, RootKey, SIGNATURE_SIZE};
use crate::labels::SIG_CERTIFICATE;
use crate::limits::MAX_CERTIFICATE_LIFETIME;
use crate::time::Timestamp;

const VERSION: u8 = 1;
const SIGNED_SIZE: usize = Certificate::SIZE - SIGNATURE_SIZE;

/// A device's right to speak for an agent. Every value carries a signature that was verified, or was made here.
///
/// A certificate may still be outside its time: ask [`Certificate::valid_at`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    id: AgentId,
    device: DeviceKey,
    agreement: AgreementKey,
    epoch: u32,
    not_before: Timestamp,
    not_after: Timestamp,
    bytes: [u8; Self::SIZE],
}

/// Why bytes are not a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// The bytes do not have the layout of a certificate.
    #[error("not a certificate: {0}")]
    Decode(#[from] DecodeError),
    /// The root key did not sign it.
    #[error("the certificate is not signed by the agent that it names")]
    Signature(#[from] BadSignature),
    /// It ends before it begins, or lives longer than 400 days.
    #[error("the certificate's lifetime is not within 400 days")]
    Lifetime,
}

impl Certificate {
    /// The size in bytes.
    pub const SIZE: usize = 181;

    /// Certifies a device, from `not_before` to `not_after`.
    pub fn issue(
        root: &RootKey,
        device: &DeviceKeys,
        epoch: u32,
        not_before: Timestamp,
        not_after: Timestamp,
    ) -> Result<Self, CertificateError> {
        let mut writer = Writer::new();
        writer.u8(VERSION).fixed(root.agent_id().as_bytes());
        writer.fixed(device.device_key().as_bytes()).fixed(device.agreement_key().as_bytes());
        writer.u32(epoch).u64(not_before.millis()).u64(not_after.millis());
        let signature = root.sign(SIG_CERTIFICATE, writer.as_slice());
        writer.fixed(&signature);
        Self::parse_verified(&writer.finish())
    }

    /// Reads a certificate and verifies its signature and lifetime.
    pub fn parse_verified(bytes: &[u8]) -> Result<Self, CertificateError> {
        let mut reader = Reader::new(bytes);
        let certificate = Self::read_verified(&mut reader)?;
        reader.finish()?;
        Ok(certificate)
    }

    /// Reads a certificate out of a larger layout and verifies it.
    pub fn read_verified(reader: &mut Reader<'_>) -> Result<Self, CertificateError> {
        let bytes: [u8; Self::SIZE] = reader.array()?;
        let mut fields = Reader::new(&bytes);
        fields.version(VERSION)?;
        let certificate = Self {
            id: AgentId::read(&mut fields)?,
            device: DeviceKey::read(&mut fields)?,
            agreement: AgreementKey::read(&mut fields)?,
            epoch: fields.u32()?,
            not_before: Timestamp::from_millis(fields.u64()?),
            not_after: Timestamp::from_millis(fields.u64()?),
            bytes,
        };
        certificate.id.verify(SIG_CERTIFICATE, &bytes[..SIGNED_SIZE], &fields.array()?)?;
        certificate.check_lifetime()?;
        Ok(certificate)
    }

    fn check_lifetime(&self) -> Result<(), CertificateError> {
        let lifetime = self.not_after.since(self.not_before);
        let is_sound = self.not_before < self.not_after && lifetime <= MAX_CERTIFICATE_LIFETIME;
        if is_sound { Ok(()) } else { Err(CertificateError::Lifetime) }
    }

    /// The agent.
    pub const fn id(&self) -> &AgentId {
        &self.id
    }

    /// The device's signing key.
    pub const fn device(&self) -> &DeviceKey {
        &self.device
    }

    /// The device's agreement key.
    pub const fn agreement(&self) -> &AgreementKey {
        &self.agreement
    }

    /// The device epoch: it rises with every restore, and the highest one speaks.
    pub const fn epoch(&self) -> u32 {
        self.epoch
    }

    /// When it begins.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// When it ends.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether it holds at this instant.
    pub fn valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The bytes, signature included.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.bytes
    }

    /// SHA-256 of the bytes: how handshakes and one-time pairs name a certificate.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.bytes).into()
    }
}
