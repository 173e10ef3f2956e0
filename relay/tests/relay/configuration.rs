//! Settings: the documentation lists every one, a file gives them, and `--check` says what would come of them.

use std::path::Path;

use reqwest::StatusCode;

use crate::process::{Process, free_address, run};

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Holds a document's block to what the code says; `A2A_UPDATE_DOCS=1` writes it anew.
fn expect_block(name: &str, block: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/configuration.md");
    let document = std::fs::read_to_string(&path).unwrap();
    let (begin, end) = (format!("<!-- {name}: made from the code -->\n"), format!("<!-- end of {name} -->"));
    let (before, rest) = document.split_once(&begin).unwrap();
    let (stands, after) = rest.split_once(&end).unwrap();
    if stands != block && std::env::var_os("A2A_UPDATE_DOCS").is_some() {
        std::fs::write(&path, [before, &begin, block, &end, after].concat()).unwrap();
    } else {
        assert_eq!(stands, block, "docs/configuration.md is stale: run this test with A2A_UPDATE_DOCS=1");
    }
}

#[test]
fn the_documentation_lists_every_setting() {
    expect_block("settings", &a2a_relay::settings_table::markdown());
}

#[test]
fn the_documentation_lists_every_metric() {
    expect_block("metrics", &a2a_relay::metrics::markdown());
}

#[tokio::test]
async fn a_file_gives_the_settings() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, "registration = \"closed\"\npublic-url = \"https://relay.example.org\"\n").unwrap();
    let relay = Process::start(folder.path(), &["--config", file.to_str().unwrap()]);
    let description: serde_json::Value =
        relay.get("/.well-known/a2a-relay").await.error_for_status().unwrap().json().await.unwrap();
    assert_eq!(description["registration"], "closed");
    assert_eq!(description["authority"], "relay.example.org");
    assert_eq!(relay.get("/health").await.status(), StatusCode::NOT_FOUND);
}

#[test]
fn a_wrong_file_is_named_with_its_key() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("relay.toml");
    std::fs::write(&file, "registratoin = \"open\"\n").unwrap();
    let started = run(folder.path(), &["serve", "--config", file.to_str().unwrap()]);
    let words = text(&started.stderr);
    assert!(!started.status.success() && words.contains("registratoin") && words.contains("registration"), "{words}");
}

#[test]
fn a_check_says_what_would_be_and_makes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("home");
    let listen = free_address();
    let checked = run(&home, &["serve", "--check", "--listen", &listen]);
    let words = text(&checked.stdout);
    assert!(checked.status.success(), "{words}{}", text(&checked.stderr));
    for expected in [&format!("would listen on {listen}"), "relay.db", "relay.db.secret", "`token`", "on nowhere"] {
        assert!(words.contains(expected), "{words}");
    }
    assert!(!home.exists());
}

#[test]
fn a_check_fails_where_serving_would() {
    let folder = tempfile::tempdir().unwrap();
    let check = |more: &[&str]| {
        let listen = free_address();
        let checked = run(folder.path(), &[&["serve", "--check", "--listen", &listen], more].concat());
        assert!(!checked.status.success(), "{more:?}");
        text(&checked.stdout) + &text(&checked.stderr)
    };
    let nowhere = folder.path().join("nowhere.pem");
    let nowhere = nowhere.to_str().unwrap();
    let words = check(&["--tls-cert", nowhere, "--tls-key", nowhere]);
    assert!(words.contains("WRONG tls") && words.contains("nowhere.pem"), "{words}");
    std::fs::write(folder.path().join("relay.db"), "no database, and longer than a page's header").unwrap();
    assert!(check(&[]).contains("WRONG store"));
}
