//! The prekey bundle: what a relay hands to whoever wants to write to an agent for the first time.
//!
//! Layout: version u8 = 1 ‖ suite u8 = 1 ‖ minimum version u8 ‖ certificate 181 ‖ prekey id u32 ‖ X25519 32 ‖ ML-KEM-768 1184 ‖
//! created u64 ‖ not-after u64 ‖ knocks u8 ‖ LP(relay) ‖ signature 64. The certified device signs everything before the
//! signature, so nothing in it can be swapped or downgraded by a relay.

use sha2::{Digest, Sha256};

use super::PrekeySecret;
use crate::address::RelayAuthority;
use crate::card::KnockPolicy;
use crate::certificate::{Certificate, CertificateError};
use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;
use crate::id::AgentId;
use crate::keys::{AgreementKey, BadSignature, DeviceKeys, KemKey, SIGNATURE_SIZE};
use crate::labels::SIG_BUNDLE;
use crate::limits::{MAX_AUTHORITY_BYTES, MAX_CLOCK_AHEAD, PREKEY_LIFETIME};
use crate::time::Timestamp;

const VERSION: u8 = 1;
const SUITE: u8 = 1;

/// What a new bundle is made of.
#[derive(Clone, Copy)]
pub struct BundleTerms<'a> {
    /// The device that signs.
    pub certificate: &'a Certificate,
    /// The prekey to publish.
    pub prekey: &'a PrekeySecret,
    /// Whether strangers may knock.
    pub knocks: KnockPolicy,
    /// Where the agent takes mail.
    pub relay: &'a RelayAuthority,
    /// When the bundle is made: the prekey's own time, or later where its terms changed since.
    pub created: Timestamp,
}

impl BundleTerms<'_> {
    /// Signs a bundle that lives as long as its prekey may: 90 days from when the prekey was drawn.
    pub fn sign(&self, device: &DeviceKeys) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.u8(VERSION).u8(SUITE).u8(VERSION).fixed(self.certificate.as_bytes());
        self.prekey.write_public(&mut writer);
        let not_after = self.prekey.created().plus(PREKEY_LIFETIME);
        writer.u64(self.created.millis()).u64(not_after.millis());
        self.knocks.write(&mut writer);
        writer.lp(self.relay.as_str().as_bytes());
        let signature = device.sign(SIG_BUNDLE, writer.as_slice());
        writer.fixed(&signature);
        writer.finish()
    }
}

/// A bundle that was verified, and was in its time when it was.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedBundle {
    certificate: Certificate,
    prekey_id: u32,
    agreement: AgreementKey,
    kem: KemKey,
    created: Timestamp,
    not_after: Timestamp,
    knocks: KnockPolicy,
    relay: RelayAuthority,
    hash: [u8; 32],
}

/// Why a bundle is not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BundleError {
    /// The bytes do not have the layout of a bundle.
    #[error("not a prekey bundle: {0}")]
    Decode(#[from] DecodeError),
    /// The peer asks for a newer version of the protocol.
    #[error("the peer needs a newer version of this program")]
    NewerVersionNeeded,
    /// The certificate in it does not hold.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// The device certificate is outside its time.
    #[error("the peer's device certificate is outside its time")]
    CertificateTime,
    /// It is another agent's bundle.
    #[error("the prekey bundle is another agent's")]
    OtherAgent,
    /// The certified device did not sign it.
    #[error("the prekey bundle is not signed by the device that it names")]
    Signature(#[from] BadSignature),
    /// It has expired: the peer's sidecar has not been online for months.
    #[error("the peer's prekeys have expired")]
    Expired,
    /// It was made more than a day ahead of our clock.
    #[error("the peer's prekeys are from the future; check this machine's clock")]
    FromTheFuture,
    /// It lives longer than 90 days, or ends before it begins.
    #[error("the prekey bundle's lifetime is not within 90 days")]
    Lifetime,
}

impl VerifiedBundle {
    /// Reads a bundle and verifies that `expected` signed it, and that its time is now.
    ///
    /// The caller still compares [`VerifiedBundle::position`] with the one last seen: it may only grow.
    pub fn parse(bytes: &[u8], expected: &AgentId, now: Timestamp) -> Result<Self, BundleError> {
        let mut reader = Reader::new(bytes);
        let bundle = Self::read(&mut reader, bytes)?;
        let signed = &bytes[..bytes.len() - reader.remaining()];
        let signature: [u8; SIGNATURE_SIZE] = reader.array()?;
        reader.finish()?;
        if bundle.certificate.id() != expected {
            return Err(BundleError::OtherAgent);
        }
        bundle.certificate.device().verify(SIG_BUNDLE, signed, &signature)?;
        bundle.check_time(now)?;
        Ok(bundle)
    }

    fn read(reader: &mut Reader<'_>, whole: &[u8]) -> Result<Self, BundleError> {
        reader.version(VERSION)?;
        reader.version(SUITE)?;
        if reader.u8()? > VERSION {
            return Err(BundleError::NewerVersionNeeded);
        }
        Ok(Self {
            certificate: Certificate::read_verified(reader)?,
            prekey_id: reader.u32()?,
            agreement: AgreementKey::read(reader)?,
            kem: KemKey::read(reader)?,
            created: Timestamp::from_millis(reader.u64()?),
            not_after: Timestamp::from_millis(reader.u64()?),
            knocks: KnockPolicy::read(reader)?,
            relay: reader.canonical(MAX_AUTHORITY_BYTES)?,
            hash: Sha256::digest(whole).into(),
        })
    }

    fn check_time(&self, now: Timestamp) -> Result<(), BundleError> {
        if self.created >= self.not_after || self.not_after.since(self.created) > PREKEY_LIFETIME {
            return Err(BundleError::Lifetime);
        }
        if now > self.not_after {
            return Err(BundleError::Expired);
        }
        if self.created > now.plus(MAX_CLOCK_AHEAD) {
            return Err(BundleError::FromTheFuture);
        }
        // A clock that is a little behind must not refuse a device that was certified today.
        let is_certified = self.certificate.valid_at(now) || self.certificate.valid_at(now.plus(MAX_CLOCK_AHEAD));
        if is_certified { Ok(()) } else { Err(BundleError::CertificateTime) }
    }

    /// The device that signed it.
    pub const fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The prekey's number.
    pub const fn prekey_id(&self) -> u32 {
        self.prekey_id
    }

    /// The signed X25519 prekey.
    pub const fn agreement(&self) -> &AgreementKey {
        &self.agreement
    }

    /// The signed ML-KEM-768 prekey.
    pub const fn kem(&self) -> &KemKey {
        &self.kem
    }

    /// When it was made.
    pub const fn created(&self) -> Timestamp {
        self.created
    }

    /// When it ends.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether strangers may knock.
    pub const fn knocks(&self) -> KnockPolicy {
        self.knocks
    }

    /// Where the agent takes mail.
    pub const fn relay(&self) -> &RelayAuthority {
        &self.relay
    }

    /// Its place among the agent's bundles: device epoch, then creation. May only grow.
    pub const fn position(&self) -> Counter {
        Counter::new(self.certificate.epoch(), self.created.millis())
    }

    /// SHA-256 of its bytes, signature included: how a handshake names it.
    pub const fn hash(&self) -> &[u8; 32] {
        &self.hash
    }
}
