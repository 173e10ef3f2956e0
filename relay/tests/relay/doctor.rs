//! The doctor: finds what is wrong, says what to do, and is content with what is well.

use serde_json::Value;

use crate::process::{Process, free_address, run};

/// What the doctor found out about one thing: its state and its words.
fn found(folder: &std::path::Path, options: &[&str], about: &str) -> (String, String, bool) {
    let output = run(folder, &[&["doctor", "--json"], options].concat());
    let said: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(said["well"], output.status.success());
    let findings = said["findings"].as_array().unwrap();
    let finding = findings.iter().rfind(|finding| finding["about"] == about).unwrap_or_else(|| panic!("{said}"));
    let word = |key: &str| finding[key].as_str().unwrap().to_owned();
    (word("state"), word("said"), output.status.success())
}

#[tokio::test]
async fn a_running_relay_is_found_well() {
    let folder = tempfile::tempdir().unwrap();
    let operator = free_address();
    let relay = Process::start(folder.path(), &["--operator-listen", &operator, "--registration", "open"]);
    relay.owner().await;
    let listen = relay.authority.to_string();
    let options = ["--listen", &listen, "--operator-listen", &operator];
    for (about, words) in [
        ("store", "1 mailboxes"),
        ("secret", "version 1"),
        ("files", "alone"),
        ("listener", "already"),
        ("reached", "a2a/1"),
        ("clock", "agrees"),
        ("ready", "says so"),
        ("disk", "free in"),
        ("tls", "proxy"),
    ] {
        let (state, said, well) = found(folder.path(), &options, about);
        assert!(state != "WRONG" && said.contains(words) && well, "{about}: {state} {said}");
    }
    let shown = String::from_utf8(run(folder.path(), &[&["doctor"][..], &options].concat()).stdout).unwrap();
    assert!(shown.lines().any(|line| line.starts_with("ok    secret")), "{shown}");
}

#[tokio::test]
async fn what_is_wrong_is_found_with_a_remedy() {
    let folder = tempfile::tempdir().unwrap();
    let operator = free_address();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    relay.owner().await;
    let listen = relay.authority.to_string();
    relay.kill();
    let options = ["--listen", &listen, "--operator-listen", &operator];
    let wrong = |options: &[&str], about: &str, words: &str| {
        let (state, said, well) = found(folder.path(), options, about);
        assert!(state == "WRONG" && said.contains(words) && !well, "{about}: {state} {said}");
    };
    wrong(&options, "reached", "is the relay running");
    wrong(&options, "ready", "it is down");
    wrong(&["--listen", "0.0.0.0:0"], "address", "--public-url");

    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = other.local_addr().unwrap().to_string();
    drop(std::thread::spawn(move || other.accept().map(drop)));
    wrong(&["--listen", &taken], "listener", "something else");

    let secret = folder.path().join("relay.db.secret");
    open_to_all(&secret);
    wrong(&options, "files", "chmod 600");
    std::fs::remove_file(&secret).unwrap();
    wrong(&options, "secret", "Restore it from your backup");
    assert!(!secret.exists(), "the doctor drew a new secret");
}

#[cfg(unix)]
fn open_to_all(path: &std::path::Path) {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o644)).unwrap();
}

#[test]
fn health_is_the_exit_code() {
    let folder = tempfile::tempdir().unwrap();
    let operator = free_address();
    let ask = || run(folder.path(), &["health", "--operator-listen", &operator]);
    assert!(!ask().status.success());
    let mut relay = Process::start(folder.path(), &["--operator-listen", &operator]);
    assert!(ask().status.success());
    relay.kill();
    assert!(!ask().status.success());
    let unnamed = run(folder.path(), &["health"]);
    assert!(String::from_utf8_lossy(&unnamed.stderr).contains("--operator-listen"));
}
