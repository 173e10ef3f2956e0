//! Attachments: a file in sealed chunks of a few sizes, each under a key and a name of its own.
//!
//! The relay keeps the chunks as blobs. It learns how many there are and that they belong to one mailbox; the last is filled
//! up, and so is their number, so that it does not learn the file's size.

use std::fmt;

use rand_core::CryptoRng;
use subtle::ConstantTimeEq as _;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::codec::Writer;
use crate::id::EnvelopeId;
use crate::labels;
use crate::limits::{ATTACHMENT_BUCKETS_BYTES, MAX_ATTACHMENT_BYTES, MAX_BLOB_BYTES};
use crate::primitives::{aead, kdf};

/// What an attachment's chunks are sealed under and called. Wiped when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct AttachmentKey([u8; 32]);

impl AttachmentKey {
    /// Draws a key.
    pub fn random(rng: &mut impl CryptoRng) -> Self {
        let mut bytes = [0; 32];
        rng.fill_bytes(&mut bytes);
        Self(bytes)
    }

    /// Takes a key out of a content or sealed storage.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for a content or sealed storage.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl PartialEq for AttachmentKey {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for AttachmentKey {}

impl fmt::Debug for AttachmentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("AttachmentKey(..)")
    }
}

/// How a file of some size is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    size: u64,
    count: u32,
    /// Bytes of the file in each chunk, filling included.
    room: usize,
}

/// The chunk is not the one that was asked for: changed, another's, or cut differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the chunk is not genuine")]
pub struct NotGenuine;

impl Cut {
    /// How a file of this size is cut; none for an empty one and for one beyond the limit.
    pub fn of(size: u64) -> Option<Self> {
        if !(1..=MAX_ATTACHMENT_BYTES).contains(&size) {
            return None;
        }
        let most = (MAX_BLOB_BYTES - aead::OVERHEAD_BYTES) as u64;
        if size <= most {
            let bucket = ATTACHMENT_BUCKETS_BYTES.into_iter().map(|bytes| bytes - aead::OVERHEAD_BYTES);
            let room = bucket.into_iter().find(|room| size <= *room as u64)?;
            return Some(Self { size, count: 1, room });
        }
        let count = rounded(u32::try_from(size.div_ceil(most)).ok()?);
        Some(Self { size, count, room: MAX_BLOB_BYTES - aead::OVERHEAD_BYTES })
    }

    /// How many chunks there are.
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// How many bytes a chunk has before it is sealed.
    pub const fn room(&self) -> usize {
        self.room
    }

    /// How many bytes a sealed chunk has.
    pub const fn sealed_bytes(&self) -> usize {
        self.room + aead::OVERHEAD_BYTES
    }

    /// How many bytes of the file the chunk holds; none in those that only fill up.
    pub fn bytes_in(&self, index: u32) -> usize {
        let before = u64::from(index).saturating_mul(self.room as u64);
        usize::try_from(self.size.saturating_sub(before)).unwrap_or(self.room).min(self.room)
    }

    /// How many bytes of the file stand before the chunk.
    pub fn bytes_before(&self, index: u32) -> u64 {
        u64::from(index).saturating_mul(self.room as u64).min(self.size)
    }

    /// Seals the file's bytes of one chunk; fails when they are not as many as it holds.
    pub fn seal(
        &self,
        rng: &mut impl CryptoRng,
        key: &AttachmentKey,
        index: u32,
        bytes: &[u8],
    ) -> Result<Vec<u8>, NotGenuine> {
        if index >= self.count || bytes.len() != self.bytes_in(index) {
            return Err(NotGenuine);
        }
        let mut filled = Zeroizing::new(bytes.to_vec());
        filled.resize(self.room, 0);
        aead::seal(rng, &chunk_key(key, index), &self.covered(index), &filled).map_err(|_| NotGenuine)
    }

    /// Opens one chunk and returns the file's bytes in it.
    pub fn open(&self, key: &AttachmentKey, index: u32, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, NotGenuine> {
        if index >= self.count {
            return Err(NotGenuine);
        }
        let opened = aead::open(&chunk_key(key, index), &self.covered(index), sealed);
        let mut filled = opened.map_err(|_| NotGenuine)?;
        let bytes = self.bytes_in(index);
        if filled.len() != self.room || filled[bytes..].iter().any(|byte| *byte != 0) {
            return Err(NotGenuine);
        }
        filled.truncate(bytes);
        Ok(filled)
    }

    fn covered(&self, index: u32) -> Vec<u8> {
        let mut covered = Writer::label(labels::ATTACHMENT_CHUNK);
        covered.u32(index).u32(self.count).u64(self.size);
        covered.finish()
    }
}

/// What the relay calls a chunk: nobody without the attachment's key can tell which chunks belong together.
pub fn blob_id(key: &AttachmentKey, index: u32) -> EnvelopeId {
    let derived = derive(key, labels::ATTACHMENT_BLOB, index);
    let mut id = [0; EnvelopeId::SIZE];
    id.copy_from_slice(&derived[..EnvelopeId::SIZE]);
    EnvelopeId::from_bytes(id)
}

fn chunk_key(key: &AttachmentKey, index: u32) -> Zeroizing<[u8; 32]> {
    derive(key, labels::ATTACHMENT_KEY, index)
}

fn derive(key: &AttachmentKey, label: &str, index: u32) -> Zeroizing<[u8; 32]> {
    let mut info = Writer::label(label);
    info.u32(index);
    kdf::expand(key.as_bytes(), &[info.as_slice()])
}

/// The next number whose binary form ends after its first three digits.
const fn rounded(count: u32) -> u32 {
    let digits = u32::BITS - count.leading_zeros();
    if digits <= 3 {
        return count;
    }
    let step = 1 << (digits - 3);
    count.div_ceil(step) * step
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::SeededRng;

    const CHUNK: u64 = (MAX_BLOB_BYTES - aead::OVERHEAD_BYTES) as u64;

    fn key(byte: u8) -> AttachmentKey {
        AttachmentKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_file_comes_back_whatever_its_size() {
        let mut rng = SeededRng::new("attachments");
        for size in [1, 4056, 4057, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 9 * CHUNK + 5] {
            let file: Vec<u8> = (0..size).map(|at| at as u8).collect();
            let cut = Cut::of(size).unwrap();
            let mut back = Vec::new();
            for index in 0..cut.count() {
                let from = usize::try_from(cut.bytes_before(index)).unwrap();
                let sealed = cut.seal(&mut rng, &key(1), index, &file[from..from + cut.bytes_in(index)]).unwrap();
                back.extend_from_slice(&cut.open(&key(1), index, &sealed).unwrap());
            }
            assert!(back == file, "{size}");
        }
    }

    #[test]
    fn sizes_of_one_bucket_look_alike() {
        let seen = |size: u64| {
            let cut = Cut::of(size).unwrap();
            let bytes = vec![7; cut.bytes_in(0)];
            (cut.count(), cut.seal(&mut SeededRng::new("x"), &key(1), 0, &bytes).unwrap().len())
        };
        assert_eq!(seen(1), seen(4056));
        assert_eq!(seen(1), (1, 4096));
        assert_eq!(seen(5000), (1, 16384));
        assert_eq!(seen(CHUNK), (1, MAX_BLOB_BYTES));
        assert_eq!(seen(9 * CHUNK), seen(10 * CHUNK));
        assert_eq!(seen(CHUNK * 400), (448, MAX_BLOB_BYTES));
        let counts: Vec<u32> = (1..=20).map(rounded).collect();
        assert_eq!(counts, [1, 2, 3, 4, 5, 6, 7, 8, 10, 10, 12, 12, 14, 14, 16, 16, 20, 20, 20, 20]);
    }

    #[test]
    fn there_is_no_cut_of_nothing_and_of_too_much() {
        assert_eq!(Cut::of(0), None);
        assert!(Cut::of(MAX_ATTACHMENT_BYTES).is_some());
        assert_eq!(Cut::of(MAX_ATTACHMENT_BYTES + 1), None);
    }

    #[test]
    fn a_chunk_is_bound_to_key_place_and_file() {
        let mut rng = SeededRng::new("bound");
        let cut = Cut::of(3 * CHUNK).unwrap();
        let sealed = cut.seal(&mut rng, &key(1), 1, &vec![5; cut.bytes_in(1)]).unwrap();
        assert!(cut.open(&key(1), 1, &sealed).is_ok());
        assert_eq!(cut.open(&key(2), 1, &sealed).unwrap_err(), NotGenuine);
        assert_eq!(cut.open(&key(1), 2, &sealed).unwrap_err(), NotGenuine);
        assert_eq!(Cut::of(3 * CHUNK - 1).unwrap().open(&key(1), 1, &sealed).unwrap_err(), NotGenuine);
        let mut changed = sealed.clone();
        changed[40] ^= 1;
        assert_eq!(cut.open(&key(1), 1, &changed).unwrap_err(), NotGenuine);
        assert_eq!(cut.open(&key(1), 1, &[]).unwrap_err(), NotGenuine);
    }

    #[test]
    fn names_tell_nothing_of_each_other() {
        let names: std::collections::BTreeSet<_> = (0..50).map(|index| blob_id(&key(1), index)).collect();
        assert_eq!(names.len(), 50);
        assert_ne!(blob_id(&key(1), 0), blob_id(&key(2), 0));
        assert_eq!(format!("{:?}", key(9)), "AttachmentKey(..)");
    }
}
