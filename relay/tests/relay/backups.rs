//! A sealed backup in parts: kept for its owner, read by whoever knows the names, bounded, and gone with the account.

use a2a_proto::id::{AgentId, EnvelopeId};
use a2a_relay::store::Quotas;
use reqwest::{Method, Response, StatusCode};

use crate::support::*;

async fn put(relay: &Reach, owner: &Owner, name: EnvelopeId, part: &[u8]) -> Response {
    owner.call(relay, Method::PUT, &format!("/api/backups/{name}")).body(part.to_vec()).send().await.unwrap()
}

async fn delete(relay: &Reach, owner: &Owner, path: &str) -> StatusCode {
    owner.call(relay, Method::DELETE, path).send().await.unwrap().status()
}

/// Without any proof: a restored owner has none yet.
async fn get(relay: &Reach, agent: &AgentId, name: impl std::fmt::Display) -> Response {
    relay.get(&format!("/api/agents/{agent}/backups/{name}")).await
}

#[tokio::test]
async fn whoever_knows_the_name_reads_it_and_only_its_owner_changes_it() {
    let relay = TestRelay::start().await;
    let (owner, other) = (relay.owner().await, relay.owner().await);
    let (name, second) = (envelope_id(), envelope_id());
    for part in [&b"sealed"[..], b"sealed anew"] {
        assert_eq!(put(&relay, &owner, name, part).await.status(), StatusCode::NO_CONTENT);
        let answer = get(&relay, &owner.id(), name).await;
        assert_eq!(answer.headers()["content-type"], "application/octet-stream");
        assert_eq!(answer.bytes().await.unwrap(), part);
    }
    assert_eq!(put(&relay, &owner, second, &[1; 256 * 1024]).await.status(), StatusCode::NO_CONTENT);
    let unproven = relay.client.put(relay.at(&format!("/api/backups/{name}"))).body("mine").send().await.unwrap();
    assert_eq!(unproven.status(), StatusCode::UNAUTHORIZED);
    // The same name of another is another's.
    assert_eq!(put(&relay, &other, name, b"another's").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(delete(&relay, &other, "/api/backups").await, StatusCode::NO_CONTENT);
    assert_eq!(get(&relay, &owner.id(), name).await.bytes().await.unwrap(), &b"sealed anew"[..]);
    assert_eq!(delete(&relay, &owner, &format!("/api/backups/{name}")).await, StatusCode::NO_CONTENT);
    assert_eq!(get(&relay, &owner.id(), name).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(get(&relay, &owner.id(), second).await.status(), StatusCode::OK);
    for _ in 0..2 {
        assert_eq!(delete(&relay, &owner, "/api/backups").await, StatusCode::NO_CONTENT);
    }
    assert_eq!(get(&relay, &owner.id(), second).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn who_has_no_backup_cannot_be_told_from_who_is_not_there() {
    let relay = TestRelay::start().await;
    let (owner, without, nobody) = (relay.owner().await, relay.owner().await, Owner::new());
    assert_eq!(put(&relay, &owner, envelope_id(), b"sealed").await.status(), StatusCode::NO_CONTENT);
    let name = envelope_id();
    let mut answers = Vec::new();
    for agent in [owner.id(), without.id(), nobody.id()] {
        answers.push(bytes_of(get(&relay, &agent, name).await).await);
        answers.push(bytes_of(get(&relay, &agent, "no-name").await).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.starts_with("404")), "{answers:#?}");
}

#[tokio::test]
async fn a_backup_has_a_bound_and_ends_with_its_account() {
    let quotas = Quotas { backup_bytes: 3 * Quotas::LEAST_BLOB, ..Quotas::default() };
    let relay = TestRelay::start_with(Wish { quotas, ..Wish::default() }).await;
    let owner = relay.owner().await;
    let name = envelope_id();
    assert_eq!(put(&relay, &owner, name, &[1; 128 * 1024]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(
        problem(put(&relay, &owner, envelope_id(), &[1; 64 * 1024 + 1]).await).await,
        (429, "mailbox_full".into())
    );
    assert_eq!(put(&relay, &owner, name, &[2; 128 * 1024]).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(put(&relay, &owner, envelope_id(), b"small").await.status(), StatusCode::NO_CONTENT);
    assert_eq!(problem(put(&relay, &owner, envelope_id(), b"more").await).await, (429, "mailbox_full".into()));
    assert_eq!(problem(put(&relay, &owner, name, &[]).await).await, (400, "bad_request".into()));
    assert_eq!(problem(put(&relay, &owner, name, &[0; 256 * 1024 + 1]).await).await, (413, "too_large".into()));
    assert_eq!(delete(&relay, &owner, "/api/account").await, StatusCode::NO_CONTENT);
    assert_eq!(get(&relay, &owner.id(), name).await.status(), StatusCode::NOT_FOUND);
}
