//! Sealed chunks of attachments: deposited through a lane, read and acknowledged by the mailbox's owner.

use std::time::Duration;

use a2a_proto::id::EnvelopeId;
use a2a_proto::lane::LANE_HEADER;
use a2a_relay::store::Quotas;
use reqwest::{Client, Method, Response, StatusCode};

use crate::support::*;

pub(crate) async fn post(relay: &Reach, lane: &HeldLane, id: EnvelopeId, blob: &[u8]) -> Response {
    let proof = relay.proof(lane, id, relay.now(), "POST", "/api/blobs", blob);
    let request = relay.client.post(relay.at("/api/blobs")).header(LANE_HEADER, proof);
    request.body(blob.to_vec()).send().await.unwrap()
}

pub(crate) async fn call(relay: &Reach, owner: &Owner, method: Method, id: EnvelopeId) -> Response {
    owner.call(relay, method, &format!("/api/blobs/{id}")).send().await.unwrap()
}

#[tokio::test]
async fn a_blob_is_kept_until_its_owner_has_it() {
    let relay = TestRelay::start().await;
    let (owner, stranger) = (relay.owner().await, relay.owner().await);
    let lane = owner.pair_lane(&relay).await;
    let (id, blob) = (envelope_id(), vec![7; 256 * 1024]);
    // Twice: who lost the answer goes on where it stopped.
    for _ in 0..2 {
        assert_eq!(post(&relay, &lane, id, &blob).await.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(call(&relay, &stranger, Method::GET, id).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(call(&relay, &stranger, Method::DELETE, id).await.status(), StatusCode::NO_CONTENT);
    let read = call(&relay, &owner, Method::GET, id).await;
    assert_eq!(read.headers()["content-type"], "application/octet-stream");
    assert_eq!(read.bytes().await.unwrap(), blob);
    // It is no mail, and needs no mailbox's turn.
    assert!(owner.collect(&relay, "").await.items.is_empty());
    for _ in 0..2 {
        assert_eq!(call(&relay, &owner, Method::DELETE, id).await.status(), StatusCode::NO_CONTENT);
    }
    assert_eq!(call(&relay, &owner, Method::GET, id).await.status(), StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn whoever_may_not_deposit_hears_what_everybody_hears() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let (lane, closed) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    owner.close_lane(&relay, &closed).await;
    let id = envelope_id();
    assert_eq!(post(&relay, &lane, id, b"sealed").await.status(), StatusCode::ACCEPTED);
    let forged = HeldLane { id: lane.id, key: closed.key.clone() };
    let mut answers = vec![bytes_of(relay.deposit(&forged, id, &envelope(1)).send().await.unwrap()).await];
    answers.push(bytes_of(post(&relay, &closed, envelope_id(), b"sealed").await).await);
    answers.push(bytes_of(post(&relay, &forged, envelope_id(), b"sealed").await).await);
    // A name that stands for other bytes, and a proof for the other path.
    answers.push(bytes_of(post(&relay, &lane, id, b"other").await).await);
    let elsewhere = relay.proof(&lane, envelope_id(), relay.now(), "POST", "/api/deposit", b"sealed");
    let request = relay.client.post(relay.at("/api/blobs")).header(LANE_HEADER, elsewhere).body("sealed");
    answers.push(bytes_of(request.send().await.unwrap()).await);
    assert!(answers.iter().all(|answer| *answer == answers[0] && answer.starts_with("403")), "{answers:#?}");
}

#[tokio::test]
async fn blobs_have_bounds_and_an_end() {
    let quotas = Quotas { lane_blob_bytes: 100_000, ..Quotas::default() };
    let relay = TestRelay::start_with(Wish { quotas, ..Wish::default() }).await;
    let mut owner = relay.owner().await;
    let (lane, other) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    let id = envelope_id();
    assert_eq!(post(&relay, &lane, id, &[1; 80_000]).await.status(), StatusCode::ACCEPTED);
    let full = post(&relay, &lane, envelope_id(), &[2; 20_001]).await;
    assert!(full.headers().contains_key("retry-after"));
    assert_eq!(problem(full).await, (429, "too_many".into()));
    assert_eq!(post(&relay, &other, envelope_id(), &[3; 20_001]).await.status(), StatusCode::ACCEPTED);
    assert_eq!(problem(post(&relay, &other, envelope_id(), &[]).await).await, (400, "bad_request".into()));
    let large = vec![0; 256 * 1024 + 1];
    assert_eq!(problem(post(&relay, &other, envelope_id(), &large).await).await, (413, "too_large".into()));

    relay.later(Duration::from_secs(30 * 24 * 3600));
    while relay.store.sweep(relay.now()).await.unwrap().more {}
    owner.sign_in(&relay).await;
    assert_eq!(call(&relay, &owner, Method::GET, id).await.status(), StatusCode::NOT_FOUND);
    assert_eq!(post(&relay, &lane, envelope_id(), &[4; 100_000]).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn chunks_that_nobody_reads_keep_their_places_and_leave_room_for_others() {
    let relay = TestRelay::start().await;
    let (hoarder, other) = (relay.owner().await, relay.owner().await);
    let (id, blob) = (envelope_id(), vec![7; 256 * 1024]);
    for owner in [&hoarder, &other] {
        let lane = owner.pair_lane(&relay).await;
        assert_eq!(post(&relay, &lane, id, &blob).await.status(), StatusCode::ACCEPTED);
    }
    let reach = deaf(&relay);
    let asked = (0..8).map(|_| call(&reach, &hoarder, Method::GET, id));
    let held = futures_util::future::join_all(asked).await;
    // Two are on their way and stay there; the others are told to come again.
    let away = held.iter().filter(|answer| answer.status() == StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((away.count(), relay.relay.unread_blobs()), (6, 2 * 5));
    assert_eq!(call(&relay, &other, Method::GET, id).await.bytes().await.unwrap(), blob);
    // A download takes no room from mail.
    assert!(hoarder.collect(&relay, "").await.items.is_empty());
    drop(held);
    while relay.relay.unread_blobs() > 0 {
        tokio::task::yield_now().await;
    }
}

/// Anybody may ask for a backup part who knows its name: that takes no room from the owner's downloads.
#[tokio::test]
async fn backup_parts_that_nobody_reads_take_no_room_from_chunks() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let (id, bytes) = (envelope_id(), vec![7; 256 * 1024]);
    assert_eq!(post(&relay, &lane, id, &bytes).await.status(), StatusCode::ACCEPTED);
    let kept = owner.call(&relay, Method::PUT, &format!("/api/backups/{id}")).body(bytes.clone()).send().await;
    assert_eq!(kept.unwrap().status(), StatusCode::NO_CONTENT);
    let reach = deaf(&relay);
    let part = reach.at(&format!("/api/agents/{}/backups/{id}", owner.id()));
    let held = futures_util::future::join_all((0..4).map(|_| reach.client.get(&part).send())).await;
    let statuses = held.iter().map(|answer| answer.as_ref().unwrap().status());
    assert_eq!(statuses.filter(|status| *status == StatusCode::OK).count(), 2);
    assert_eq!(call(&relay, &owner, Method::GET, id).await.bytes().await.unwrap(), bytes);
    drop(held);
}

/// Who speaks to the relay and takes no more than a kilobyte of an answer.
fn deaf(relay: &TestRelay) -> Reach {
    let client = Client::builder().no_proxy().http2_prior_knowledge().http2_initial_stream_window_size(1024);
    Reach { client: client.build().unwrap(), ..relay.clone_reach() }
}
