//! Finds secrets in text that is about to leave: tokens by their formats, private keys, recovery words, assignments.
//!
//! What is found is told by its kind and a masked piece, never by itself. A model that wants to smuggle can still encode
//! what it says; this stops what is pasted by mistake or by persuasion.

mod assigned;
mod chance;
mod formats;
mod key_block;
mod recovery_words;

#[cfg(test)]
pub(super) mod tests;

use std::ops::Range;

/// How many characters of a secret are shown: its public prefix, or too little to help anybody.
const SHOWN_CHARS: usize = 4;

/// One secret in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::agent) struct Hit {
    /// What it is, as in "a GitHub token".
    pub(in crate::agent) kind: &'static str,
    range: Range<usize>,
}

impl Hit {
    fn new(kind: &'static str, range: Range<usize>) -> Self {
        Self { kind, range }
    }

    /// The first characters of the secret and how long it is.
    pub(in crate::agent) fn masked(&self, text: &str) -> String {
        let secret = text.get(self.range.clone()).unwrap_or_default();
        let start: String = secret.chars().take(SHOWN_CHARS).collect();
        format!("{}… ({} characters)", start.trim_end(), secret.chars().count())
    }
}

/// Every secret of a text, in its order; where two overlap, the one that begins first.
pub(in crate::agent) fn scan(text: &str) -> Vec<Hit> {
    let mut hits = formats::scan(text);
    hits.extend(key_block::scan(text));
    hits.extend(recovery_words::scan(text));
    hits.extend(assigned::scan(text));
    hits.sort_by_key(|hit| (hit.range.start, usize::MAX - hit.range.end));
    let mut end = 0;
    hits.retain(|hit| {
        let is_apart = hit.range.start >= end;
        end = end.max(hit.range.end);
        is_apart
    });
    hits
}

/// The text with every secret masked.
pub(in crate::agent) fn mask(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut at = 0;
    for hit in scan(text) {
        shown.push_str(text.get(at..hit.range.start).unwrap_or_default());
        shown.push_str(&format!("⟦{}: {}⟧", hit.kind, hit.masked(text)));
        at = hit.range.end;
    }
    shown.push_str(text.get(at..).unwrap_or_default());
    shown
}
