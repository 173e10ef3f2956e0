//! Whether characters look drawn by chance, as keys are, or written by a person, as placeholders are.

/// What stands where a document leaves a secret out.
const PLACEHOLDERS: [&str; 17] = [
    "example",
    "placeholder",
    "changeme",
    "change-me",
    "change_me",
    "redacted",
    "your",
    "xxxx",
    "****",
    "....",
    "dummy",
    "sample",
    "fake",
    "12345678",
    "abcdefgh",
    "<",
    "${",
];

/// Whether a document put this where a secret would stand.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    PLACEHOLDERS.iter().any(|word| lower.contains(word))
}

/// Whether a string has letters and digits and at least so many bits of entropy a character.
pub(super) fn is_random(text: &str, bits: f64) -> bool {
    let has = |class: fn(&u8) -> bool| text.bytes().any(|byte| class(&byte));
    has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic) && entropy(text) >= bits && !is_placeholder(text)
}

/// Whether what follows the prefix of a token looks like one: words of small letters do not.
pub(super) fn is_token(text: &str, bits: f64) -> bool {
    let is_mixed = text.bytes().any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    is_mixed && entropy(text) >= bits && !is_placeholder(text)
}

/// Shannon's entropy in bits a character, by how often each character stands in the text.
pub(super) fn entropy(text: &str) -> f64 {
    let mut counts = [0_u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let share = |count: &u32| f64::from(*count) / length;
    counts.iter().filter(|count| **count > 0).map(|count| -share(count) * share(count).log2()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chance_is_told_from_words() {
        assert!(is_random("q7Zk2mP9xW4r", 3.0));
        for written in ["aaaaaaaaaaaa1", "correct-horse", "your-key-00a9z", "1234567890"] {
            assert!(!is_random(written, 3.0), "{written}");
        }
    }
}
