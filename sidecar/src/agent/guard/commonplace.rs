//! Phrases that everybody writes: courtesies, out-of-office notes, legal footers. Words in a row that are nothing else are
//! nobody's.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::copied::words;

/// By their first word.
static PHRASES: LazyLock<HashMap<String, Vec<Vec<String>>>> = LazyLock::new(|| {
    let mut phrases = HashMap::<String, Vec<Vec<String>>>::new();
    for phrase in include_str!("commonplace.txt").lines().map(words) {
        if let Some(first) = phrase.first().cloned() {
            phrases.entry(first).or_default().push(phrase);
        }
    }
    phrases
});

/// For each word, whether it stands in such a phrase.
pub(super) fn covered(words: &[String]) -> Vec<bool> {
    let mut covered = vec![false; words.len()];
    for at in 0..words.len() {
        let length = longest(&words[at..]);
        covered[at..at + length].fill(true);
    }
    covered
}

/// How many words the longest phrase has that they begin with.
fn longest(words: &[String]) -> usize {
    let phrases = words.first().and_then(|first| PHRASES.get(first));
    let fitting = phrases.into_iter().flatten().filter(|phrase| words.starts_with(phrase));
    fitting.map(Vec::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_covered_and_what_stands_between_them_is_not() {
        let text = words("Hi Ann, please let me know if you have any questions: the vault is open. Kind regards, Bob");
        let plain: Vec<&str> =
            text.iter().zip(covered(&text)).filter(|(_, is)| !is).map(|(word, _)| word.as_str()).collect();
        assert_eq!(plain, ["ann", "the", "vault", "is", "open", "bob"]);
    }
}
