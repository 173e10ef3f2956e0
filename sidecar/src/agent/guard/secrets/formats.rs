//! Tokens that can be told by how they begin.

use data_encoding::BASE64URL_NOPAD;

use super::Hit;
use super::chance::{is_random, is_token};

/// Characters that a token goes on with.
#[derive(Clone, Copy)]
enum Rest {
    /// `A-Z`, `0-9`.
    Upper,
    /// `0-9`, `a-f`.
    Hex,
    /// Letters and digits.
    Alnum,
    /// Letters, digits, `-` and `_`.
    Url,
    /// The same, `.`, `:`, `/`, `+` and `=`.
    Wide,
}

impl Rest {
    fn takes(self, byte: u8) -> bool {
        match self {
            Self::Upper => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::Alnum => byte.is_ascii_alphanumeric(),
            Self::Url => byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'),
            Self::Wide => {
                byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b':' | b'/' | b'+' | b'=')
            }
        }
    }
}

/// How a kind of token begins, what follows, and how long that is: at least, and at most.
type Format = (&'static str, &'static str, Rest, usize, usize);

const ANY: usize = 4096;

/// The longest prefix of a family first.
const FORMATS: &[Format] = &[
    ("an AWS access key", "AKIA", Rest::Upper, 16, 16),
    ("an AWS access key", "ASIA", Rest::Upper, 16, 16),
    ("a GitHub token", "github_pat_", Rest::Url, 22, ANY),
    ("a GitHub token", "ghp_", Rest::Alnum, 36, ANY),
    ("a GitHub token", "gho_", Rest::Alnum, 36, ANY),
    ("a GitHub token", "ghu_", Rest::Alnum, 36, ANY),
    ("a GitHub token", "ghs_", Rest::Wide, 36, ANY),
    ("a GitHub token", "ghr_", Rest::Alnum, 36, ANY),
    ("a GitLab token", "glpat-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxb-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxp-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxa-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxr-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxs-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxc-", Rest::Url, 20, ANY),
    ("a Slack token", "xoxd-", Rest::Wide, 20, ANY),
    ("a Slack token", "xapp-", Rest::Url, 20, ANY),
    ("a Slack webhook", "hooks.slack.com/services/T", Rest::Wide, 24, ANY),
    ("a Stripe key", "sk_live_", Rest::Alnum, 16, ANY),
    ("a Stripe key", "rk_live_", Rest::Alnum, 16, ANY),
    ("a Stripe key", "sk_test_", Rest::Alnum, 16, ANY),
    ("a Stripe key", "rk_test_", Rest::Alnum, 16, ANY),
    ("a webhook secret", "whsec_", Rest::Wide, 24, ANY),
    ("an Anthropic key", "sk-ant-", Rest::Url, 24, ANY),
    ("an OpenRouter key", "sk-or-", Rest::Url, 32, ANY),
    ("an OpenAI key", "sk-proj-", Rest::Url, 24, ANY),
    ("an OpenAI key", "sk-svcacct-", Rest::Url, 24, ANY),
    ("an OpenAI key", "sk-admin-", Rest::Url, 24, ANY),
    ("an API key", "sk-", Rest::Url, 32, ANY),
    ("a Google API key", "AIza", Rest::Url, 35, 35),
    ("a Google token", "ya29.", Rest::Url, 20, ANY),
    ("a Google client secret", "GOCSPX-", Rest::Url, 24, ANY),
    ("an npm token", "npm_", Rest::Alnum, 36, 36),
    ("a PyPI token", "pypi-AgE", Rest::Url, 50, ANY),
    ("a crates.io token", "cio", Rest::Alnum, 32, 32),
    ("a RubyGems key", "rubygems_", Rest::Hex, 48, 48),
    ("a Docker token", "dckr_pat_", Rest::Url, 24, ANY),
    ("a Hugging Face token", "hf_", Rest::Alnum, 30, ANY),
    ("a SendGrid key", "SG.", Rest::Wide, 60, ANY),
    ("a DigitalOcean token", "dop_v1_", Rest::Hex, 64, 64),
    ("a Shopify token", "shpat_", Rest::Hex, 32, 32),
    ("a Postman key", "PMAK-", Rest::Url, 50, ANY),
    ("an Atlassian token", "ATATT3x", Rest::Wide, 50, ANY),
    ("a Linear key", "lin_api_", Rest::Alnum, 32, ANY),
    ("a Databricks token", "dapi", Rest::Hex, 32, 32),
    ("a Vault token", "hvs.", Rest::Url, 24, ANY),
    ("an age key", "AGE-SECRET-KEY-1", Rest::Upper, 50, ANY),
    ("a Groq key", "gsk_", Rest::Alnum, 40, ANY),
    ("an xAI key", "xai-", Rest::Alnum, 60, ANY),
    ("a Grafana token", "glsa_", Rest::Url, 32, ANY),
    ("a Tailscale key", "tskey-", Rest::Url, 24, ANY),
    ("a Figma token", "figd_", Rest::Url, 32, ANY),
    ("a Supabase token", "sbp_", Rest::Hex, 40, 40),
];

/// The least entropy of what follows a prefix; chance gives far more.
const LEAST_BITS: f64 = 2.8;

/// Every token of a known format.
pub(super) fn scan(text: &str) -> Vec<Hit> {
    let bytes = text.as_bytes();
    let mut hits = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match begins(bytes, at).then(|| token(text, at)).flatten() {
            Some(hit) => {
                at = hit.range.end;
                hits.push(hit);
            }
            None => at += 1,
        }
    }
    hits
}

/// Whether a word can begin here.
fn begins(bytes: &[u8], at: usize) -> bool {
    bytes[at].is_ascii_alphabetic() && (at == 0 || !bytes[at - 1].is_ascii_alphanumeric())
}

fn token(text: &str, at: usize) -> Option<Hit> {
    let rest = text.get(at..)?;
    let known = FORMATS.iter().find_map(|format| of_format(rest, at, format));
    known.or_else(|| web_token(rest, at)).or_else(|| bearer(rest, at))
}

fn of_format(rest: &str, at: usize, &(kind, prefix, class, least, most): &Format) -> Option<Hit> {
    let after = rest.strip_prefix(prefix)?;
    let length = run(after, class);
    let follows = after.get(..length)?;
    let fits = (least..=most).contains(&length) && is_token(follows, LEAST_BITS);
    fits.then(|| Hit::new(kind, at..at + prefix.len() + length))
}

fn run(text: &str, class: Rest) -> usize {
    text.bytes().take_while(|byte| class.takes(*byte)).count()
}

/// A JSON web token: a header that reads as one, a body, a signature.
fn web_token(rest: &str, at: usize) -> Option<Hit> {
    if !rest.starts_with("eyJ") {
        return None;
    }
    let length = rest.bytes().take_while(|byte| Rest::Url.takes(*byte) || *byte == b'.').count();
    let whole = rest.get(..length)?.trim_end_matches('.');
    let mut parts = whole.split('.');
    let header = BASE64URL_NOPAD.decode(parts.next()?.as_bytes()).ok()?;
    let is_header = String::from_utf8(header).is_ok_and(|header| header.contains("\"alg\""));
    let others: Vec<&str> = parts.collect();
    let is_signed = others.len() >= 2 && others.last().is_some_and(|last| last.len() >= 16);
    (is_header && is_signed).then(|| Hit::new("a JSON web token", at..at + whole.len()))
}

/// What a client says to a server to be let in.
fn bearer(rest: &str, at: usize) -> Option<Hit> {
    let after = ["Bearer ", "bearer "].iter().find_map(|word| rest.strip_prefix(word))?;
    let length = run(after, Rest::Wide);
    let start = at + "Bearer ".len();
    (length >= 20 && is_random(after.get(..length)?, 3.5)).then(|| Hit::new("a bearer token", start..start + length))
}
