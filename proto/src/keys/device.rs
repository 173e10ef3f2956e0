//! A device's own keys: Ed25519 to sign, X25519 to agree; random, and certified by the root.

use std::fmt;

use ed25519_dalek::SigningKey;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::agreement::{AgreementKey, AgreementSecret};
use super::signature::{self, BadSignature, SIGNATURE_SIZE};
use crate::codec::{DecodeError, Reader};

/// The public half of a device's signing key. Every value has passed the four key checks.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct DeviceKey([u8; 32]);

impl DeviceKey {
    /// Reads the 32 bytes of a key inside a layout and checks them.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let bytes = reader.array()?;
        signature::check_public_key(&bytes).map_err(|_| DecodeError::InvalidValue)?;
        Ok(Self(bytes))
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Checks a signature by this device over `LP(label)` ‖ `message`.
    pub fn verify(&self, label: &str, message: &[u8], signature: &[u8; SIGNATURE_SIZE]) -> Result<(), BadSignature> {
        signature::verify(&self.0, label, message, signature)
    }
}

impl fmt::Debug for DeviceKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "DeviceKey({})", data_encoding::HEXLOWER.encode_display(&self.0))
    }
}

/// A device's secret keys.
#[derive(Clone)]
pub struct DeviceKeys {
    signing: SigningKey,
    agreement: AgreementSecret,
}

impl DeviceKeys {
    /// The size in bytes: signing seed 32 ‖ agreement secret 32.
    pub const SIZE: usize = 64;

    /// Draws the keys of a new device.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Zeroizing::new([0; 32]);
        rng.fill_bytes(seed.as_mut());
        Self { signing: SigningKey::from_bytes(&seed), agreement: AgreementSecret::generate(rng) }
    }

    /// Takes keys out of sealed storage.
    pub fn from_bytes(bytes: &[u8; Self::SIZE]) -> Self {
        let (mut seed, mut agreement) = (Zeroizing::new([0; 32]), [0; 32]);
        seed.copy_from_slice(&bytes[..32]);
        agreement.copy_from_slice(&bytes[32..]);
        let keys = Self { signing: SigningKey::from_bytes(&seed), agreement: AgreementSecret::from_bytes(agreement) };
        agreement.zeroize();
        keys
    }

    /// The keys, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::SIZE]> {
        let mut bytes = Zeroizing::new([0; Self::SIZE]);
        bytes[..32].copy_from_slice(self.signing.as_bytes());
        bytes[32..].copy_from_slice(self.agreement.to_bytes().as_ref());
        bytes
    }

    /// The public half of the signing key.
    pub fn device_key(&self) -> DeviceKey {
        DeviceKey(self.signing.verifying_key().to_bytes())
    }

    /// The public half of the agreement key.
    pub fn agreement_key(&self) -> AgreementKey {
        self.agreement.public_key()
    }

    /// The secret half of the agreement key.
    pub const fn agreement(&self) -> &AgreementSecret {
        &self.agreement
    }

    /// Signs `LP(label)` ‖ `message`.
    pub fn sign(&self, label: &str, message: &[u8]) -> [u8; SIGNATURE_SIZE] {
        signature::sign(&self.signing, label, message)
    }
}

// Every part is wiped when dropped.
impl ZeroizeOnDrop for DeviceKeys {}

impl fmt::Debug for DeviceKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { signing: _, agreement: _ } = self;
        f.write_str("DeviceKeys(..)")
    }
}
