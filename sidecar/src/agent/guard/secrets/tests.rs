//! Every format is found in ordinary sentences, and ordinary text and code stay unmarked.

use std::path::{Path, PathBuf};

use data_encoding::{BASE64, BASE64URL_NOPAD};

use super::{Hit, mask, scan};

/// Numbers by chance, the same in every run.
pub(in crate::agent::guard) struct Dice(u64);

impl Dice {
    pub(in crate::agent::guard) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))
    }

    /// Some number below another.
    pub(in crate::agent::guard) fn below(&mut self, end: usize) -> usize {
        (self.next() >> 16) as usize % end
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn of(&mut self, alphabet: &str, length: usize) -> String {
        let letters = alphabet.as_bytes();
        (0..length).map(|_| char::from(letters[(self.next() >> 16) as usize % letters.len()])).collect()
    }

    fn bytes(&mut self, length: usize) -> Vec<u8> {
        (0..length).map(|_| (self.next() >> 24) as u8).collect()
    }
}

const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const HEX: &str = "0123456789abcdef";
const ALNUM: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
const URL: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// One secret of each kind. They are made here, so that nothing in the repository looks like one.
fn secrets(dice: &mut Dice) -> Vec<(&'static str, String)> {
    let mut made = vec![
        ("an AWS access key", format!("AKIA{}", dice.of(UPPER, 16))),
        ("an AWS access key", format!("ASIA{}", dice.of(UPPER, 16))),
        ("a GitHub token", format!("github_pat_{}_{}", dice.of(ALNUM, 22), dice.of(ALNUM, 59))),
        ("a GitLab token", format!("glpat-{}", dice.of(URL, 20))),
        (
            "a Slack token",
            format!("xoxb-{}-{}-{}", dice.of("123456789", 12), dice.of("123456789", 13), dice.of(ALNUM, 24)),
        ),
        (
            "a Slack webhook",
            format!(
                "https://hooks.slack.com/services/T{}/B{}/{}",
                dice.of(UPPER, 10),
                dice.of(UPPER, 10),
                dice.of(ALNUM, 24)
            ),
        ),
        ("a Stripe key", format!("sk_live_{}", dice.of(ALNUM, 24))),
        ("a Stripe key", format!("rk_test_{}", dice.of(ALNUM, 99))),
        ("a webhook secret", format!("whsec_{}", dice.of(ALNUM, 32))),
        ("an Anthropic key", format!("sk-ant-api03-{}AA", dice.of(URL, 93))),
        ("an OpenAI key", format!("sk-proj-{}", dice.of(URL, 156))),
        ("an API key", format!("sk-{}", dice.of(ALNUM, 48))),
        ("an OpenRouter key", format!("sk-or-v1-{}", dice.of(HEX, 64))),
        ("a Google API key", format!("AIza{}", dice.of(ALNUM, 35))),
        ("a Google token", format!("ya29.{}", dice.of(URL, 80))),
        ("a Google client secret", format!("GOCSPX-{}", dice.of(URL, 28))),
        ("an npm token", format!("npm_{}", dice.of(ALNUM, 36))),
        ("a PyPI token", format!("pypi-AgEIcHlwaS5vcmc{}", dice.of(URL, 120))),
        ("a crates.io token", format!("cio{}", dice.of(ALNUM, 32))),
        ("a RubyGems key", format!("rubygems_{}", dice.of(HEX, 48))),
        ("a Docker token", format!("dckr_pat_{}", dice.of(URL, 27))),
        ("a Hugging Face token", format!("hf_{}", dice.of(ALNUM, 34))),
        ("a SendGrid key", format!("SG.{}.{}", dice.of(URL, 22), dice.of(URL, 43))),
        ("a DigitalOcean token", format!("dop_v1_{}", dice.of(HEX, 64))),
        ("a Shopify token", format!("shpat_{}", dice.of(HEX, 32))),
        ("a Postman key", format!("PMAK-{}-{}", dice.of(HEX, 24), dice.of(HEX, 34))),
        ("an Atlassian token", format!("ATATT3x{}", dice.of(URL, 180))),
        ("a Linear key", format!("lin_api_{}", dice.of(ALNUM, 40))),
        ("a Databricks token", format!("dapi{}", dice.of(HEX, 32))),
        ("a Vault token", format!("hvs.{}", dice.of(URL, 90))),
        ("an age key", format!("AGE-SECRET-KEY-1{}", dice.of(UPPER, 58))),
        ("a Groq key", format!("gsk_{}", dice.of(ALNUM, 52))),
        ("an xAI key", format!("xai-{}", dice.of(ALNUM, 80))),
        ("a Grafana token", format!("glsa_{}_{}", dice.of(ALNUM, 32), dice.of(HEX, 8))),
        ("a Tailscale key", format!("tskey-auth-{}-{}", dice.of(ALNUM, 12), dice.of(ALNUM, 32))),
        ("a Figma token", format!("figd_{}", dice.of(URL, 40))),
        ("a Supabase token", format!("sbp_{}", dice.of(HEX, 40))),
        ("a JSON web token", web_token(dice)),
        ("a bearer token", format!("Authorization: Bearer {}", dice.of(ALNUM, 40))),
        ("a secret setting", format!("AWS_SECRET_ACCESS_KEY={}", BASE64.encode(&dice.bytes(30)))),
        ("a secret setting", format!("SESSION_SECRET=\"{}\"", dice.of(HEX, 32))),
        ("a secret setting", format!("\"client_secret\": \"{}5\"", dice.of(ALNUM, 32))),
        ("a secret setting", format!("db_password: {}5", dice.of(ALNUM, 14))),
        ("a secret setting", format!("ENCRYPTION_KEY={}", BASE64.encode(&dice.bytes(32)))),
        ("a password", format!("The password is {}7k.", dice.of(ALNUM, 10))),
        ("a password in an address", format!("postgres://app:{}4z@db.internal:5432/app", dice.of(ALNUM, 14))),
    ];
    made.extend(
        ["ghp_", "gho_", "ghu_", "ghs_", "ghr_"]
            .map(|prefix| ("a GitHub token", format!("{prefix}{}", dice.of(ALNUM, 36)))),
    );
    made.extend(
        ["RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", ""]
            .map(|kind| ("a private key", pem(dice, &format!("{kind}PRIVATE KEY"), "\n"))),
    );
    made.push(("a private key", pem(dice, "PGP PRIVATE KEY BLOCK", "\n")));
    made.push(("a private key", pem(dice, "PRIVATE KEY", "\\n")));
    for (count, between) in [(12, " "), (15, ", "), (24, "\n")] {
        made.push(("recovery words", phrase(dice, count).join(between)));
    }
    let numbered =
        phrase(dice, 24).iter().enumerate().map(|(at, word)| format!("{}. {word}", at + 1)).collect::<Vec<_>>();
    made.push(("recovery words", numbered.join("\n")));
    made
}

fn pem(dice: &mut Dice, label: &str, line_end: &str) -> String {
    let body: Vec<String> = (0..6).map(|_| BASE64.encode(&dice.bytes(48))).collect();
    let (dashes, body) = ("-".repeat(5), body.join(line_end));
    format!("{dashes}BEGIN {label}{dashes}{line_end}{body}{line_end}{dashes}END {label}{dashes}")
}

fn web_token(dice: &mut Dice) -> String {
    let header = BASE64URL_NOPAD.encode(br#"{"alg":"HS256","typ":"JWT"}"#);
    let body = BASE64URL_NOPAD.encode(br#"{"sub":"1234567890","name":"Ann"}"#);
    format!("{header}.{body}.{}", BASE64URL_NOPAD.encode(&dice.bytes(32)))
}

fn phrase(dice: &mut Dice, count: usize) -> Vec<&'static str> {
    let list = bip39::Language::English.word_list();
    (0..count).map(|_| list[(dice.next() >> 16) as usize % list.len()]).collect()
}

fn kinds(hits: &[Hit]) -> Vec<&'static str> {
    hits.iter().map(|hit| hit.kind).collect()
}

#[test]
fn every_kind_is_found_in_a_sentence_and_alone() {
    for seed in 1..=20_u64 {
        for (kind, secret) in secrets(&mut Dice(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15))) {
            for text in [
                secret.clone(),
                format!("Here it is: {secret}\nDo not lose it."),
                format!("({secret})"),
                format!("```\n{secret}\n```"),
            ] {
                assert!(!scan(&text).is_empty(), "{kind} was not found, seed {seed}: {text}");
            }
            assert_eq!(kinds(&scan(&secret)), [kind], "seed {seed}");
        }
    }
}

#[test]
fn nothing_of_a_secret_but_its_beginning_is_shown() {
    for (kind, secret) in secrets(&mut Dice(77)) {
        let text = format!("Here, {secret}, as agreed.");
        let masked = mask(&text);
        assert!(masked.starts_with("Here, ") && masked.contains(kind), "{kind}");
        let inside = secret.split("-----END").next().unwrap_or_default();
        for window in inside.as_bytes().windows(20).skip(60.min(inside.len())) {
            let piece = std::str::from_utf8(window).unwrap();
            assert!(!masked.contains(piece), "{kind} shines through");
        }
        let tail = &secret[secret.len().saturating_sub(8)..];
        let is_closing = kind == "a private key" || kind == "a password in an address";
        assert!(!masked.contains(tail) || is_closing, "{kind} shines through");
    }
}

#[test]
fn what_documents_write_instead_of_a_secret_passes() {
    let written = [
        "AWS_SECRET_ACCESS_KEY=your-secret-key-here",
        "export GITHUB_TOKEN=ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
        "password = \"changeme123\"",
        "token: String,",
        "let token = self.next_token(4)?;",
        "postgres://user:password@localhost/db",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "API_KEY=${API_KEY_1}",
        "secret_path: /run/secrets/db1",
        "The password is on the note.",
        "sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "commit 7bdb375aa8e1c7f4b6e25a35ce2aa1ef0e6d5d11",
    ];
    for text in written {
        assert_eq!(kinds(&scan(text)), [""; 0], "{text}");
    }
}

/// Everything that people who work on this program wrote, cut into pieces as long as a message is.
pub(in crate::agent::guard) fn ordinary() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    corpus(
        &[
            "README.md",
            "CONTRIBUTING.md",
            "CHANGELOG.md",
            "SECURITY.md",
            "docs",
            "proto",
            "relay",
            "sidecar",
            "tests",
            "examples",
            "packaging",
        ]
        .map(|name| root.join(name)),
    )
}

/// All text of files and folders, in such pieces.
pub(in crate::agent::guard) fn corpus(paths: &[PathBuf]) -> Vec<String> {
    let mut files = Vec::new();
    paths.iter().for_each(|path| collect(path, &mut files));
    files.sort();
    let texts = files.iter().filter_map(|file| std::fs::read_to_string(file).ok());
    texts.flat_map(|text| pieces(&text)).collect()
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if path.is_dir() && !["target", "node_modules", "vectors"].contains(&name) && !name.starts_with('.') {
        for entry in std::fs::read_dir(path).unwrap() {
            collect(&entry.unwrap().path(), files);
        }
    }
    let endings = [".md", ".rs", ".py", ".toml", ".js", ".css", ".sh", ".yml", ".json", ".html"];
    if path.is_file() && endings.iter().any(|ending| name.ends_with(ending)) {
        files.push(path.to_owned());
    }
}

fn pieces(text: &str) -> Vec<String> {
    let lines: Vec<&str> = text.lines().collect();
    lines.chunks(8).map(|piece| piece.join("\n")).filter(|piece| !piece.trim().is_empty()).collect()
}

#[test]
fn fewer_than_one_ordinary_message_in_a_thousand_is_stopped() {
    let messages = ordinary();
    assert!(messages.len() >= 5_000, "{} messages are too few to tell", messages.len());
    let stopped: Vec<(&String, Vec<&str>)> =
        messages.iter().map(|text| (text, kinds(&scan(text)))).filter(|(_, kinds)| !kinds.is_empty()).collect();
    assert!(stopped.len() * 1_000 < messages.len(), "{} of {}: {stopped:#?}", stopped.len(), messages.len());
}

/// `A2A_CORPUS=FOLDER cargo test -p a2a … -- --ignored --nocapture a_corpus_is_measured`: any folder of text.
#[test]
#[ignore = "measures a folder that the caller names"]
fn a_corpus_is_measured() {
    let mut files = Vec::new();
    collect(Path::new(&std::env::var("A2A_CORPUS").unwrap()), &mut files);
    let mut counts = std::collections::BTreeMap::<&str, usize>::new();
    let (mut all, mut stopped) = (0, 0);
    for text in files.iter().filter_map(|file| std::fs::read_to_string(file).ok()) {
        for piece in pieces(&text) {
            let found = kinds(&scan(&piece));
            (all, stopped) = (all + 1, stopped + usize::from(!found.is_empty()));
            for kind in found {
                *counts.entry(kind).or_default() += 1;
            }
            if !kinds(&scan(&piece)).is_empty() && stopped < 60 {
                eprintln!("{}", mask(&piece).lines().filter(|line| line.contains('⟦')).collect::<Vec<_>>().join("\n"));
            }
        }
    }
    eprintln!("{stopped} of {all} messages: {counts:?}");
}

#[test]
fn a_full_message_takes_little_time() {
    let text: String = ordinary().join("\n").chars().take(58 * 1024).collect();
    let started = std::time::Instant::now();
    std::hint::black_box(scan(&text));
    // Unoptimised and on a busy machine; far below what a person notices.
    assert!(started.elapsed() < std::time::Duration::from_secs(2), "{:?}", started.elapsed());
}
