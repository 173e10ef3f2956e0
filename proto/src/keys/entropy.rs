//! The owner's 32 bytes of entropy: the 24 recovery words, and what is derived from them.

use std::fmt;

use bip39::{Language, Mnemonic};
use rand_core::CryptoRng;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::RootKey;
use crate::labels;
use crate::primitives::kdf;

/// How many recovery words there are.
const WORDS: usize = 24;
/// The longest word of the list; room for all words at once leaves no copy behind in a growing text.
const LONGEST_WORD: usize = 8;

/// What an identity is made of: 32 random bytes, written down as 24 words. Whoever has them has the identity.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Entropy([u8; 32]);

/// Why a text is not 24 recovery words. Never says which words were given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum WordsError {
    /// There are not 24 words.
    #[error("there must be 24 recovery words")]
    Count,
    /// A word is not on the list.
    #[error("word {position} is not one of the recovery words")]
    Unknown {
        /// Which word, counted from 1.
        position: usize,
    },
    /// All words are on the list, but together they are no recovery words.
    #[error("these words do not belong together: one is wrong, or two are swapped")]
    Checksum,
}

impl Entropy {
    /// Draws the entropy of a new identity.
    pub fn generate(rng: &mut impl CryptoRng) -> Self {
        // Filled in place: a copy on the stack would not be wiped.
        let mut entropy = Self([0; 32]);
        rng.fill_bytes(&mut entropy.0);
        entropy
    }

    /// Takes entropy out of a vault.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for a vault.
    pub fn to_bytes(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0)
    }

    /// Reads 24 English words (BIP 39), in any case and spacing.
    pub fn from_words(text: &str) -> Result<Self, WordsError> {
        let words: Zeroizing<Vec<String>> = Zeroizing::new(text.split_whitespace().map(str::to_lowercase).collect());
        if words.len() != WORDS {
            return Err(WordsError::Count);
        }
        let text = Zeroizing::new(words.join(" "));
        let mnemonic = Mnemonic::parse_in_normalized(Language::English, &text).map_err(words_error)?;
        let bytes = Zeroizing::new(mnemonic.to_entropy());
        <[u8; 32]>::try_from(bytes.as_slice()).map(Self).map_err(|_| WordsError::Count)
    }

    /// The 24 words, separated by single spaces. For the owner's eyes only.
    #[expect(clippy::missing_panics_doc, clippy::expect_used, reason = "32 bytes always make 24 words; a test does so")]
    pub fn to_words(&self) -> Zeroizing<String> {
        let mnemonic = Mnemonic::from_entropy_in(Language::English, &self.0).expect("32 bytes make 24 words");
        let mut words = Zeroizing::new(String::with_capacity(WORDS * (LONGEST_WORD + 1)));
        for word in mnemonic.words() {
            let space = if words.is_empty() { "" } else { " " };
            words.push_str(space);
            words.push_str(word);
        }
        words
    }

    /// The identity's root key.
    pub fn root_key(&self) -> RootKey {
        RootKey::from_seed(&self.derive(labels::SEED_ROOT))
    }

    /// The key under which the owner's backups are sealed.
    pub fn backup_key(&self) -> BackupKey {
        BackupKey(*self.derive(labels::SEED_BACKUP))
    }

    fn derive(&self, label: &str) -> Zeroizing<[u8; 32]> {
        kdf::derive_one(labels::SEED_EXTRACT.as_bytes(), &[&self.0], &[label.as_bytes()])
    }
}

fn words_error(error: bip39::Error) -> WordsError {
    match error {
        bip39::Error::UnknownWord(at) => WordsError::Unknown { position: at + 1 },
        bip39::Error::InvalidChecksum => WordsError::Checksum,
        _ => WordsError::Count,
    }
}

impl fmt::Debug for Entropy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("Entropy(..)")
    }
}

/// The key under which the owner's backups are sealed.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct BackupKey([u8; 32]);

impl BackupKey {
    /// Takes the key out of a vault.
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The key's bytes, for the cipher.
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for BackupKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("BackupKey(..)")
    }
}
