//! Whether a message carries to one peer what another wrote within the last day: eight or more words in a row.
//!
//! When mail is taken in, keyed hashes of every eight words in a row are kept for a day; a send compares its own with
//! them and opens no mail. Words that the recipient wrote too are no news to it, and [phrases](commonplace) are nobody's.

use std::borrow::Cow;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::time::Duration;

use data_encoding::HEXLOWER;
use serde_json::Value;

use super::commonplace;
use super::outgoing::Outgoing;
use crate::agent::me::Ctx;
use crate::store::peers::PeerKey;
use crate::store::{StoreError, Tx, copies};

/// How many words in a row are no accident.
const IN_A_ROW: usize = 8;
/// How long what a peer wrote is watched.
const WATCHED: Duration = Duration::from_secs(24 * 60 * 60);

/// Keeps what is needed to recognise a received message.
pub(in crate::agent) fn note(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: PeerKey,
    message: i64,
    texts: &[&str],
    files: &[[u8; 32]],
) -> Result<(), StoreError> {
    let words = texts.iter().flat_map(|text| hashes(tx, text));
    let hashes: BTreeSet<u64> = words.chain(files.iter().map(|digest| of_file(tx, digest))).collect();
    if hashes.is_empty() {
        return Ok(());
    }
    copies::add(tx, message, peer, ctx.now, &hashes.into_iter().collect::<Vec<_>>())
}

/// The peers whose words a message to `to` carries.
pub(super) fn from_others(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    to: PeerKey,
    message: &Outgoing,
) -> Result<Vec<PeerKey>, StoreError> {
    others(tx, ctx, to, &message.texts().flat_map(|(_, text)| hashes(tx, text)).collect())
}

/// The peers whose files a message to `to` carries.
pub(super) fn files_from_others(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    to: PeerKey,
    message: &Outgoing,
) -> Result<Vec<PeerKey>, StoreError> {
    others(tx, ctx, to, &message.files.iter().map(|file| of_file(tx, &file.digest)).collect())
}

/// A file by its digest; eight words in a row never read like this.
fn of_file(tx: &Tx<'_>, digest: &[u8; 32]) -> u64 {
    copies::hash(tx, &HEXLOWER.encode(digest))
}

fn others(tx: &Tx<'_>, ctx: Ctx<'_>, to: PeerKey, own: &HashSet<u64>) -> Result<Vec<PeerKey>, StoreError> {
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let (mut written, mut known) = (HashMap::<PeerKey, HashSet<u64>>::new(), HashSet::new());
    copies::each_since(tx, ctx.now.minus(WATCHED), |peer, hashes| {
        let shared = hashes.filter(|hash| own.contains(hash));
        if peer == to { known.extend(shared) } else { written.entry(peer).or_default().extend(shared) }
    })?;
    let mut peers: Vec<PeerKey> =
        written.into_iter().filter(|(_, hashes)| !hashes.is_subset(&known)).map(|(peer, _)| peer).collect();
    peers.sort_unstable();
    Ok(peers)
}

/// Forgets what is older than a day.
pub(super) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), StoreError> {
    copies::forget_before(tx, ctx.now.minus(WATCHED))
}

/// Of every eight words in a row that say something: at least half of them stand in no phrase, and they are not a few words
/// over and over.
fn hashes(tx: &Tx<'_>, text: &str) -> Vec<u64> {
    let words = words(&spoken(text));
    let covered = commonplace::covered(&words);
    let rows = words.windows(IN_A_ROW).zip(covered.windows(IN_A_ROW));
    rows.filter(|(row, covered)| says_something(row, covered))
        .map(|(row, _)| copies::hash(tx, &row.join(" ")))
        .collect()
}

fn says_something(row: &[String], covered: &[bool]) -> bool {
    let free = covered.iter().filter(|is_covered| !**is_covered).count();
    2 * free >= IN_A_ROW && 2 * row.iter().collect::<HashSet<_>>().len() >= IN_A_ROW
}

/// What a payload says, without its names and its escapes: a line end in a JSON string is two characters of a word there.
fn spoken(text: &str) -> Cow<'_, str> {
    let is_payload = text.starts_with(['{', '[']);
    match serde_json::from_str(text) {
        Ok(payload) if is_payload => {
            let mut said = String::new();
            speak(&payload, &mut said);
            said.into()
        }
        _ => text.into(),
    }
}

fn speak(value: &Value, said: &mut String) {
    match value {
        Value::Array(values) => values.iter().for_each(|value| speak(value, said)),
        Value::Object(fields) => fields.values().for_each(|value| speak(value, said)),
        Value::String(text) => said.extend([text.as_str(), "\n"]),
        Value::Number(number) => said.extend([number.to_string().as_str(), "\n"]),
        Value::Bool(_) | Value::Null => {}
    }
}

/// The words of a text without what formatting does to them: case, punctuation, what cannot be seen.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut words = Vec::new();
    for part in text.split(|c: char| c.is_whitespace() || parts_words(c)) {
        let mut word = String::new();
        for c in part.chars().filter(|c| c.is_alphanumeric()) {
            if stands_alone(c) {
                words.extend([std::mem::take(&mut word), c.to_string()]);
            } else {
                word.extend(c.to_lowercase());
            }
        }
        words.push(word);
    }
    words.retain(|word| !word.is_empty());
    words
}

/// Punctuation between words; what stands within names, numbers and addresses does not part them.
fn parts_words(c: char) -> bool {
    c.is_ascii_punctuation() && !matches!(c, '\'' | '-' | '.' | '@' | '/' | ':' | '_')
}

/// Scripts that put no space between words: each sign counts as one.
fn stands_alone(c: char) -> bool {
    matches!(u32::from(c), 0x3040..=0x30ff | 0x3400..=0x9fff | 0x2_0000..=0x3_ffff)
}

#[cfg(test)]
mod tests;
