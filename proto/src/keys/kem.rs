//! ML-KEM-768 (FIPS 203): secret keys are kept as their 64-byte seeds, public keys as their checked bytes.

use std::fmt;

use ml_kem::kem::{Decapsulate, Encapsulate, KeyExport};
use ml_kem::ml_kem_768;
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::agreement::SharedSecret;
use crate::codec::{DecodeError, Reader};

/// The prime of ML-KEM.
const Q: u16 = 3329;
/// Three polynomials of 256 coefficients of 12 bits; the seed of the matrix follows.
const COEFFICIENT_BYTES: usize = 1152;

/// A key to which secrets can be encapsulated: 1,184 bytes, checked as FIPS 203 demands.
#[derive(Clone, PartialEq, Eq)]
pub struct KemKey(Box<[u8; Self::SIZE]>);

/// An encapsulated secret: 1,088 bytes. Every such string is acceptable to the algorithm; a wrong one yields another secret.
#[derive(Clone, PartialEq, Eq)]
pub struct KemCiphertext(Box<[u8; Self::SIZE]>);

impl KemKey {
    /// The size in bytes.
    pub const SIZE: usize = 1184;

    /// Takes a key whose every coefficient is in its one canonical form.
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> Result<Self, DecodeError> {
        if is_canonical(&bytes) { Ok(Self(Box::new(bytes))) } else { Err(DecodeError::InvalidValue) }
    }

    /// Reads the 1,184 bytes of a key inside a layout and checks them.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Self::from_bytes(reader.array()?)
    }

    /// The key's bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }

    /// Draws a secret and encapsulates it to this key.
    #[expect(
        clippy::missing_panics_doc,
        clippy::expect_used,
        reason = "the bytes were checked when the value was made"
    )]
    pub fn encapsulate(&self, rng: &mut impl CryptoRng) -> (KemCiphertext, SharedSecret) {
        let key = ml_kem_768::EncapsulationKey::new(&(*self.0).into()).expect("checked when it was made");
        let (ciphertext, mut secret) = key.encapsulate_with_rng(rng);
        let shared = Zeroizing::new(secret.into());
        secret.zeroize();
        (KemCiphertext(Box::new(ciphertext.into())), shared)
    }
}

/// The check of FIPS 203, section 7.2: every 12-bit coefficient is below q.
///
/// The library makes the same check, but only together with expanding the key's matrix, which costs more than opening a whole
/// message; every message repeats its sender's key in its header.
fn is_canonical(key: &[u8; KemKey::SIZE]) -> bool {
    let (coefficients, _seed) = key.split_at(COEFFICIENT_BYTES);
    let (triples, _none) = coefficients.as_chunks::<3>();
    triples.iter().all(|[low, middle, high]| {
        let first = u16::from(*low) | (u16::from(middle & 0x0f) << 8);
        let second = u16::from(middle >> 4) | (u16::from(*high) << 4);
        first < Q && second < Q
    })
}

impl fmt::Debug for KemKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemKey({}..)", data_encoding::HEXLOWER.encode_display(&self.0[..8]))
    }
}

impl KemCiphertext {
    /// The size in bytes.
    pub const SIZE: usize = 1088;

    /// Takes the bytes as they are.
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self(Box::new(bytes))
    }

    /// Reads the 1,088 bytes of a ciphertext inside a layout.
    pub fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        reader.array().map(Self::from_bytes)
    }

    /// The bytes.
    pub const fn as_bytes(&self) -> &[u8; Self::SIZE] {
        &self.0
    }
}

impl fmt::Debug for KemCiphertext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "KemCiphertext({}..)", data_encoding::HEXLOWER.encode_display(&self.0[..8]))
    }
}

/// The secret half: the 64-byte seed of FIPS 203. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct KemSecret(Box<[u8; Self::SIZE]>);

impl KemSecret {
    /// The size in bytes.
    pub const SIZE: usize = 64;

    /// Draws a new key.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut seed = Box::new([0; Self::SIZE]);
        rng.fill_bytes(seed.as_mut());
        Self(seed)
    }

    /// Takes a seed out of sealed storage.
    pub fn from_bytes(bytes: [u8; Self::SIZE]) -> Self {
        Self(Box::new(bytes))
    }

    /// The seed, for sealed storage.
    pub fn to_bytes(&self) -> Zeroizing<[u8; Self::SIZE]> {
        Zeroizing::new(*self.0)
    }

    /// The public half.
    pub fn public_key(&self) -> KemKey {
        KemKey(Box::new(self.expand().encapsulation_key().to_bytes().into()))
    }

    /// The secret inside a ciphertext. A ciphertext made for another key yields an unrelated secret, not an error.
    pub fn decapsulate(&self, ciphertext: &KemCiphertext) -> SharedSecret {
        let mut secret = self.expand().decapsulate(&(*ciphertext.0).into());
        let shared = Zeroizing::new(secret.into());
        secret.zeroize();
        shared
    }

    fn expand(&self) -> ml_kem_768::DecapsulationKey {
        ml_kem_768::DecapsulationKey::from_seed((*self.0).into())
    }
}

impl fmt::Debug for KemSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("KemSecret(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededRng;

    /// Puts a coefficient of 12 bits at its place.
    fn with_coefficient(key: &KemKey, at: usize, value: u16) -> [u8; KemKey::SIZE] {
        let mut bytes = *key.as_bytes();
        let [low, high] = value.to_le_bytes();
        let triple = &mut bytes[at / 2 * 3..][..3];
        if at.is_multiple_of(2) {
            triple[0] = low;
            triple[1] = (triple[1] & 0xf0) | high;
        } else {
            triple[1] = (triple[1] & 0x0f) | (low << 4);
            triple[2] = (low >> 4) | (high << 4);
        }
        bytes
    }

    #[test]
    fn our_check_of_a_key_is_the_librarys() {
        let key = KemSecret::generate(&mut SeededRng::new("kem check")).public_key();
        for at in 0..768 {
            for value in [0, Q - 1, Q, Q + 1, 4095] {
                let bytes = with_coefficient(&key, at, value);
                let theirs = ml_kem_768::EncapsulationKey::new(&bytes.into()).is_ok();
                assert_eq!(KemKey::from_bytes(bytes).is_ok(), theirs, "coefficient {at} = {value}");
                assert_eq!(theirs, value < Q, "coefficient {at} = {value}");
            }
        }
    }
}
