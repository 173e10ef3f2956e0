//! Ed25519 as this protocol uses it: labelled messages, checked keys, strict verification.

use curve25519_dalek::edwards::CompressedEdwardsY;
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use crate::codec::Writer;

/// The size of a signature in bytes.
pub const SIGNATURE_SIZE: usize = 64;

/// The signature does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the signature does not fit")]
pub struct BadSignature;

/// Why 32 bytes are not accepted as an Ed25519 public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PublicKeyFault {
    /// No point of the curve.
    #[error("the key is no point of the curve")]
    NotAPoint,
    /// A point of small order: signatures under it prove nothing.
    #[error("the key is weak")]
    Weak,
    /// Another spelling of a point.
    #[error("the key is not in canonical form")]
    NonCanonical,
    /// A point with a part of small order.
    #[error("the key has a part of small order")]
    Torsion,
}

/// Checks a public key in the four ways that all are needed: ed25519-dalek alone accepts non-canonical spellings and keys with
/// a torsion part, by which one key could be known under several ids.
pub(crate) fn check_public_key(bytes: &[u8; 32]) -> Result<(), PublicKeyFault> {
    let point = CompressedEdwardsY(*bytes).decompress().ok_or(PublicKeyFault::NotAPoint)?;
    if point.is_small_order() {
        return Err(PublicKeyFault::Weak);
    }
    if point.compress().as_bytes() != bytes {
        return Err(PublicKeyFault::NonCanonical);
    }
    if !point.is_torsion_free() {
        return Err(PublicKeyFault::Torsion);
    }
    Ok(())
}

/// Signs `LP(label)` ‖ `message`.
pub(crate) fn sign(key: &SigningKey, label: &str, message: &[u8]) -> [u8; SIGNATURE_SIZE] {
    sign_input(key, &input(label, message))
}

/// Verifies a signature over `LP(label)` ‖ `message`, strictly: no weak key, no small-order part, one form only.
pub(crate) fn verify(
    key: &[u8; 32],
    label: &str,
    message: &[u8],
    signature: &[u8; SIGNATURE_SIZE],
) -> Result<(), BadSignature> {
    verify_input(key, &input(label, message), signature)
}

/// Ed25519 over the whole input. Only [`sign`] makes inputs, so that each begins with its label.
pub(crate) fn sign_input(key: &SigningKey, input: &[u8]) -> [u8; SIGNATURE_SIZE] {
    key.sign(input).to_bytes()
}

/// Ed25519 over the whole input; see [`verify`].
pub(crate) fn verify_input(key: &[u8; 32], input: &[u8], signature: &[u8; SIGNATURE_SIZE]) -> Result<(), BadSignature> {
    let key = VerifyingKey::from_bytes(key).map_err(|_| BadSignature)?;
    let signature = Signature::from_bytes(signature);
    key.verify_strict(input, &signature).map_err(|_| BadSignature)
}

fn input(label: &str, message: &[u8]) -> Vec<u8> {
    let mut input = Writer::label(label);
    input.fixed(message);
    input.finish()
}
