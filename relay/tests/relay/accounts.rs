//! Registration and sessions.

use std::sync::atomic::Ordering;
use std::time::Duration;

use a2a_proto::api::{Registered, RegistrationPolicy};
use a2a_proto::card::KnockPolicy;
use a2a_relay::join_token::JoinToken;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::*;

#[tokio::test]
async fn registering_is_idempotent() {
    let relay = TestRelay::start().await;
    let owner = Owner::new();
    for _ in 0..2 {
        let registered: Registered = read(relay.register(&owner, Some("bob"), None).await).await;
        assert_eq!(registered.agent_id, owner.id());
        assert_eq!(registered.handle.unwrap().as_str(), "bob");
    }
    // Without naming it again, the handle stays.
    let registered: Registered = read(relay.register(&owner, None, None).await).await;
    assert_eq!(registered.handle.unwrap().as_str(), "bob");
}

#[tokio::test]
async fn a_handle_belongs_to_the_first() {
    let relay = TestRelay::start().await;
    let (first, second) = (Owner::new(), Owner::new());
    relay.register(&first, Some("bob"), None).await;
    let answer = relay.register(&second, Some("bob"), None).await;
    assert_eq!(problem(answer).await, (409, "handle_taken".into()));
    // The refused one has no account.
    assert_eq!(second.session(&relay).await.status(), StatusCode::UNAUTHORIZED);

    let found: serde_json::Value = read(relay.get("/api/handles/bob").await).await;
    assert_eq!(found["agent_id"], first.id().to_string());
    let missing = relay.get("/api/handles/nobody").await;
    assert_eq!(problem(missing).await, (404, "not_found".into()));
}

#[tokio::test]
async fn a_token_makes_as_many_accounts_as_it_says() {
    let wish = Wish { registration: RegistrationPolicy::Token, ..Wish::default() };
    let relay = TestRelay::start_with(wish).await;
    let owner = Owner::new();
    let answer = relay.register(&owner, None, None).await;
    assert_eq!(problem(answer).await, (403, "registration_token_needed".into()));
    let answer = relay.register(&owner, None, Some("made-up")).await;
    assert_eq!(problem(answer).await, (403, "registration_token_used".into()));

    let token = JoinToken::draw();
    let record = token.record(1, relay.now(), Duration::from_secs(60));
    relay.store.issue_token(record).await.unwrap();
    let link = token.link(&relay.authority);
    let (page, secret) = link.split_once('#').unwrap();
    assert_eq!(page, relay.at("/join"));

    assert_eq!(relay.register(&owner, None, Some(secret)).await.status(), StatusCode::OK);
    // Who is registered needs none; the next newcomer finds it used.
    assert_eq!(relay.register(&owner, None, None).await.status(), StatusCode::OK);
    let answer = relay.register(&Owner::new(), None, Some(secret)).await;
    assert_eq!(problem(answer).await, (403, "registration_token_used".into()));
}

#[tokio::test]
async fn a_token_expires() {
    let wish = Wish { registration: RegistrationPolicy::Token, ..Wish::default() };
    let relay = TestRelay::start_with(wish).await;
    let token = JoinToken::draw();
    let record = token.record(1, relay.now(), Duration::from_secs(60));
    relay.store.issue_token(record).await.unwrap();
    relay.later(Duration::from_secs(60));
    let link = token.link(&relay.authority);
    let secret = link.split_once('#').unwrap().1;
    let answer = relay.register(&Owner::new(), None, Some(secret)).await;
    assert_eq!(problem(answer).await, (403, "registration_token_used".into()));
}

#[tokio::test]
async fn a_closed_relay_takes_nobody_new() {
    let wish = Wish { registration: RegistrationPolicy::Closed, ..Wish::default() };
    let relay = TestRelay::start_with(wish).await;
    let answer = relay.register(&Owner::new(), None, None).await;
    assert_eq!(problem(answer).await, (403, "registration_closed".into()));
}

#[tokio::test]
async fn registering_needs_the_device_key() {
    let relay = TestRelay::start().await;
    let mut thief = Owner::new();
    let victim = Owner::new();
    thief.certificate = victim.certificate.clone();
    let answer = relay.register(&thief, None, None).await;
    assert_eq!(problem(answer).await, (400, "invalid_proof".into()));
}

#[tokio::test]
async fn a_proof_for_another_relay_is_worth_nothing() {
    let (relay, mut elsewhere) = (TestRelay::start().await, TestRelay::start().await);
    elsewhere.url = relay.url.clone();
    let answer = elsewhere.register(&Owner::new(), None, None).await;
    assert_eq!(problem(answer).await, (400, "invalid_proof".into()));
}

#[tokio::test]
async fn a_higher_epoch_ends_the_older_device() {
    let relay = TestRelay::start().await;
    let old = relay.owner().await;
    assert!(old.collect(&relay, "").await.items.is_empty());

    let mut new = Owner::with_device(old.root_again(), 2);
    new.sign_in(&relay).await;
    new.collect(&relay, "").await;

    // Its token has minutes left, but not a right.
    let answer = old.call(&relay, Method::GET, "/api/mailbox").send().await.unwrap();
    assert_eq!(problem(answer).await, (401, "unauthorized".into()));
    assert_eq!(old.session(&relay).await.status(), StatusCode::UNAUTHORIZED);
    let answer = relay.register(&old, None, None).await;
    let told: serde_json::Value = serde_json::from_slice(&answer.bytes().await.unwrap()).unwrap();
    assert_eq!(told["code"], "epoch_too_low");
    assert_eq!(told["detail"], "highest epoch: 2");
}

#[tokio::test]
async fn a_second_device_at_the_same_epoch_stays_outside() {
    let relay = TestRelay::start().await;
    let first = relay.owner().await;
    let second = Owner::with_device(first.root_again(), 1);
    assert_eq!(second.session(&relay).await.status(), StatusCode::UNAUTHORIZED);
    first.collect(&relay, "").await;
}

#[tokio::test]
async fn every_missing_session_looks_the_same() {
    let relay = TestRelay::start().await;
    let mut gone = relay.owner().await;
    let status = gone.call(&relay, Method::DELETE, "/api/account").send().await.unwrap().status();
    assert_eq!(status, StatusCode::NO_CONTENT);
    let mut forged = relay.owner().await;
    forged.token.replace_range(10..11, if &forged.token[10..11] == "A" { "B" } else { "A" });
    let mut none = Owner::new();
    none.token = "rubbish".into();
    let expired = relay.owner().await;

    let mut answers = Vec::new();
    for owner in [&gone, &forged, &none] {
        let answer = owner.call(&relay, Method::GET, "/api/mailbox").send().await.unwrap();
        answers.push(bytes_of(answer).await);
    }
    relay.later(Duration::from_secs(15 * 60));
    let answer = expired.call(&relay, Method::GET, "/api/mailbox").send().await.unwrap();
    answers.push(bytes_of(answer).await);
    answers.push(bytes_of(relay.get("/api/mailbox").await).await);
    gone.certificate = expired.certificate.clone();
    answers.push(bytes_of(gone.session(&relay).await).await);
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert!(answers[0].contains("401"));
}

#[tokio::test]
async fn a_challenge_expires() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let challenge = relay.challenge().await;
    let proof = a2a_proto::access::SessionProof::sign(&owner.device, &owner.certificate, &relay.authority, &challenge);
    let request = serde_json::json!({
        "certificate": a2a_proto::api::Base64(owner.certificate.as_bytes().to_vec()),
        "challenge": challenge,
        "signature": a2a_proto::api::Base64(proof.as_bytes().to_vec()),
    });
    assert_eq!(relay.post("/api/session", &request).await.status(), StatusCode::OK);
    relay.later(Duration::from_secs(60));
    assert_eq!(relay.post("/api/session", &request).await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_closed_account_leaves_nothing() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    relay.register(&owner, Some("bob"), None).await;
    owner.put(&relay, "/api/card", owner.card(&relay, 1)).await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(7)).await, StatusCode::ACCEPTED);

    owner.call(&relay, Method::DELETE, "/api/account").send().await.unwrap();
    assert_eq!(relay.deposited(&lane, &envelope(8)).await, StatusCode::FORBIDDEN);
    assert_eq!(relay.get("/api/handles/bob").await.status(), StatusCode::NOT_FOUND);
    let card = format!("/api/agents/{}/card", owner.id());
    assert_eq!(relay.get(&card).await.status(), StatusCode::NOT_FOUND);
}

/// Sends a request's headers, and waits until the relay looked at the owner's right.
async fn begin(relay: &TestRelay, owner: &Owner, line: &str, length: usize) -> TcpStream {
    let looks = relay.watch.accounts.load(Ordering::SeqCst);
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    let head = format!(
        "{line} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {}\r\ncontent-length: {length}\r\n\r\n",
        owner.token
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    while relay.watch.accounts.load(Ordering::SeqCst) == looks {
        tokio::task::yield_now().await;
    }
    stream
}

/// Its right held when the headers came; the body came after a newer device was admitted.
#[tokio::test]
async fn what_an_older_device_began_is_not_carried_out() {
    let relay = TestRelay::start().await;
    let old = relay.owner().await;
    let lane = old.pair_lane(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    let part = format!("PUT /api/backups/{}", envelope_id());
    let requests = [
        ("POST /api/mailbox/ack", br#"{"through":1}"#.to_vec()),
        ("POST /api/lanes", br#"{"kind":"pair"}"#.to_vec()),
        (part.as_str(), vec![7; 64]),
        ("PUT /api/card", old.card(&relay, 1)),
        ("PUT /api/prekeys", old.bundle(&relay, KnockPolicy::Pow)),
        ("PUT /api/webhook", br#"{"url":"https://localhost/"}"#.to_vec()),
    ];
    let mut begun = Vec::new();
    for (line, body) in &requests {
        begun.push((line, body, begin(&relay, &old, line, body.len()).await));
    }
    let mut new = Owner::with_device(old.root_again(), 2);
    new.sign_in(&relay).await;
    for (line, body, mut stream) in begun {
        stream.write_all(body).await.unwrap();
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 401", "{line}: {}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(new.collect(&relay, "").await.items.len(), 1);
}
