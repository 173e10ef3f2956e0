//! Private keys in the text forms that tools write them in.

use super::Hit;

const BEGIN: &str = "-----BEGIN ";
const DASHES: &str = "-----";
const PUTTY: &str = "PuTTY-User-Key-File-";
const PUTTY_SECRET: &str = "Private-Lines:";
/// A block with less than this is a document's example of one.
const LEAST_KEY_CHARS: usize = 40;

/// Every private key.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let blocks = text.match_indices(BEGIN).filter_map(|(at, _)| block(text, at));
    blocks.chain(putty(text)).collect()
}

fn block(text: &str, at: usize) -> Option<Hit> {
    let rest = text.get(at..)?;
    let label_end = rest.get(BEGIN.len()..)?.find(DASHES)? + BEGIN.len();
    let label = rest.get(BEGIN.len()..label_end)?;
    if !label.ends_with("PRIVATE KEY") && !label.ends_with("PRIVATE KEY BLOCK") {
        return None;
    }
    let inside = rest.get(label_end + DASHES.len()..)?;
    let length = inside.find(DASHES).unwrap_or(inside.len());
    let is_key = key_chars(inside.get(..length)?) >= LEAST_KEY_CHARS;
    let end = at + label_end + DASHES.len() + length;
    is_key.then(|| Hit::new("a private key", at..end))
}

/// How many characters of base64 stand at the ends of lines that hold nothing else; escaped line ends count as such.
fn key_chars(inside: &str) -> usize {
    let lines = inside.split(['\n', '\r', '\\']).map(|line| line.trim_matches([' ', '\t', '"', '\'', ',', '>', '|']));
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=');
    lines.filter(|line| line.len() >= 8 && line.bytes().all(is_base64)).map(str::len).sum()
}

fn putty(text: &str) -> Option<Hit> {
    let start = text.find(PUTTY)?;
    let private = text.get(start..)?.find(PUTTY_SECRET)?;
    Some(Hit::new("a private key", start..start + private + PUTTY_SECRET.len()))
}
