//! The relay is told nothing of a sender, and keeps and logs nothing that names anybody.

use std::path::Path;

use a2a_proto::card::KnockPolicy;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use reqwest::StatusCode;

use crate::process::Process;
use crate::support::*;

/// Everything in a folder, as one heap of bytes.
fn everything(folder: &Path) -> Vec<u8> {
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.filter(|path| path.is_file()).map(|path| std::fs::read(path).unwrap()).collect::<Vec<_>>().concat()
}

fn holds(heap: &[u8], needle: &[u8]) -> bool {
    let mut rest = heap;
    while let Some(at) = rest.iter().position(|byte| *byte == needle[0]) {
        if rest[at..].starts_with(needle) {
            return true;
        }
        rest = &rest[at + 1..];
    }
    false
}

/// The sender lives on the same relay, which therefore knows the id; but nothing may stand near what was sent.
#[tokio::test]
async fn the_store_holds_nothing_of_the_sender() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let (bob, alice) = (relay.owner().await, Owner::new());
    let lane = bob.pair_lane(&relay).await;
    let request = relay.deposit(&lane, envelope_id(), &envelope(0xa5));
    let request = request.header("user-agent", "alices-agent/7").header("x-forwarded-for", "203.0.113.77");
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
    relay.kill();

    let heap = everything(folder.path());
    // The search works: what must be there is found.
    assert!(holds(&heap, bob.id().as_bytes()) && holds(&heap, &envelope(0xa5)[..64]));
    for secret in [alice.id().as_bytes().as_slice(), b"alices-agent", b"203.0.113.77", lane.key.as_bytes()] {
        assert!(!holds(&heap, secret));
    }
}

/// Acknowledged mail is gone from the disk, not only from the tables.
#[tokio::test]
async fn what_was_acknowledged_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    relay.deposited(&lane, &envelope(0xc3)).await;
    assert!(holds(&everything(folder.path()), &[0xc3; 512]));
    owner.acknowledge(&relay, 1).await;
    assert_eq!(relay.terminate(), Some(0));
    assert!(!holds(&everything(folder.path()), &[0xc3; 64]));
}

/// A whole conversation, happy and refused, at the most talkative level there is.
#[tokio::test]
async fn the_log_names_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let owner = relay.owner().await;
    relay.register(&owner, Some("robert"), None).await;
    owner.put(&relay, "/api/card", owner.card(&relay, 1)).await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let (lane, closed) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    owner.close_lane(&relay, &closed).await;
    let id = envelope_id();
    let request = relay.deposit(&lane, id, &envelope(0x11)).header("user-agent", "tell-tale/1");
    let proof = relay.proof(&lane, id, relay.now(), "POST", "/api/deposit", &envelope(0x11));
    assert_eq!(request.send().await.unwrap().status(), StatusCode::ACCEPTED);
    assert_eq!(relay.deposited(&closed, &envelope(0x11)).await, StatusCode::FORBIDDEN);
    relay.deposit_raw("rubbish-proof", &envelope(0x11)).send().await.unwrap();
    relay.get(&format!("/api/agents/{}/bundle", owner.id())).await;
    relay.get("/api/handles/robert").await;
    relay.get("/join").await;
    // Over HTTP/2 a library would log every frame.
    let modern = reqwest::Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    modern.get(relay.at("/api/handles/robert")).send().await.unwrap();
    owner.collect(&relay, "").await;
    owner.acknowledge(&relay, 1).await;
    assert_eq!(relay.terminate(), Some(0));

    let log = std::fs::read_to_string(folder.path().join("log")).unwrap();
    assert!(log.contains("going down"), "nothing was logged at all: {log}");
    let foreign = log.lines().find(|line| !line.contains(" a2a_relay"));
    assert_eq!(foreign, None, "a library logs");
    let mac = proof.rsplit_once('.').unwrap().1.to_owned();
    let owner_id = owner.id();
    let bytes = [owner_id.as_bytes().as_slice(), lane.id.as_bytes(), closed.id.as_bytes(), id.as_bytes()];
    let mut forbidden = vec![owner.id().to_string(), owner.token.clone(), mac];
    forbidden.extend(bytes.iter().flat_map(|bytes| [BASE64URL_NOPAD.encode(bytes), HEXLOWER.encode(bytes)]));
    forbidden.extend(["127.0.0.1", "robert", "tell-tale", "rubbish-proof", "Bob", "/api/"].map(str::to_owned));
    for word in forbidden {
        assert!(!log.contains(&word), "the log holds {word}:\n{log}");
    }
}
