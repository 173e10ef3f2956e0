//! XChaCha20-Poly1305 with a random nonce in front of what it seals.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

/// The size of a nonce in bytes: large enough to draw it at random.
pub(crate) const NONCE_BYTES: usize = 24;
/// What sealing adds, without the nonce.
pub(crate) const TAG_BYTES: usize = 16;
/// What sealing adds in all.
pub(crate) const OVERHEAD_BYTES: usize = NONCE_BYTES + TAG_BYTES;

/// The bytes were not sealed under this key and associated data; says no more on purpose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the bytes were not sealed under this key")]
pub(crate) struct AeadError;

/// Draws a nonce.
///
/// Random even under keys that are used once: a restored disk then sends a duplicate, never two texts under one key stream.
pub(crate) fn nonce(rng: &mut impl CryptoRng) -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    rng.fill_bytes(&mut nonce);
    nonce
}

/// Seals under a nonce that the caller drew: ciphertext ‖ tag.
pub(crate) fn seal_with(
    key: &[u8; 32],
    nonce: &[u8; NONCE_BYTES],
    ad: &[u8],
    plain: &[u8],
) -> Result<Vec<u8>, AeadError> {
    cipher(key).encrypt(&XNonce::from(*nonce), Payload { msg: plain, aad: ad }).map_err(|_| AeadError)
}

/// Opens what [`seal_with`] made.
pub(crate) fn open_with(
    key: &[u8; 32],
    nonce: &[u8; NONCE_BYTES],
    ad: &[u8],
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, AeadError> {
    let plain = cipher(key).decrypt(&XNonce::from(*nonce), Payload { msg: sealed, aad: ad });
    plain.map(Zeroizing::new).map_err(|_| AeadError)
}

/// Seals under a fresh nonce: nonce ‖ ciphertext ‖ tag.
pub(crate) fn seal(rng: &mut impl CryptoRng, key: &[u8; 32], ad: &[u8], plain: &[u8]) -> Result<Vec<u8>, AeadError> {
    let nonce = nonce(rng);
    let mut sealed = nonce.to_vec();
    sealed.extend(seal_with(key, &nonce, ad, plain)?);
    Ok(sealed)
}

/// Opens what [`seal`] made.
pub(crate) fn open(key: &[u8; 32], ad: &[u8], sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, AeadError> {
    let (nonce, sealed) = sealed.split_first_chunk().ok_or(AeadError)?;
    open_with(key, nonce, ad, sealed)
}

fn cipher(key: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new(&Key::from(*key))
}
