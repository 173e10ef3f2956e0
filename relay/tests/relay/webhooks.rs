//! Webhooks: who is called, when, again, and no more.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use a2a_proto::api::{Webhook, WebhookDeliveries, WebhookState};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode as Status};
use axum::response::IntoResponse;
use axum::routing::post;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::*;

/// A server that keeps what it is told.
#[derive(Clone, Default)]
struct Server {
    calls: Arc<Mutex<Vec<(HeaderMap, Bytes)>>>,
    answer: Arc<Mutex<Option<Status>>>,
    /// Where its redirects lead.
    location: Arc<Mutex<String>>,
    /// Locked while answers are held back.
    gate: Arc<tokio::sync::Mutex<()>>,
}

impl Server {
    async fn start() -> (Self, String) {
        let server = Self::default();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        let app = Router::new().route("/hook", post(receive)).with_state(server.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        (server, url)
    }

    /// From now on it answers so; none sends challenges back and says yes.
    fn answers(&self, status: impl Into<Option<Status>>) {
        *self.answer.lock().unwrap() = status.into();
    }

    fn told(&self, event: &str) -> Vec<Value> {
        let calls = self.calls.lock().unwrap();
        let bodies = calls.iter().map(|(_, body)| serde_json::from_slice::<Value>(body).unwrap());
        bodies.filter(|body| body["event"] == event).collect()
    }
}

async fn receive(State(server): State<Server>, headers: HeaderMap, body: Bytes) -> impl IntoResponse {
    let said: Value = serde_json::from_slice(&body).unwrap();
    server.calls.lock().unwrap().push((headers, body));
    drop(server.gate.lock().await);
    let answer = *server.answer.lock().unwrap();
    match answer {
        Some(status) if status.is_redirection() => {
            (status, [("location", server.location.lock().unwrap().clone())]).into_response()
        }
        Some(status) => status.into_response(),
        None => said["challenge"].as_str().unwrap_or("").to_owned().into_response(),
    }
}

async fn relay() -> TestRelay {
    TestRelay::start_with(Wish { policy: |policy| policy.webhooks.this_machine = true, ..Wish::default() }).await
}

async fn set(relay: &Reach, owner: &Owner, url: &str) -> reqwest::Response {
    owner.call(relay, Method::PUT, "/api/webhook").json(&json!({ "url": url })).send().await.unwrap()
}

async fn deliveries(relay: &Reach, owner: &Owner) -> WebhookDeliveries {
    read(owner.call(relay, Method::GET, "/api/webhook/deliveries").send().await.unwrap()).await
}

/// An owner with an active webhook, and a lane into the mailbox.
async fn watched(relay: &TestRelay) -> (Server, Owner, HeldLane) {
    let (server, url) = Server::start().await;
    let owner = relay.owner().await;
    let webhook: Webhook = read(set(relay, &owner, &url).await).await;
    assert_eq!(webhook.state, WebhookState::Active);
    let lane = owner.pair_lane(relay).await;
    (server, owner, lane)
}

#[tokio::test]
async fn a_server_is_told_that_mail_waits_and_nothing_else() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    let told = server.told("mail");
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["event", "id", "v"]);
    let (headers, body) = server.calls.lock().unwrap().last().unwrap().clone();
    let secret =
        read::<Webhook>(set(&relay, &owner, &format!("http://{}/hook", headers["host"].to_str().unwrap())).await)
            .await
            .secret;
    let signed = standardwebhooks::Webhook::new(&secret).unwrap();
    let said = |name: &str| headers[name].to_str().unwrap().to_owned();
    let signature = signed.sign(&said("webhook-id"), said("webhook-timestamp").parse().unwrap(), &body).unwrap();
    assert_eq!(said("webhook-signature"), signature);
    assert_eq!(said("webhook-timestamp"), relay.now().secs().to_string());
    for hidden in [owner.id().to_string(), lane.id.to_string()] {
        assert!(!String::from_utf8_lossy(&body).contains(&hidden) && !format!("{headers:?}").contains(&hidden));
    }
    assert!(deliveries(&relay, &owner).await.deliveries[0].delivered);
}

#[tokio::test]
async fn a_flood_of_mail_is_told_once_a_minute() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    for byte in 0..20 {
        relay.deposited(&lane, &envelope(byte)).await;
        relay.relay.deliver_due_webhooks().await;
    }
    assert_eq!(server.told("mail").len(), 1);
    relay.later(Duration::from_secs(60));
    relay.relay.deliver_due_webhooks().await;
    assert_eq!(server.told("mail").len(), 2);
    // What was collected meanwhile is not told of.
    relay.deposited(&lane, &envelope(99)).await;
    owner.acknowledge(&relay, u64::MAX).await;
    relay.later(Duration::from_secs(120));
    relay.relay.deliver_due_webhooks().await;
    assert_eq!(server.told("mail").len(), 2);
}

#[tokio::test]
async fn only_a_server_that_sends_the_challenge_back_is_called() {
    let relay = relay().await;
    let (server, url) = Server::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    server.answers(Status::OK);
    let first: Webhook = read(set(&relay, &owner, &url).await).await;
    assert_eq!(first.state, WebhookState::Unverified);
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    assert!(server.told("mail").is_empty());
    server.answers(None);
    let second: Webhook = read(set(&relay, &owner, &url).await).await;
    assert_eq!((second.state, &second.secret), (WebhookState::Active, &first.secret));
    // Another URL is another webhook, with a secret of its own.
    let other: Webhook = read(set(&relay, &owner, &format!("{url}?other")).await).await;
    assert_ne!(other.secret, first.secret);
    assert_eq!(
        relay.owner().await.call(&relay, Method::GET, "/api/webhook/deliveries").send().await.unwrap().status(),
        404
    );
}

/// A day on a clock that jumps from try to try.
#[tokio::test]
async fn a_server_that_fails_is_tried_for_a_day_and_then_no_more() {
    let relay = relay().await;
    let (server, mut owner, lane) = watched(&relay).await;
    server.answers(Status::SERVICE_UNAVAILABLE);
    relay.deposited(&lane, &envelope(1)).await;
    let begun = relay.now();
    let mut waits = Vec::new();
    loop {
        relay.relay.deliver_due_webhooks().await;
        owner.sign_in(&relay).await;
        let standing = deliveries(&relay, &owner).await;
        let Some(next) = standing.next_try_at else {
            assert_eq!(standing.state, WebhookState::Disabled);
            break;
        };
        assert!(!standing.deliveries[0].delivered);
        waits.push(next.since(relay.now()).as_secs());
        // Not a moment earlier.
        relay.later(next.since(relay.now()).saturating_sub(Duration::from_secs(1)));
        let calls = server.told("mail").len();
        relay.relay.deliver_due_webhooks().await;
        assert_eq!(server.told("mail").len(), calls);
        relay.later(Duration::from_secs(1));
    }
    assert_eq!(relay.now().since(begun).as_secs(), 24 * 3600);
    assert!((10..=12).contains(&waits[0]) && waits[1] >= 20 && waits[5] >= 320, "{waits:?}");
    // One call, tried many times: it keeps its name.
    let told = server.told("mail");
    assert!(told.len() > 10 && told.iter().all(|call| call["id"] == told[0]["id"]));
    // Disabled stays disabled until the owner sets it again.
    server.answers(None);
    relay.deposited(&lane, &envelope(2)).await;
    relay.later(Duration::from_secs(3600));
    relay.relay.deliver_due_webhooks().await;
    assert_eq!(server.told("mail").len(), told.len());
}

#[tokio::test]
async fn a_server_that_recovers_is_told_and_one_that_is_gone_is_left_alone() {
    let relay = relay().await;
    let (server, mut owner, lane) = watched(&relay).await;
    server.answers(Status::BAD_GATEWAY);
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    server.answers(None);
    relay.later(Duration::from_secs(13));
    relay.relay.deliver_due_webhooks().await;
    let standing = deliveries(&relay, &owner).await;
    assert_eq!((standing.deliveries[0].attempt, standing.deliveries[0].delivered), (2, true));
    assert_eq!(standing.next_try_at, None);

    server.answers(Status::GONE);
    relay.deposited(&lane, &envelope(2)).await;
    relay.later(Duration::from_secs(60));
    relay.relay.deliver_due_webhooks().await;
    owner.sign_in(&relay).await;
    assert_eq!(deliveries(&relay, &owner).await.state, WebhookState::Disabled);
}

#[tokio::test]
async fn a_redirect_is_a_failure_and_is_not_followed() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    let (elsewhere, target) = Server::start().await;
    *server.location.lock().unwrap() = target;
    server.answers(Status::TEMPORARY_REDIRECT);
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    assert!(!deliveries(&relay, &owner).await.deliveries[0].delivered);
    assert!(elsewhere.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_url_that_must_not_be_called_is_refused_and_never_asked() {
    let relay = TestRelay::start().await;
    let (server, url) = Server::start().await;
    let owner = relay.owner().await;
    let port = url.split(':').nth(2).unwrap();
    for bad in [
        url.as_str(),
        "https://127.0.0.1/",
        "https://localhost/",
        &format!("https://[::ffff:127.0.0.1]:{port}"),
        "https://user@example.com/",
        "https://example.com:22/",
        "ftp://example.com/",
        "https://metadata.google.internal/",
        "not a url",
    ] {
        assert_eq!(problem(set(&relay, &owner, bad).await).await, (400, "bad_webhook".into()), "{bad}");
    }
    assert!(server.calls.lock().unwrap().is_empty());
}

#[tokio::test]
async fn a_relay_does_not_call_itself() {
    let relay = relay().await;
    let owner = relay.owner().await;
    let answer = set(&relay, &owner, &relay.at("/api/session/challenge")).await;
    assert_eq!(problem(answer).await, (400, "bad_webhook".into()));
}

/// What the owner changes while a call is under way is not undone by its outcome.
#[tokio::test]
async fn a_webhook_removed_during_a_call_stays_removed() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    let held = server.gate.lock().await;
    relay.deposited(&lane, &envelope(1)).await;
    let calling = tokio::spawn({
        let relay = relay.relay.clone();
        async move { relay.deliver_due_webhooks().await }
    });
    while server.told("mail").is_empty() {
        tokio::task::yield_now().await;
    }
    owner.call(&relay, Method::DELETE, "/api/webhook").send().await.unwrap();
    drop(held);
    calling.await.unwrap();
    let gone = owner.call(&relay, Method::GET, "/api/webhook/deliveries").send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn a_removed_webhook_and_a_closed_account_are_called_no_more() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    for _ in 0..2 {
        let removed = owner.call(&relay, Method::DELETE, "/api/webhook").send().await.unwrap();
        assert_eq!(removed.status(), StatusCode::NO_CONTENT);
    }
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    assert!(server.told("mail").is_empty());
    let stranger = relay.client.put(relay.at("/api/webhook")).json(&json!({ "url": "https://example.com/" }));
    assert_eq!(stranger.send().await.unwrap().status(), StatusCode::UNAUTHORIZED);
}

/// Its server was still being asked when a newer device came.
#[tokio::test]
async fn an_older_device_sets_no_webhook_once_a_newer_one_came() {
    let relay = relay().await;
    let (server, url) = Server::start().await;
    let old = relay.owner().await;
    let held = server.gate.lock().await;
    let request = old.call(&relay, Method::PUT, "/api/webhook").json(&json!({ "url": url }));
    let setting = tokio::spawn(request.send());
    while server.told("challenge").is_empty() {
        tokio::task::yield_now().await;
    }
    let mut new = Owner::with_device(old.root_again(), 2);
    new.sign_in(&relay).await;
    drop(held);
    assert_eq!(setting.await.unwrap().unwrap().status(), StatusCode::UNAUTHORIZED);
    let shown = new.call(&relay, Method::GET, "/api/webhook/deliveries").send().await.unwrap();
    assert_eq!(shown.status(), StatusCode::NOT_FOUND);
}

/// A sender that hung up before its answer may have left nobody who tells of the mail: its retry does.
#[tokio::test]
async fn a_repeated_deposit_tells_of_its_mail_again() {
    let relay = relay().await;
    let (server, _owner, lane) = watched(&relay).await;
    let id = envelope_id();
    for told in 1..=2 {
        let answer = relay.deposit(&lane, id, &envelope(1)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        relay.relay.deliver_due_webhooks().await;
        assert_eq!(server.told("mail").len(), told);
        relay.later(Duration::from_secs(60));
    }
}

#[tokio::test]
async fn a_webhook_that_is_set_again_tells_of_what_waits() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    relay.relay.deliver_due_webhooks().await;
    relay.deposited(&lane, &envelope(2)).await;
    let host = server.calls.lock().unwrap()[0].0["host"].to_str().unwrap().to_owned();
    set(&relay, &owner, &format!("http://{host}/hook")).await;
    relay.relay.deliver_due_webhooks().await;
    assert_eq!(server.told("mail").len(), 2);
}

#[tokio::test]
async fn a_turn_with_nothing_to_tell_delays_nothing() {
    let relay = relay().await;
    let (server, owner, lane) = watched(&relay).await;
    relay.deposited(&lane, &envelope(1)).await;
    owner.acknowledge(&relay, u64::MAX).await;
    relay.relay.deliver_due_webhooks().await;
    relay.deposited(&lane, &envelope(2)).await;
    relay.relay.deliver_due_webhooks().await;
    assert_eq!(server.told("mail").len(), 1);
}

#[tokio::test]
async fn a_slow_server_holds_up_neither_others_nor_the_relays_end() {
    let mut relay = relay().await;
    let (slow, _owner, lane) = watched(&relay).await;
    let (server, _other, other_lane) = watched(&relay).await;
    let held = slow.gate.lock().await;
    relay.deposited(&lane, &envelope(1)).await;
    while slow.told("mail").is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    relay.deposited(&other_lane, &envelope(2)).await;
    let told = async {
        while server.told("mail").is_empty() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(5), told).await.expect("it waited for the slow one");
    tokio::time::timeout(Duration::from_secs(5), relay.stop()).await.expect("its end waited for the slow one");
    drop(held);
}
