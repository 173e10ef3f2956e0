//! Recovery phrases: twelve words or more in a row, all of the list that wallets and this program draw theirs from.

use std::collections::HashSet;

use bip39::Language;

use super::Hit;

/// The shortest phrase.
const LEAST_WORDS: usize = 12;
/// Of so many words drawn by chance, hardly any comes twice; where a person repeats one, many do.
const LEAST_DIFFERENT: usize = 10;

/// Every run of such words, whatever stands between them: spaces, line ends, numbers, commas.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let (mut hits, mut run) = (Vec::new(), Vec::new());
    for (start, word) in words(text) {
        if is_listed(word) {
            run.push((start, word));
        } else {
            hits.extend(phrase(&run));
            run.clear();
        }
    }
    hits.extend(phrase(&run));
    hits
}

fn phrase(run: &[(usize, &str)]) -> Option<Hit> {
    let ((start, _), (last, word)) = (run.first()?, run.last()?);
    let different: HashSet<String> = run.iter().map(|(_, word)| word.to_ascii_lowercase()).collect();
    let is_phrase = run.len() >= LEAST_WORDS && different.len() >= LEAST_DIFFERENT;
    is_phrase.then(|| Hit::new("recovery words", *start..last + word.len()))
}

/// The words of a text and where each begins. Numbers do not part a run, as lists of words are numbered.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '\'');
    let placed = parts.map(move |part| (part.as_ptr() as usize - text.as_ptr() as usize, part));
    placed.filter(|(_, part)| !part.is_empty() && !part.bytes().all(|byte| byte.is_ascii_digit()))
}

fn is_listed(word: &str) -> bool {
    (3..=8).contains(&word.len())
        && Language::English.word_list().binary_search(&word.to_ascii_lowercase().as_str()).is_ok()
}
