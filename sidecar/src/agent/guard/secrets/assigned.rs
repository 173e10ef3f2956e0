//! Secrets that are told by the name they are given: `.env` lines, settings, "the password is …", addresses with a
//! password in them.

use super::Hit;
use super::chance::{entropy, is_placeholder, is_random};

/// Parts of names that only secrets have.
const SECRET_NAMES: [&str; 17] = [
    "secret",
    "token",
    "password",
    "passwd",
    "passphrase",
    "apikey",
    "api_key",
    "api-key",
    "access_key",
    "access-key",
    "accesskey",
    "private_key",
    "privatekey",
    "signing_key",
    "encryption_key",
    "auth_key",
    "credential",
];
/// Names of what people make up themselves: shorter, and less by chance.
const PASSWORD_NAMES: [&str; 4] = ["password", "passwd", "passphrase", "pwd"];
/// Parts of names that say that the value is none.
const HARMLESS_NAMES: [&str; 7] = ["public", "_id", "_path", "_file", "_name", "_url", "_hash"];

const LEAST_SECRET: usize = 12;
const LEAST_PASSWORD: usize = 8;
const LONGEST_NAME: usize = 64;
/// The least entropy of a secret, of a password, and of what a name in capitals with `KEY` at its end holds.
const SECRET_BITS: f64 = 3.0;
const PASSWORD_BITS: f64 = 2.5;
const KEY_BITS: f64 = 3.5;
const LEAST_KEY: usize = 24;
/// Paths have less entropy than base64 that happens to begin with a slash.
const PATH_BITS: f64 = 4.2;

/// Every value that a name gives away.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let assigned = bytes.iter().enumerate().filter(|(_, byte)| matches!(byte, b'=' | b':'));
    let mut hits: Vec<Hit> = assigned.filter_map(|(at, _)| assignment(text, at, at + 1)).collect();
    hits.extend(text.match_indices(" is ").filter_map(|(at, word)| told(text, at, at + word.len())));
    hits.extend(text.match_indices("://").filter_map(|(at, word)| in_address(text, at + word.len())));
    hits
}

fn assignment(text: &str, name_end: usize, value_start: usize) -> Option<Hit> {
    let name = name_before(text.get(..name_end)?)?;
    let (start, value) = value_after(text, value_start)?;
    is_secret(name, value).then(|| Hit::new("a secret setting", start..start + value.len()))
}

/// "The password is …".
fn told(text: &str, name_end: usize, value_start: usize) -> Option<Hit> {
    let name = name_before(text.get(..name_end)?)?;
    let (start, value) = value_after(text, value_start)?;
    let is_password = has(name, &PASSWORD_NAMES) && value.len() >= LEAST_PASSWORD && is_random(value, PASSWORD_BITS);
    (is_password && is_plain(value)).then(|| Hit::new("a password", start..start + value.len()))
}

/// The name that ends here, without quotes and spaces after it.
fn name_before(before: &str) -> Option<&str> {
    let before = before.trim_end_matches([' ', '"', '\'', '`', '*', ':', '=']);
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let length: usize = before.chars().rev().take(LONGEST_NAME).take_while(|c| is_name(*c)).map(char::len_utf8).sum();
    before.get(before.len() - length..).filter(|name| !name.is_empty())
}

/// The value that begins here: in quotes, or up to the next space.
fn value_after(text: &str, at: usize) -> Option<(usize, &str)> {
    let rest = text.get(at..)?;
    let trimmed = rest.trim_start_matches([' ', '=', '>']);
    let start = at + rest.len() - trimmed.len();
    let quote = trimmed.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'));
    match quote {
        Some(quote) => {
            let inside = trimmed.get(1..)?;
            Some((start + 1, inside.get(..inside.find([quote, '\n'])?)?))
        }
        None => {
            let end = trimmed.find(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '"' | '\''));
            let value = trimmed.get(..end.unwrap_or(trimmed.len()))?;
            Some((start, value.trim_end_matches(['.', ')', ']', '}', '!', '?', ':'])))
        }
    }
}

fn is_secret(name: &str, value: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    if !is_plain(value) || has(&lower, &HARMLESS_NAMES) {
        return false;
    }
    if has(&lower, &PASSWORD_NAMES) && value.len() >= LEAST_PASSWORD && is_random(value, PASSWORD_BITS) {
        return true;
    }
    if has(&lower, &SECRET_NAMES) && value.len() >= LEAST_SECRET && is_random(value, SECRET_BITS) {
        return true;
    }
    is_key_variable(name) && value.len() >= LEAST_KEY && is_random(value, KEY_BITS)
}

/// `SOMETHING_KEY`, as variables of the environment are called.
fn is_key_variable(name: &str) -> bool {
    name.ends_with("_KEY") && !name.bytes().any(|byte| byte.is_ascii_lowercase())
}

fn has(name: &str, parts: &[&str]) -> bool {
    let lower = name.to_ascii_lowercase();
    parts.iter().any(|part| lower.contains(part))
}

/// Whether a value is one piece, and not code, a path or an address.
fn is_plain(value: &str) -> bool {
    let is_code = value.contains(['(', ')', '{', '}', '[', ']', '<', '>', ' ', '`', '…']) || value.contains("::");
    let is_path = value.starts_with('/') && entropy(value) < PATH_BITS;
    let is_place = is_path || value.starts_with(['.', '~', '$']) || value.contains("://");
    value.is_ascii() && !is_code && !is_place && !is_dotted_name(value)
}

/// `config.token2` and `self.secret_1`: names in code, of which each part is a word.
fn is_dotted_name(value: &str) -> bool {
    let is_word = |part: &str| {
        !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
    };
    value.contains('.') && value.split('.').all(|part| is_word(part) && entropy(part) < SECRET_BITS)
}

/// `scheme://name:password@host`.
fn in_address(text: &str, at: usize) -> Option<Hit> {
    let rest = text.get(at..)?;
    let end =
        rest.find(|c: char| c.is_whitespace() || matches!(c, '/' | '"' | '\'' | '<' | '>' | '`')).unwrap_or(rest.len());
    let login = rest.get(..end)?.rsplit_once('@')?.0;
    let (name, password) = login.split_once(':')?;
    let is_chosen = password.len() >= LEAST_PASSWORD && is_random(password, PASSWORD_BITS) && !is_placeholder(password);
    let start = at + name.len() + 1;
    (is_chosen && is_plain(password)).then(|| Hit::new("a password in an address", start..start + password.len()))
}
