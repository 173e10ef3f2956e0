//! Backing a store up, restoring it, and moving it to another kind of store.

use std::path::Path;

use reqwest::{Method, StatusCode};

use crate::blobs;
use crate::durability::expect_each_once;
use crate::listing;
use crate::postgres;
use crate::process::{Process, run};
use crate::support::*;

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn numbered(number: u32) -> Vec<u8> {
    let mut envelope = envelope(3);
    envelope[8..12].copy_from_slice(&number.to_be_bytes());
    envelope
}

async fn deposit_all(relay: &Process, lane: &HeldLane, numbers: std::ops::Range<u32>) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    for number in numbers {
        assert_eq!(relay.deposited(lane, &numbered(number)).await, StatusCode::ACCEPTED);
        accepted.push(numbered(number));
    }
    accepted
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_taken_under_load_can_be_restored() {
    let folder = tempfile::tempdir().unwrap();
    let named = ["--registration", "open", "--public-url", "http://127.0.0.1:9"];
    let relay = Process::start(folder.path(), &named);
    let mut owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let accepted = deposit_all(&relay, &lane, 0..100).await;

    let kept = tempfile::tempdir().unwrap();
    let copy = kept.path().join("relay.db");
    let (reach, busy) = (relay.reach.clone(), lane.clone());
    let load = tokio::spawn(async move {
        for number in 1000_u32.. {
            if reach.deposit(&busy, envelope_id(), &numbered(number)).send().await.is_err() {
                break;
            }
        }
    });
    let (home, into) = (folder.path().to_path_buf(), copy.clone());
    let made = tokio::task::spawn_blocking(move || run(&home, &["backup", into.to_str().unwrap()])).await.unwrap();
    assert!(made.status.success(), "{}", text(&made.stderr));
    let again = run(folder.path(), &["backup", copy.to_str().unwrap()]);
    assert!(text(&again.stderr).contains("never overwrites"), "{}", text(&again.stderr));
    drop(relay);
    load.await.unwrap();
    assert_eq!(std::fs::read_dir(kept.path()).unwrap().count(), 1, "one file and nothing beside it");

    // Restored as docs/operations.md says: the copy, and the master secret that was kept apart.
    std::fs::copy(folder.path().join("relay.db.secret"), kept.path().join("relay.db.secret")).unwrap();
    let restored = Process::start(kept.path(), &named);
    owner.sign_in(&restored).await;
    expect_each_once(&owner, &restored, &accepted).await;
    assert_eq!(restored.deposited(&lane, &numbered(5000)).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_cannot_be_backed_up_says_how() {
    let folder = tempfile::tempdir().unwrap();
    for (store, words) in [
        ("sled:relay.sled", "Stop the relay and copy the folder"),
        ("postgres://127.0.0.1:1/none", "pg_dump"),
        ("sqlite:/nowhere/relay.db", "there is no store at"),
    ] {
        let refused = run(folder.path(), &["backup", "copy.db", "--store", store]);
        assert!(!refused.status.success() && text(&refused.stderr).contains(words), "{}", text(&refused.stderr));
    }
}

/// From each kind to each: mail, lanes, sessions, attachments and listings go along, and what stands there already is not moved again.
#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_from_store_to_store() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| folder.path().join(name).display().to_string();
    let secret = place("secret");
    let mut stores = vec![format!("sqlite:{}", place("one.db")), format!("sled:{}", place("two.sled"))];
    stores.extend(postgres::database().await);
    stores.push(format!("sqlite:{}", place("last.db")));

    let serve = |store: &str| {
        let named = ["--registration", "open", "--public-url", "http://127.0.0.1:9", "--accept-data-loss"];
        Process::start(folder.path(), &[&named[..], &["--store", store, "--secret-file", &secret]].concat())
    };
    let mut relay = serve(&stores[0]);
    let owner = Owner::new();
    assert_eq!(relay.register(&owner, Some("bob"), None).await.status(), StatusCode::OK);
    let mut owner = owner;
    owner.sign_in(&relay).await;
    let lane = owner.pair_lane(&relay).await;
    let mut accepted = deposit_all(&relay, &lane, 0..300).await;
    assert_eq!(owner.acknowledge(&relay, 20).await, StatusCode::NO_CONTENT);
    accepted.drain(..20);
    let (chunk, sealed) = (envelope_id(), vec![9; 256 * 1024]);
    assert_eq!(blobs::post(&relay, &lane, chunk, &sealed).await.status(), StatusCode::ACCEPTED);
    for _ in 0..20 {
        assert_eq!(blobs::post(&relay, &lane, envelope_id(), b"another").await.status(), StatusCode::ACCEPTED);
    }
    owner.put(&relay, "/api/card", listing::card(&relay, &owner, 1, true, &["review"])).await;
    for _ in 0..20 {
        relay.owner().await.pair_lane(&relay).await;
    }
    for pair in stores.windows(2) {
        assert_eq!(relay.terminate(), Some(0));
        let moved = migrate(folder.path(), &pair[0], &pair[1]);
        assert!(moved.contains("21 mailboxes are the same on both sides (0 were there already), 280"), "{moved}");
        relay = serve(&pair[1]);
        // The session's token is still good: its account, device and secret are the same.
        expect_each_once(&owner, &relay, &accepted).await;
        assert_eq!(relay.get("/api/handles/bob").await.status(), StatusCode::OK);
        let read = blobs::call(&relay, &owner, Method::GET, chunk).await;
        assert_eq!(read.bytes().await.unwrap(), sealed);
        assert_eq!(listing::list(&relay, "&capability=review").await, [owner.id()]);
    }
    assert_eq!(relay.deposited(&lane, &numbered(7000)).await, StatusCode::ACCEPTED);
    let refused = run(folder.path(), &["migrate", "--from", &stores[0], "--to", &stores[1]]);
    assert!(text(&refused.stderr).contains("has mailboxes of its own"), "{}", text(&refused.stderr));
}

fn migrate(folder: &Path, from: &str, to: &str) -> String {
    let moved = run(folder, &["migrate", "--from", from, "--to", to]);
    assert!(moved.status.success(), "{}", text(&moved.stderr));
    text(&moved.stdout)
}

/// Cut off by a kill it goes on where it was, and nobody serves from half a store.
#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_was_cut_off_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| format!("sqlite:{}", folder.path().join(name).display());
    let from = place("from.db");
    let mut relay = Process::start(folder.path(), &["--registration", "open", "--store", &from]);
    for _ in 0..150 {
        let owner = relay.owner().await;
        let lane = owner.pair_lane(&relay).await;
        deposit_all(&relay, &lane, 0..2).await;
    }
    assert_eq!(relay.terminate(), Some(0));
    let mut to = String::new();
    for number in 1.. {
        assert!(number <= 5, "it was always over before it could be cut off");
        let target = format!("to-{number}.db");
        to = place(&target);
        if is_cut_off(folder.path(), &from, &to, &target).await {
            break;
        }
    }
    let serving = run(folder.path(), &["serve", "--listen", "127.0.0.1:0", "--store", &to]);
    assert!(text(&serving.stderr).contains("a2a-relay migrate"), "{}", text(&serving.stderr));
    let moved = migrate(folder.path(), &from, &to);
    assert!(moved.starts_with("150 mailboxes are the same") && !moved.contains("(0 were there already)"), "{moved}");
}

/// Kills a move once some mailboxes have arrived; false if it was over before.
async fn is_cut_off(folder: &Path, from: &str, to: &str, target: &str) -> bool {
    let mut moving = crate::process::command(folder, &["migrate", "--from", from, "--to", to]).spawn().unwrap();
    while !has_mailboxes(&folder.join(target)) {
        if moving.try_wait().unwrap().is_some() {
            return false;
        }
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
    }
    moving.kill().unwrap();
    !moving.wait().unwrap().success()
}

fn has_mailboxes(store: &Path) -> bool {
    let Ok(connection) = rusqlite::Connection::open(store) else { return false };
    connection.query_row("SELECT count(*) FROM account", [], |row| row.get::<_, i64>(0)).is_ok_and(|count| count > 2)
}
