//! The owner's side: sessions, collecting, and that it is kept apart from what strangers see.

use std::sync::atomic::{AtomicU64, Ordering};

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::api::mailbox::{Batch, BatchItem, Source};
use a2a_proto::api::{
    Challenge, Registered, Registration, SessionRequest, SessionToken, Webhook, WebhookDeliveries, WebhookDelivery,
    WebhookState, code,
};
use tokio_util::sync::CancellationToken;

use super::fake_relay::{Asked, FakeRelay, json, octets, problem, status};
use super::*;

const CHALLENGE: &str = "Y2hhbGxlbmdl";

fn challenge() -> Challenge {
    Challenge { challenge: CHALLENGE.into(), expires_at: Timestamp::from_secs(u32::MAX.into()) }
}

/// A fake that hands out the tokens t1, t2, … and takes only the one that `good` names.
async fn relay_with_sessions(
    good: u64,
    answer: impl Fn(&Asked) -> axum::http::Response<axum::body::Body> + Send + Sync + 'static,
) -> FakeRelay {
    let given = AtomicU64::new(0);
    FakeRelay::start(move |asked| {
        if asked.is("POST /api/session/challenge") {
            return json(&challenge());
        }
        if asked.is("POST /api/session") {
            let request: SessionRequest = serde_json::from_slice(&asked.body).unwrap();
            let proof = SessionProof::from_slice(&request.signature.0).unwrap();
            let relay = asked.header("host").unwrap().parse().unwrap();
            proof.verify(&owner().certificate, &relay, CHALLENGE).unwrap();
            let number = given.fetch_add(1, Ordering::SeqCst) + 1;
            return json(&SessionToken { token: format!("t{number}"), expires_at: challenge().expires_at });
        }
        if asked.header("authorization") == Some(&format!("Bearer t{good}")) {
            return answer(asked);
        }
        problem(401, code::UNAUTHORIZED)
    })
    .await
}

#[tokio::test]
async fn one_session_serves_many_calls() {
    let relay = relay_with_sessions(1, |_| status(204)).await;
    let own = client_of(&relay.authority).sign_in(owner());
    for through in 1..=3 {
        own.acknowledge(through).await.unwrap();
    }
    own.publish_card(b"card").await.unwrap();
    own.withdraw_card().await.unwrap();
    own.publish_prekeys(b"bundle").await.unwrap();
    own.close_lane(&lane_at(&relay.authority).lane).await.unwrap();
    own.delete_account().await.unwrap();
    assert_eq!(relay.count("POST /api/session"), 1);
}

#[tokio::test]
async fn calls_at_once_share_one_sign_in() {
    let relay = relay_with_sessions(1, |_| status(204)).await;
    let own = client_of(&relay.authority).sign_in(owner());
    let (a, b, c) = tokio::join!(own.acknowledge(1), own.acknowledge(2), own.acknowledge(3));
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(relay.count("POST /api/session"), 1);
}

#[tokio::test]
async fn a_refused_token_is_renewed_once() {
    let relay = relay_with_sessions(2, |_| status(204)).await;
    let own = client_of(&relay.authority).sign_in(owner());
    own.acknowledge(1).await.unwrap();
    assert_eq!(relay.count("POST /api/session"), 2);

    let relay = relay_with_sessions(99, |_| status(204)).await;
    let own = client_of(&relay.authority).sign_in(owner());
    assert_eq!(own.acknowledge(1).await, Err(RelayFailure::Unauthorized));
    assert_eq!(relay.count("POST /api/session"), 2);
}

#[tokio::test]
async fn a_token_that_ends_is_renewed_before_it_is_used() {
    let relay = FakeRelay::start(|asked| match asked.uri.path() {
        "/api/session/challenge" => json(&challenge()),
        "/api/session" => json(&SessionToken { token: "t".into(), expires_at: SystemClock.now() }),
        _ => status(204),
    })
    .await;
    let own = client_of(&relay.authority).sign_in(owner());
    own.acknowledge(1).await.unwrap();
    own.acknowledge(2).await.unwrap();
    assert_eq!(relay.count("POST /api/session"), 2);
}

#[tokio::test]
async fn registration_proves_the_device() {
    let relay = FakeRelay::start(|asked| {
        if asked.is("POST /api/session/challenge") {
            return json(&challenge());
        }
        let request: Registration = serde_json::from_slice(&asked.body).unwrap();
        let proof = RegistrationProof::from_slice(&request.signature.0).unwrap();
        let relay = asked.header("host").unwrap().parse().unwrap();
        proof.verify(&owner().certificate, &relay, CHALLENGE).unwrap();
        assert_eq!(request.registration_token.as_deref(), Some("join"));
        json(&Registered { agent_id: agent_id(), handle: request.handle })
    })
    .await;
    let own = client_of(&relay.authority).sign_in(owner());
    let handle = Some("alice".parse().unwrap());
    let registered = own.register(handle.clone(), Some("join".into())).await.unwrap();
    assert_eq!(registered.handle, handle);
}

#[tokio::test]
async fn a_strange_challenge_is_not_signed() {
    for strange in ["", "with space", "a.b", &"x".repeat(257)] {
        let strange = strange.to_owned();
        let relay = FakeRelay::start(move |_| {
            json(&Challenge { challenge: strange.clone(), expires_at: challenge().expires_at })
        })
        .await;
        let own = client_of(&relay.authority).sign_in(owner());
        let failed = own.register(None, None).await.unwrap_err();
        assert!(matches!(failed, RelayFailure::Garbage(_)));
        assert_eq!(relay.asked().len(), 1);
    }
}

/// Where a peer's mailbox stands at our own relay, a deposit must not come over a connection that carried our session.
#[tokio::test]
async fn deposits_never_share_a_connection_with_the_session() {
    let relay = relay_with_sessions(1, |_| status(204)).await;
    let client = client_of(&relay.authority);
    let own = client.sign_in(owner());
    own.acknowledge(1).await.unwrap();
    for _ in 0..2 {
        drop(client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await);
        own.acknowledge(1).await.unwrap();
    }
    let (deposits, owners): (Vec<_>, Vec<_>) =
        relay.asked().into_iter().partition(|asked| asked.is("POST /api/deposit"));
    assert_eq!(deposits.len(), 2);
    for deposit in &deposits {
        assert_eq!(deposit.header("authorization"), None);
        assert!(owners.iter().all(|other| other.from != deposit.from));
    }
}

fn item(sequence: u64) -> BatchItem {
    BatchItem { sequence, source: Source::FrontDoor, hour: 1, envelope: vec![0; 4096] }
}

async fn relay_with_mail(batch: Batch) -> FakeRelay {
    relay_with_sessions(1, move |_| octets(batch.to_bytes())).await
}

#[tokio::test]
async fn mail_is_collected() {
    let batch = Batch { acknowledged_through: 4, items: vec![item(6), item(9)] };
    let relay = relay_with_mail(batch.clone()).await;
    let own = client_of(&relay.authority).sign_in(owner());
    assert_eq!(own.collect(5, 2).await.unwrap(), batch);
    let asked = relay.asked().pop().unwrap();
    assert_eq!(asked.uri.query(), Some("after=5&wait=0&limit=2"));
}

#[tokio::test]
async fn mail_that_was_not_asked_for_is_garbage() {
    let batch = |items| Batch { acknowledged_through: 0, items };
    let wrong = [batch(vec![item(5)]), batch(vec![item(6), item(7), item(8)])];
    for wrong in wrong {
        let relay = relay_with_mail(wrong).await;
        let own = client_of(&relay.authority).sign_in(owner());
        let failed = own.collect(5, 2).await;
        assert!(matches!(failed, Err(RelayFailure::Garbage(_))), "{failed:?}");
    }
    let relay = relay_with_sessions(1, |_| octets(vec![1; 100])).await;
    let own = client_of(&relay.authority).sign_in(owner());
    assert!(matches!(own.collect(5, 2).await, Err(RelayFailure::Garbage(_))));
}

#[tokio::test]
async fn a_long_poll_ends_when_it_is_cancelled() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let authority: RelayAuthority = silent.local_addr().unwrap().to_string().parse().unwrap();
    let own = client_of(&authority).sign_in(owner());
    let cancel = CancellationToken::new();
    let poll = own.collect_waiting(0, 10, Duration::from_secs(3600), &cancel);
    let (answer, ()) = tokio::join!(poll, async { cancel.cancel() });
    assert!(answer.is_none());
}

#[tokio::test]
async fn a_relay_cannot_write_to_the_terminal_by_way_of_a_webhook() {
    let said =
        |url: &str, secret: &str| Webhook { url: url.into(), state: WebhookState::Active, secret: secret.into() };
    let url = "https://hooks.example.com/a2a";
    for (webhook, is_plain) in [
        (said(url, "whsec_c2VjcmV0"), true),
        (said(url, "whsec_\u{1b}]0;owned\u{7}"), false),
        (said("https://hooks.example.com/\u{202e}moc", "whsec_c2VjcmV0"), false),
    ] {
        let relay = relay_with_sessions(1, move |_| json(&webhook)).await;
        let set = client_of(&relay.authority).sign_in(owner()).set_webhook(url).await;
        assert_eq!(set.is_ok(), is_plain, "{set:?}");
    }
    let at = Timestamp::from_secs(1);
    let deliveries = vec![WebhookDelivery { id: "msg\u{9b}31m".into(), at, attempt: 1, delivered: true }];
    let calls = WebhookDeliveries { state: WebhookState::Active, next_try_at: None, deliveries };
    let relay = relay_with_sessions(1, move |_| json(&calls)).await;
    let calls = client_of(&relay.authority).sign_in(owner()).webhook_deliveries().await;
    assert!(matches!(calls, Err(RelayFailure::Garbage(_))), "{calls:?}");
}
