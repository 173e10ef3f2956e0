//! Seals what rests in a row, bound to the place where it stands.
//!
//! XChaCha20-Poly1305 with a random nonce; the associated data is table ‖ row ‖ column ‖ format, so a value that is
//! moved to another row does not open. What must be searched for (ids, petnames) stands as a keyed hash beside it.

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use hmac::{Hmac, Mac};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::StoreError;

const FORMAT: u32 = 1;
const NONCE_BYTES: usize = 24;

/// Where a sealed value stands.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    /// The table.
    pub(crate) table: &'static str,
    /// The row's natural key.
    pub(crate) row: &'a [u8],
    /// The column.
    pub(crate) column: &'static str,
}

impl<'a> Place<'a> {
    /// The `record` column of a row.
    pub(crate) fn record(table: &'static str, row: &'a [u8]) -> Self {
        Self { table, row, column: "record" }
    }

    fn associated_data(&self) -> Vec<u8> {
        let mut writer = a2a_proto::codec::Writer::new();
        writer.lp(self.table.as_bytes()).lp(self.row).lp(self.column.as_bytes()).u32(FORMAT);
        writer.finish()
    }
}

/// Seals and opens rows under the database key.
pub(crate) struct RowSeal {
    rows: Zeroizing<[u8; 32]>,
    index: Zeroizing<[u8; 32]>,
}

impl RowSeal {
    /// Derives the keys of rows and of blind indexes from the database key.
    pub(crate) fn new(database_key: &[u8; 32]) -> Self {
        Self { rows: derive(database_key, b"a2a/1/store/rows"), index: derive(database_key, b"a2a/1/store/index") }
    }

    /// Seals `plain` for `place`.
    pub(crate) fn seal(&self, place: Place<'_>, plain: &[u8]) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0u8; NONCE_BYTES];
        getrandom::fill(&mut nonce).map_err(|_| StoreError::NoRandomness)?;
        let aad = place.associated_data();
        let sealed = self
            .cipher()
            .encrypt(&XNonce::from(nonce), Payload { msg: plain, aad: &aad })
            .map_err(|_| StoreError::Unsealable { table: place.table })?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what was sealed for `place`.
    pub(crate) fn open(&self, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let failed = || StoreError::Unsealable { table: place.table };
        let (nonce, body) = sealed.split_first_chunk::<NONCE_BYTES>().ok_or_else(failed)?;
        let aad = place.associated_data();
        self.cipher()
            .decrypt(&XNonce::from(*nonce), Payload { msg: body, aad: &aad })
            .map(Zeroizing::new)
            .map_err(|_| failed())
    }

    /// Seals a record.
    pub(crate) fn seal_record<T: Serialize>(&self, place: Place<'_>, record: &T) -> Result<Vec<u8>, StoreError> {
        let plain = serde_json::to_vec(record).map_err(|_| StoreError::Unreadable { table: place.table })?;
        self.seal(place, &Zeroizing::new(plain))
    }

    /// Opens a record.
    pub(crate) fn open_record<T: DeserializeOwned>(&self, place: Place<'_>, sealed: &[u8]) -> Result<T, StoreError> {
        let plain = self.open(place, sealed)?;
        serde_json::from_slice(&plain).map_err(|_| StoreError::Unreadable { table: place.table })
    }

    /// A keyed hash by which a value can be found without standing there.
    pub(crate) fn tag(&self, what: &str, value: &[u8]) -> [u8; 16] {
        let mut mac = hmac(&self.index);
        let mut input = a2a_proto::codec::Writer::new();
        input.lp(what.as_bytes()).lp(value);
        mac.update(&input.finish());
        let full: [u8; 32] = mac.finalize().into_bytes().into();
        let mut tag = [0u8; 16];
        tag.copy_from_slice(&full[..16]);
        tag
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.rows).into())
    }
}

#[expect(clippy::expect_used, reason = "HMAC takes keys of every length")]
fn hmac(key: &[u8; 32]) -> Hmac<Sha256> {
    <Hmac<Sha256> as KeyInit>::new_from_slice(key).expect("any length is a key")
}

fn derive(database_key: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut key = Zeroizing::new([0u8; 32]);
    // HKDF refuses only outputs longer than 255 hashes.
    let _ = Hkdf::<Sha256>::new(None, database_key).expand(label, key.as_mut_slice());
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(row: &[u8]) -> Place<'_> {
        Place::record("peers", row)
    }

    #[test]
    fn opens_what_was_sealed_here() {
        let seal = RowSeal::new(&[7; 32]);
        let sealed = seal.seal(place(b"1"), b"hello").unwrap();
        assert_eq!(*seal.open(place(b"1"), &sealed).unwrap(), b"hello");
        assert!(!sealed.windows(5).any(|w| w == b"hello"));
    }

    #[test]
    fn a_row_moved_elsewhere_does_not_open() {
        let seal = RowSeal::new(&[7; 32]);
        let sealed = seal.seal(place(b"1"), b"hello").unwrap();
        assert!(seal.open(place(b"2"), &sealed).is_err());
        assert!(seal.open(Place { column: "session", ..place(b"1") }, &sealed).is_err());
    }

    #[test]
    fn another_key_does_not_open_it() {
        let sealed = RowSeal::new(&[7; 32]).seal(place(b"1"), b"hello").unwrap();
        assert!(RowSeal::new(&[8; 32]).open(place(b"1"), &sealed).is_err());
    }

    #[test]
    fn keys_of_rows_and_index_differ() {
        let seal = RowSeal::new(&[7; 32]);
        assert_ne!(*seal.rows, *seal.index);
        assert_ne!(*seal.rows, [0; 32]);
    }
}
