//! X25519 key agreement that refuses outcomes to which the other side contributed nothing.

use std::fmt;

use rand_core::CryptoRng;
use x25519_dalek::{PublicKey, StaticSecret};
use zeroize::{ZeroizeOnDrop, Zeroizing};

use crate::codec::{DecodeError, Reader};

/// The outcome of an agreement; input to a key derivation, never a key itself. Wiped when dropped.
pub type SharedSecret = Zeroizing<[u8; 32]>;

/// The other side's key forces the outcome to a constant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the other side's agreement key is degenerate")]
pub struct NotContributory;

/// The public half of an X25519 key.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct AgreementKey([u8; 32]);

impl AgreementKey {
    /// The size in bytes.
    pub const SIZE: usize = 32;

    /// Takes the bytes as they are; a degenerate key is found when it is used ([`AgreementSecret::agree`]).
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Reads the 32 bytes of a key inside a layout.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self)
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for AgreementKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "AgreementKey({})", data_encoding::HEXLOWER.encode_display(&self.0))
    }
}

/// The secret half of an X25519 key. Wiped when dropped.
#[derive(Clone)]
pub struct AgreementSecret(StaticSecret);

impl AgreementSecret {
    /// Draws a new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        Self(StaticSecret::random_from_rng(rng))
    }

    /// Takes a key out of sealed storage.
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(StaticSecret::from(bytes))
    }

    /// The key, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// The public half.
    pub fn public_key(&self) -> AgreementKey {
        AgreementKey(PublicKey::from(&self.0).to_bytes())
    }

    /// Agrees on a secret, or refuses a key that would force the outcome.
    pub fn agree(&self, theirs: &AgreementKey) -> Result<SharedSecret, NotContributory> {
        let outcome = self.0.diffie_hellman(&PublicKey::from(theirs.0));
        if outcome.was_contributory() { Ok(Zeroizing::new(outcome.to_bytes())) } else { Err(NotContributory) }
    }
}

// Every part is wiped when dropped.
impl ZeroizeOnDrop for AgreementSecret {}

impl fmt::Debug for AgreementSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("AgreementSecret(..)")
    }
}
