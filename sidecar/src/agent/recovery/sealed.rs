//! The sealed file of a backup.
//!
//! ```text
//! "a2a backup 1" 12 ‖ salt 32 ‖ commitment 32 ‖ nonce 24 ‖ XChaCha20-Poly1305( LP(head) ‖ LP(database key) ‖ LP(store) ‖ zeros )
//! key, commitment = HKDF-SHA256(salt, backup key of the words; "a2a/1/backup/key", "a2a/1/backup/commitment")
//! ```
//! The associated data is everything before the nonce. The commitment tells wrong words from damage, and no file opens
//! under two sets of words. The zeros fill the file up to a power of two, so that its size tells little.

use a2a_proto::address::RelayAuthority;
use a2a_proto::codec::{Reader, Writer};
use a2a_proto::id::AgentId;
use a2a_proto::keys::BackupKey;
use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use hkdf::Hkdf;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use crate::agent::core::random;
use crate::agent::{RecoveryError, Trouble};
use crate::keys::DatabaseKey;

/// What the file says of itself inside.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::agent) struct Head {
    /// When it was made, in milliseconds since the epoch.
    pub(super) made_at: u64,
    /// Whose it is.
    pub(super) agent_id: AgentId,
    /// The name that peers are shown.
    pub(super) display_name: String,
    /// The relay of that time.
    pub(super) relay: Option<RelayAuthority>,
    /// The epoch of the device that made it.
    pub(super) epoch: u32,
}

/// Everything inside.
pub(super) struct Inside {
    pub(super) head: Head,
    /// What the rows of the store are sealed under.
    pub(super) key: DatabaseKey,
    /// The SQLite file.
    pub(super) store: Zeroizing<Vec<u8>>,
}

/// Whether a file begins as a backup of ours does.
pub(super) fn is_backup(beginning: &[u8]) -> bool {
    beginning.starts_with(MAGIC)
}

/// Seals a backup under the words.
pub(super) fn seal(words: &BackupKey, inside: &Inside) -> Result<Vec<u8>, RecoveryError> {
    let plain = Zeroizing::new(inside.write()?);
    let (salt, nonce) = (random::<32>()?, random::<24>()?);
    let mut file = MAGIC.to_vec();
    file.extend(salt);
    file.extend(*derive(words, &salt, COMMITMENT_LABEL));
    let payload = Payload { msg: &plain, aad: &file };
    let sealed = cipher(words, &salt).encrypt(&XNonce::from(nonce), payload);
    let sealed = sealed.map_err(|_| Trouble::Internal("a backup cannot be sealed"))?;
    file.extend(nonce);
    file.extend(sealed);
    Ok(file)
}

/// Opens a backup by the words.
pub(super) fn open(words: &BackupKey, file: &[u8]) -> Result<Inside, RecoveryError> {
    if !is_backup(file) {
        return Err(RecoveryError::NotABackup);
    }
    let (clear, sealed) = file.split_at_checked(CLEAR_BYTES).ok_or(RecoveryError::Damaged)?;
    let (nonce, sealed) = sealed.split_first_chunk::<24>().ok_or(RecoveryError::Damaged)?;
    let mut fields = Reader::new(&clear[MAGIC.len()..]);
    let (salt, commitment) = (fields.array::<32>(), fields.array::<32>());
    let (Ok(salt), Ok(commitment)) = (salt, commitment) else { return Err(RecoveryError::Damaged) };
    if !bool::from(derive(words, &salt, COMMITMENT_LABEL).ct_eq(&commitment)) {
        return Err(RecoveryError::WrongWords);
    }
    let payload = Payload { msg: sealed, aad: clear };
    let plain = cipher(words, &salt).decrypt(&XNonce::from(*nonce), payload).map_err(|_| RecoveryError::Damaged)?;
    Inside::read(&Zeroizing::new(plain)).ok_or(RecoveryError::Damaged)
}

impl Inside {
    fn write(&self) -> Result<Vec<u8>, Trouble> {
        let head = serde_json::to_vec(&self.head).map_err(|_| Trouble::Internal("a backup has no head"))?;
        // Room for everything at once: growing would leave copies behind.
        let bare = head.len() + self.key.len() + self.store.len() + 12;
        let filling = filling(bare);
        let mut writer = Writer::with_capacity(bare + filling);
        writer.lp(&head).lp(&*self.key).lp(&self.store);
        let mut plain = writer.finish();
        plain.resize(bare + filling, 0);
        Ok(plain)
    }

    fn read(plain: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(plain);
        let head = serde_json::from_slice(reader.lp(HEAD_BYTES).ok()?).ok()?;
        let key = Zeroizing::new(<[u8; 32]>::try_from(reader.lp(32).ok()?).ok()?);
        let store = Zeroizing::new(reader.lp(plain.len()).ok()?.to_vec());
        let rest = reader.remaining();
        let is_filling = reader.fixed(rest).ok()?.iter().all(|byte| *byte == 0);
        is_filling.then_some(Self { head, key, store })
    }
}

/// How many zeros fill a file up whose plain content has so many bytes.
fn filling(bare: usize) -> usize {
    let file = CLEAR_BYTES + NONCE_BYTES + bare + TAG_BYTES;
    file.next_power_of_two().max(LEAST_BYTES) - file
}

fn cipher(words: &BackupKey, salt: &[u8; 32]) -> XChaCha20Poly1305 {
    XChaCha20Poly1305::new((&*derive(words, salt, KEY_LABEL)).into())
}

fn derive(words: &BackupKey, salt: &[u8; 32], label: &[u8]) -> Zeroizing<[u8; 32]> {
    let mut derived = Zeroizing::new([0; 32]);
    // HKDF refuses only outputs longer than 255 hashes.
    let _ = Hkdf::<Sha256>::new(Some(salt), words.as_bytes()).expand(label, derived.as_mut_slice());
    derived
}

const MAGIC: &[u8] = b"a2a backup 1";
const CLEAR_BYTES: usize = MAGIC.len() + 64;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;
const LEAST_BYTES: usize = 64 * 1024;
const HEAD_BYTES: usize = 4096;
const KEY_LABEL: &[u8] = b"a2a/1/backup/key";
const COMMITMENT_LABEL: &[u8] = b"a2a/1/backup/commitment";

#[cfg(test)]
mod tests {
    use a2a_proto::keys::Entropy;

    use super::*;

    fn words(byte: u8) -> BackupKey {
        Entropy::from_bytes([byte; 32]).backup_key()
    }

    fn file() -> Vec<u8> {
        file_of(b"a store")
    }

    fn file_of(store: &[u8]) -> Vec<u8> {
        let agent_id = Entropy::from_bytes([1; 32]).root_key().agent_id();
        let head = Head { made_at: 7, agent_id, display_name: "Alice".into(), relay: None, epoch: 3 };
        let inside = Inside { head, key: Zeroizing::new([9; 32]), store: Zeroizing::new(store.to_vec()) };
        seal(&words(1), &inside).unwrap()
    }

    #[test]
    fn the_words_open_it_and_nothing_stands_in_the_open() {
        let file = file();
        let inside = open(&words(1), &file).unwrap();
        assert_eq!((inside.head.epoch, inside.store.as_slice()), (3, b"a store".as_slice()));
        for seen in [b"Alice".as_slice(), b"a store", &[9; 32]] {
            assert!(!file.windows(seen.len()).any(|window| window == seen));
        }
    }

    #[test]
    fn its_size_is_a_power_of_two_and_no_less_than_64_kib() {
        for (store, size) in [(0, 64), (10_000, 64), (65_000, 64), (65_536, 128), (200_000, 256)] {
            let file = file_of(&vec![7; store]);
            assert_eq!(file.len(), size * 1024, "a store of {store} bytes");
            assert_eq!(open(&words(1), &file).unwrap().store.len(), store);
        }
    }

    #[test]
    fn other_words_are_told_from_damage() {
        assert!(matches!(open(&words(2), &file()), Err(RecoveryError::WrongWords)));
        assert!(matches!(open(&words(1), b"a holiday picture"), Err(RecoveryError::NotABackup)));
    }

    #[test]
    fn no_byte_can_be_changed_or_cut() {
        let whole = file();
        // Every byte of the beginning, and many of the rest.
        let places = || (0..200).chain((200..whole.len()).step_by(4099)).chain([whole.len() - 1]);
        for at in places().filter(|at| *at >= MAGIC.len()) {
            let mut file = whole.clone();
            file[at] ^= 1;
            assert!(open(&words(1), &file).is_err(), "byte {at}");
        }
        for length in places() {
            assert!(open(&words(1), &whole[..length]).is_err(), "cut at {length}");
        }
    }
}
