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
    let mut extract = HkdfExtract::<Sha256>::new(Some(salt));
    for part in material {
        extract.input_ikm(part);
    }
    let (mut prk, hkdf) = extract.finalize();
    zeroize::Zeroize::zeroize(prk.as_mut_slice());
    fill(&hkdf, info)
}

/// One key out of HKDF-Expand alone, for a key that is already uniform.
#[expect(clippy::expect_used, reason = "a pseudorandom key of 32 bytes is exactly as long as HKDF asks")]
pub(crate) fn expand(key: &[u8; 32], info: &[&[u8]]) -> Zeroizing<[u8; 32]> {
    let hkdf = Hkdf::<Sha256>::from_prk(key).expect("32 bytes are enough");
    let [output] = *fill::<1>(&hkdf, info);
    Zeroizing::new(output)
}

/// HMAC-SHA256.
#[expect(clippy::expect_used, reason = "HMAC takes keys of any length")]
pub(crate) fn hmac(key: &[u8; 32], message: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("any length is a key");
    mac.update(message);
    Zeroizing::new(mac.finalize().into_bytes().into())
}

#[expect(clippy::expect_used, reason = "HKDF fails only above 255 blocks; the protocol asks for at most four")]
fn fill<const N: usize>(hkdf: &Hkdf<Sha256>, info: &[&[u8]]) -> Zeroizing<[[u8; 32]; N]> {
    let mut output = Zeroizing::new([[0; 32]; N]);
    hkdf.expand_multi_info(info, output.as_flattened_mut()).expect("fewer than 255 blocks");
    output
}
