//! Safety words: six words that two people read to each other to be sure of an agent id.
//!
//! The first 66 bits of SHA-256(LP(label) ‖ agent id 32), 11 bits a word, from the English list of BIP 39.

use bip39::Language;
use sha2::{Digest, Sha256};

use crate::codec::Writer;
use crate::id::AgentId;
use crate::labels::ID_WORDS;

/// How many words there are.
pub const WORDS: usize = 6;
const BITS_PER_WORD: usize = 11;

/// The six words of an agent id; the same on both machines.
pub fn safety_words(id: &AgentId) -> [&'static str; WORDS] {
    let mut input = Writer::label(ID_WORDS);
    input.fixed(id.as_bytes());
    let hash: [u8; 32] = Sha256::digest(input.as_slice()).into();
    let list = Language::English.word_list();
    std::array::from_fn(|word| list[bits_at(&hash, word * BITS_PER_WORD)])
}

/// The 11 bits that begin at a bit of the hash, most significant first.
fn bits_at(hash: &[u8; 32], start: usize) -> usize {
    (start..start + BITS_PER_WORD).fold(0, |value, bit| {
        let set = hash[bit / 8] >> (7 - bit % 8) & 1;
        value << 1 | usize::from(set)
    })
}
