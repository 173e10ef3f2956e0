//! HKDF-SHA256 (RFC 5869) and HMAC-SHA256 (RFC 2104) with outputs of 32 bytes.

use hkdf::{Hkdf, HkdfExtract};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// SHA-256 over the parts, one after the other.
pub(crate) fn sha256(parts: &[&[u8]]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in parts {
        hash.update(part);
    }
    hash.finalize().into()
}

/// `N` keys out of HKDF: extract over the parts of `material`, expand with the parts of `info`.
pub(crate) fn derive<const N: usize>(salt: &[u8], material: &[&[u8]], info: &[&[u8]]) -> Zeroizing<[[u8; 32]; N]> {
    let mut output = Zeroizing::new([[0; 32]; N]);
    fill(&extract(salt, material), info, output.as_flattened_mut());
    output
}

/// One key out of HKDF.
pub(crate) fn derive_one(salt: &[u8], material: &[&[u8]], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut output = Zeroizing::new([0; 32]);
    fill(&extract(salt, material), info, output.as_mut());
    output
}

/// One key out of HKDF-Expand alone, for a key that is already uniform.
#[expect(clippy::expect_used, reason = "a pseudorandom key of 32 bytes is exactly as long as HKDF asks")]
pub(crate) fn expand(key: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let mut output = Zeroizing::new([0; 32]);
    fill(&Hkdf::from_prk(key).expect("32 bytes are enough"), info, output.as_mut());
    output
}

/// HMAC-SHA256.
pub(crate) fn hmac(key: &[u8; 32], message: &[u8]) -> Zeroizing<[u8; 32]> {
    Zeroizing::new(mac(key, message).finalize().into_bytes().into())
}

/// HMAC-SHA256 before its output is taken, to be compared in constant time by its `verify_slice`.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(crate) fn mac(key: &[u8], message: &[u8]) -> Hmac<Sha256> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(message);
    mac
}

fn extract(salt: &[u8], material: &[&[u8]]) -> Hkdf<Sha256> {
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in material {
        extract.input_ikm(part);
    }
    let (mut prk, hkdf) = extract.finalize();
    zeroize::Zeroize::zeroize(prk.as_mut_slice());
    hkdf
}

#[expect(clippy::expect_used, reason = "HKDF fails only above 255 blocks; the protocol asks for at most four")]
fn fill(hkdf: &Hkdf<Sha256>, info: &[&[u8]], output: &mut [u8]) {
    hkdf.expand_multi_info(info, output).expect("fewer than 255 blocks");
}
