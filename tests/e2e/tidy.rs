//! The rules of the house that no compiler checks: layers, file sizes, first lines, words.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// No file may be longer than this before its tests.
const MOST_LINES: usize = 400;

#[test]
fn every_source_file_says_its_job_first() {
    let silent = sources().filter(|file| !file.text.starts_with("//! "));
    expect_none("start with a `//!` line", silent.map(|file| file.name));
}

#[test]
fn no_source_file_is_too_long() {
    let long = sources().filter_map(|file| {
        let lines = before_tests(&file.text).lines().count();
        (lines > MOST_LINES).then(|| format!("{} ({lines} lines)", file.name))
    });
    expect_none("have at most 400 lines before their tests", long);
}

#[test]
fn the_protocol_stands_alone() {
    let reaching = naming(
        "proto/src/",
        &[
            "a2a_relay",
            "a2a::",
            "tokio",
            "reqwest",
            "axum",
            "rusqlite",
            "std::fs",
            "std::net",
            "std::env",
            "SystemTime",
            "Instant::now",
        ],
    );
    expect_none("do no I/O, read no clock and import no other crate of ours", reaching);
}

#[test]
fn the_relay_knows_the_protocol_only() {
    expect_none("not import the sidecar", naming("relay/src/", &["a2a::", "use a2a "]));
}

#[test]
fn the_agent_knows_no_face() {
    let faces = [
        "crate::mcp",
        "crate::cli",
        "crate::approval",
        "crate::console",
        "crate::desktop",
        "crate::loopback",
        "crate::present",
        "clap::",
        "rmcp::",
    ];
    expect_none("not import a face", naming("sidecar/src/agent", &faces));
    expect_none("not import HTTP", naming("sidecar/src/agent", &["reqwest::", "axum::"]));
    expect_none("not print or read the environment", naming("sidecar/src/agent", &["println!", "std::env"]));
}

#[test]
fn faces_hold_no_rules() {
    let below = ["crate::keys", "crate::store", "crate::relay_client", "rusqlite::"];
    for face in ["mcp", "cli", "approval", "console", "desktop", "loopback", "present"] {
        let face = &format!("sidecar/src/{face}");
        expect_none("not import keys, store or relay client", naming(face, &below));
    }
}

#[test]
fn the_layers_below_know_nothing_above() {
    let above = [
        "crate::agent",
        "crate::mcp",
        "crate::cli",
        "crate::approval",
        "crate::console",
        "crate::loopback",
        "crate::present",
    ];
    for layer in ["sidecar/src/keys", "sidecar/src/store", "sidecar/src/relay_client"] {
        expect_none("import nothing above them", naming(layer, &above));
    }
}

#[test]
fn stdout_belongs_to_one_module_of_each_binary() {
    let printing: Vec<String> = sources()
        .filter(|file| file.name.starts_with("sidecar/src/") || file.name.starts_with("relay/src/"))
        .filter(|file| !file.name.ends_with("/cli/output.rs") && file.name != "relay/src/output.rs")
        .filter(|file| code(&file.text).any(prints))
        .map(|file| file.name)
        .collect();
    expect_none("not write to stdout", printing);
}

fn prints(line: &str) -> bool {
    let direct = line.contains("println!") && !line.contains("eprintln!");
    direct || line.contains(" print!(") || line.contains("io::stdout()")
}

#[test]
fn names_say_what_things_are() {
    let vague = ["Manager", "Helper", "Util"];
    let found = sources().flat_map(|file| {
        let named = code(&file.text).filter(|line| {
            let names_a_type = ["struct ", "enum ", "trait ", "mod "].iter().any(|word| line.contains(word));
            (names_a_type && vague.iter().any(|word| line.contains(word))) || line.contains(concat!("pub fn g", "et_"))
        });
        named.map(|line| format!("{}: {}", file.name, line.trim())).collect::<Vec<_>>()
    });
    expect_none("carry names that say something", found);
}

#[test]
fn nothing_points_at_a_machine_or_into_the_future() {
    // Written in two parts, so that this file does not name what it forbids.
    let words =
        [concat!("/wo", "rk/"), concat!("/ro", "ot/"), concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X:")];
    // Random bytes in base64 have every four letters sooner or later.
    let read =
        tracked().filter(|file| !(file.name.starts_with("proto/tests/vectors/") && file.name.ends_with(".json")));
    let found = read.flat_map(|file| {
        let lines = file.text.lines().enumerate();
        let bad = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
        bad.map(|(number, line)| format!("{}:{}: {}", file.name, number + 1, line.trim())).collect::<Vec<_>>()
    });
    expect_none("name no path of a machine and leave nothing for later", found);
}

#[test]
fn secrets_are_compared_in_constant_time() {
    // A comparison of one of these with == or != stops at the first byte that differs.
    let secret = ["mac", "commitment", "token", "token_hash", "secret", "psk", "bearer", "passphrase", "kept"];
    let product = |name: &str| ["proto/src/", "relay/src/", "sidecar/src/"].iter().any(|part| name.starts_with(part));
    let found = sources().filter(|file| product(&file.name) && !is_test(&file.name)).flat_map(|file| {
        let lines = code(&file.text).filter(|line| !line.contains("assert"));
        let bad = lines.filter(|line| compared(line).any(|name| secret.contains(&name)));
        bad.map(|line| format!("{}: {}", file.name, line.trim())).collect::<Vec<_>>()
    });
    expect_none("compare secrets with `subtle`", found);
    // Where one type of these is comparable at all, it is so by `subtle`.
    for (name, types) in [
        ("proto/src/invite.rs", "InviteSecret"),
        ("proto/src/lane.rs", "LaneOffer"),
        ("proto/src/lane.rs", "DepositProof"),
        ("proto/src/api/public.rs", "InviteFetch"),
        ("sidecar/src/store/blob.rs", "SecretBlob"),
    ] {
        let file = sources().find(|file| file.name == name).unwrap();
        let body = file.text.split(&format!("impl PartialEq for {types} {{")).nth(1).unwrap();
        assert!(body.split("\n}").next().unwrap().contains("ct_eq"), "{types} is compared in other than constant time");
    }
}

/// The last names on both sides of each comparison in a line: of `*a.mac == b.token()` they are `mac` and `token`.
fn compared(line: &str) -> impl Iterator<Item = &str> {
    let is_part = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '.';
    let signs = ["==", "!="];
    let places = signs.into_iter().flat_map(move |sign| line.match_indices(sign));
    places.flat_map(move |(at, sign)| {
        let left = line[..at].trim_end_matches([' ', ')', '(']);
        let right = line[at + sign.len()..].trim_start_matches([' ', '*', '&', '(']);
        let left = left.rsplit(|letter| !is_part(letter)).next();
        let right = right.split(|letter| !is_part(letter)).next();
        [left, right].into_iter().flatten().filter_map(|path| path.rsplit('.').next())
    })
}

#[test]
fn what_the_threat_model_rests_on_exists() {
    let text = tracked().find(|file| file.name == "docs/threat-model.md").unwrap().text;
    let all: Vec<File> =
        tracked().filter(|file| file.name.ends_with(".rs") || file.name.starts_with("docs/models/")).collect();
    let exists = |name: &str| match name.ends_with(".pv") || name.ends_with(".vp") {
        true => all.iter().any(|file| file.name == format!("docs/models/{name}")),
        false if name.starts_with("tests/") => tracked().any(|file| file.name == name),
        false => all.iter().any(|file| file.text.contains(&format!("fn {name}("))),
    };
    let evidence = text.lines().filter(|line| line.starts_with('|')).filter_map(|line| line.rsplit('|').nth(1));
    let names: Vec<&str> = evidence.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect();
    assert!(names.len() > 50, "only {} tests and models are named", names.len());
    let missing = names.into_iter().filter(|name| name.contains(['_', '.']) && !exists(name));
    expect_none("hold a test or a model that docs/threat-model.md names", missing.map(str::to_owned));
    for row in text.lines().filter(|line| line.starts_with("| ") && line.matches('|').count() == 4) {
        let cells: Vec<&str> = row.split('|').map(str::trim).collect();
        assert!(cells[2].is_empty() || !cells[3].is_empty(), "nothing shows that this can not be done: {row}");
    }
}

#[test]
fn every_label_stands_in_the_protocol_and_begins_no_other() {
    let product = |name: &str| ["proto/src/", "relay/src/", "sidecar/src/"].iter().any(|part| name.starts_with(part));
    let files: Vec<File> = sources().filter(|file| product(&file.name) && !is_test(&file.name)).collect();
    let lines = files.iter().flat_map(|file| code(&file.text));
    let labels: BTreeSet<&str> =
        lines.flat_map(|line| line.split('"').skip(1).step_by(2)).filter(|text| text.starts_with("a2a/1/")).collect();
    assert!(labels.len() > 40, "only {} labels were found", labels.len());
    let protocol = tracked().find(|file| file.name == "docs/protocol.md").unwrap().text;
    let rows: String = protocol.lines().filter(|line| line.starts_with("| `a2a/1/")).collect();
    let told = |label: &&&str| rows.contains(&format!("`{label}`"));
    let untold = labels.iter().filter(|label| !told(label)).map(|label| (*label).to_owned());
    expect_none("name their label in the table of docs/protocol.md", untold);
    let begun = labels.iter().filter_map(|label| {
        let other = labels.iter().find(|other| other != &label && other.starts_with(label))?;
        Some(format!("{label} begins {other}"))
    });
    expect_none("have labels of which none begins another", begun);
}

#[test]
fn every_member_carries_the_licence() {
    let without = tracked()
        .filter(|file| file.name.ends_with("/Cargo.toml"))
        .filter(|file| !file.text.contains("license.workspace = true"))
        .map(|file| file.name);
    expect_none("say `license.workspace = true`", without);
}

// --- reading the tree ---------------------------------------------------------------------------

struct File {
    name: String,
    text: String,
}

/// Files under `folder` that name one of `words` in code outside their tests.
fn naming(folder: &str, words: &[&str]) -> Vec<String> {
    let files = sources().filter(|file| file.name.starts_with(folder) && !is_test(&file.name));
    let found = files.flat_map(|file| {
        let hits = code(&file.text).filter(|line| words.iter().any(|word| line.contains(word)));
        hits.map(|line| format!("{}: {}", file.name, line.trim())).collect::<Vec<_>>()
    });
    found.collect()
}

/// Whether a whole file is part of a test module.
fn is_test(name: &str) -> bool {
    name.contains("/tests/") || name.ends_with("/tests.rs") || name.ends_with("/testing.rs")
}

/// The lines of a file that are code: no comments, no tests.
fn code(text: &str) -> impl Iterator<Item = &str> {
    before_tests(text).lines().filter(|line| !line.trim_start().starts_with("//"))
}

fn before_tests(text: &str) -> &str {
    text.find("#[cfg(test)]\nmod ").map_or(text, |at| &text[..at])
}

fn sources() -> impl Iterator<Item = File> {
    tracked().filter(|file| file.name.ends_with(".rs"))
}

/// Every text file of the repository, by its path from the root.
fn tracked() -> impl Iterator<Item = File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap();
    let mut paths = Vec::new();
    walk(&root, &mut paths);
    assert!(paths.len() > 20, "the walk over {} found too little", root.display());
    paths.into_iter().filter_map(move |path| {
        let name = path.strip_prefix(&root).ok()?.to_str()?.replace('\\', "/");
        let text = std::fs::read_to_string(&path).ok()?;
        Some(File { name, text })
    })
}

fn walk(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if path.is_dir() {
            // Build output and the version history are not ours to judge.
            if name != "target" && name != ".git" && name != "node_modules" {
                walk(&path, paths);
            }
        } else if name != ".git" && name != "Cargo.lock" {
            paths.push(path);
        }
    }
}

/// Fails with the list of offenders; `duty` is what each of them should do.
#[track_caller]
fn expect_none(duty: &str, offenders: impl IntoIterator<Item = String>) {
    let offenders: Vec<String> = offenders.into_iter().collect();
    assert!(offenders.is_empty(), "these files must {duty}:\n  {}", offenders.join("\n  "));
}
