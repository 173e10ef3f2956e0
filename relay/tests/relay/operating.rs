//! What an operator meets: the first start, join links, a second relay on one store, a lost secret, an end.

use std::path::Path;
use std::time::Duration;

use reqwest::StatusCode;

use crate::process::{Process, run};
use crate::support::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn secret_of(link: &str) -> String {
    link.trim().split_once("/join#").unwrap().1.to_owned()
}

#[tokio::test]
async fn the_first_start_writes_a_join_link_that_works_and_prints_its_place_only() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path(), &[]);
    let path = folder.path().join("relay.db.join-link");
    let link = std::fs::read_to_string(&path).unwrap();
    assert!(link.starts_with(&relay.at("/join#")));
    let secret = secret_of(&link);
    let said = relay.said.join("\n");
    assert!(said.contains(path.to_str().unwrap()), "{said}");
    assert!(!said.contains(&secret));
    assert!(!std::fs::read_to_string(folder.path().join("log")).unwrap().contains(&secret));
    assert_private(&path);
    assert_private(&folder.path().join("relay.db"));
    assert_private(&folder.path().join("relay.db.secret"));

    let owner = Owner::new();
    assert_eq!(relay.register(&owner, None, None).await.status(), StatusCode::FORBIDDEN);
    assert_eq!(relay.register(&owner, Some("bob"), Some(&secret)).await.status(), StatusCode::OK);
}

#[cfg(unix)]
fn assert_private(path: &Path) {
    use std::os::unix::fs::PermissionsExt;
    let mode = std::fs::metadata(path).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "{}", path.display());
}

#[cfg(not(unix))]
fn assert_private(_path: &Path) {}

#[tokio::test]
async fn a_token_is_made_beside_a_running_relay() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path(), &[]);
    let made = run(folder.path(), &["token", "new", "--uses", "2"]);
    assert!(made.status.success(), "{}", text(&made.stderr));
    let link = text(&made.stdout);
    assert!(link.starts_with(&relay.at("/join#")), "{link}");
    let secret = secret_of(&link);
    for expected in [StatusCode::OK, StatusCode::OK, StatusCode::FORBIDDEN] {
        assert_eq!(relay.register(&Owner::new(), None, Some(&secret)).await.status(), expected);
    }
}

#[tokio::test]
async fn a_token_needs_a_relay_that_has_a_name() {
    let folder = tempfile::tempdir().unwrap();
    let made = run(folder.path(), &["token", "new"]);
    assert!(!made.status.success());
    assert!(text(&made.stderr).contains("--public-url"));
    let made = run(folder.path(), &["token", "new", "--public-url", "https://relay.example.org"]);
    assert!(text(&made.stdout).starts_with("https://relay.example.org/join#"));
}

#[tokio::test]
async fn join_links_are_listed_without_their_secrets_and_withdrawn() {
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path(), &[]);
    let link = text(&run(folder.path(), &["token", "new", "--uses", "3", "--expires", "1d"]).stdout);
    let secret = secret_of(&link);
    assert_eq!(relay.register(&Owner::new(), None, Some(&secret)).await.status(), StatusCode::OK);

    let listed = text(&run(folder.path(), &["token", "list", "--json"]).stdout);
    assert!(!listed.contains(&secret));
    let listed: serde_json::Value = serde_json::from_str(&listed).unwrap();
    // The link of the first start ends later.
    let (ours, first) = (&listed["tokens"][0], &listed["tokens"][1]);
    assert_eq!((&ours["uses_left"], &first["uses_left"]), (&2.into(), &1.into()));
    let name = ours["name"].as_str().unwrap();
    let shown = text(&run(folder.path(), &["token", "list"]).stdout);
    assert!(shown.lines().any(|line| line.starts_with(name) && line.contains("  2  ")), "{shown}");

    assert!(run(folder.path(), &["token", "revoke", name]).status.success());
    assert_eq!(relay.register(&Owner::new(), None, Some(&secret)).await.status(), StatusCode::FORBIDDEN);
    let again = run(folder.path(), &["token", "revoke", name]);
    assert!(!again.status.success() && text(&again.stderr).contains("token list"), "{}", text(&again.stderr));
    let left = text(&run(folder.path(), &["token", "list"]).stdout);
    assert!(!left.contains(name) && left.lines().count() == 2, "{left}");
}

#[tokio::test]
async fn a_second_relay_on_one_store_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &[]);
    let second = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!second.status.success());
    let words = text(&second.stderr);
    assert!(words.contains("another a2a-relay already serves from"), "{words}");
    assert_eq!(relay.get("/.well-known/a2a-relay").await.status(), StatusCode::OK);
    // The lock ends with the process, however it ends.
    relay.kill();
    relay.restart(folder.path());
}

/// A killed relay's store is looked through at the next start, even if a command opened and closed it in between; a
/// command beside a running relay, and a start after a clean end, find nothing to say.
#[tokio::test]
async fn only_a_relay_that_was_cut_off_is_told_so() {
    let folder = tempfile::tempdir().unwrap();
    let log = || std::fs::read_to_string(folder.path().join("log")).unwrap();
    let mut relay = Process::start(folder.path(), &[]);
    let made = run(folder.path(), &["token", "new"]);
    assert!(made.status.success() && !text(&made.stderr).contains("cut off"), "{}", text(&made.stderr));
    assert_eq!(relay.terminate(), Some(0));
    relay.restart(folder.path());
    assert!(!log().contains("cut off"), "{}", log());

    relay.kill();
    let listed = run(folder.path(), &["token", "list"]);
    assert!(listed.status.success() && !text(&listed.stderr).contains("cut off"), "{}", text(&listed.stderr));
    relay.restart(folder.path());
    while !log().contains("cut off last time; every page of it is well") {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_lost_secret_is_never_replaced_silently() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    relay.owner().await;
    relay.kill();
    let secret = folder.path().join("relay.db.secret");
    std::fs::rename(&secret, folder.path().join("elsewhere")).unwrap();
    let started = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);
    assert!(!started.status.success());
    assert!(text(&started.stderr).contains("Restore it from your backup"), "{}", text(&started.stderr));
    assert!(!secret.exists());
}

#[tokio::test]
async fn lanes_and_mail_outlive_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    assert_eq!(relay.terminate(), Some(0));
    // A clean end leaves one file, with everything in it.
    let log = folder.path().join("relay.db-wal");
    assert!(!log.exists() || std::fs::metadata(log).unwrap().len() == 0);
    relay.restart(folder.path());
    assert_eq!(relay.deposited(&lane, &envelope(2)).await, StatusCode::ACCEPTED);
    // The session outlives it too: its token is a MAC under the same secret.
    assert_eq!(owner.collect(&relay, "").await.items.len(), 2);
}

#[tokio::test]
async fn the_operators_listener_tells_whether_it_is_well() {
    let folder = tempfile::tempdir().unwrap();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let operator = format!("127.0.0.1:{port}");
    let relay = Process::start(folder.path(), &["--operator-listen", &operator]);
    for path in ["health", "ready"] {
        let answer = relay.client.get(format!("http://{operator}/{path}")).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::NO_CONTENT);
        assert_eq!(relay.get(&format!("/{path}")).await.status(), StatusCode::NOT_FOUND);
    }
}

#[test]
fn a_relay_for_others_asks_for_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let started = run(folder.path(), &["serve", "--listen", "0.0.0.0:0"]);
    assert!(!started.status.success());
    assert!(text(&started.stderr).contains("--public-url https://YOUR-HOST"), "{}", text(&started.stderr));
}
