//! The front door.

use std::ops::ControlFlow;
use std::sync::atomic::Ordering;
use std::time::Duration;

use a2a_proto::api::KnockChallenge;
use a2a_proto::api::mailbox::Source;
use a2a_proto::card::KnockPolicy;
use a2a_proto::id::AgentId;
use a2a_proto::pow::{KNOCK_HEADER, KnockProof, KnockWork};
use reqwest::{Response, StatusCode};

use crate::support::*;

pub(crate) fn first_flight(byte: u8) -> Vec<u8> {
    let mut envelope = vec![byte; 8192];
    envelope[..2].copy_from_slice(&[1, 1]);
    envelope
}

pub(crate) async fn work(relay: &Reach, recipient: AgentId, envelope: &[u8]) -> KnockProof {
    let given: KnockChallenge = read(relay.get("/api/knock/challenge").await).await;
    let work = KnockWork { challenge: &given.challenge, authority: &relay.authority, recipient: &recipient, envelope };
    let nonce = work.solve(given.difficulty, |_| ControlFlow::Continue(())).unwrap();
    KnockProof { recipient, challenge: given.challenge, nonce }
}

pub(crate) async fn send(relay: &Reach, proof: &KnockProof, envelope: &[u8]) -> Response {
    let request = relay.client.post(relay.at("/api/knock")).header(KNOCK_HEADER, proof.to_string());
    request.body(envelope.to_vec()).send().await.unwrap()
}

pub(crate) async fn knock(relay: &Reach, recipient: AgentId, envelope: &[u8]) -> Response {
    send(relay, &work(relay, recipient, envelope).await, envelope).await
}

#[tokio::test]
async fn a_knock_waits_at_the_front_door() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let collecting = owner.collect(&relay, "wait=20");
    let envelope = first_flight(3);
    let knocking = knock(&relay, owner.id(), &envelope);
    let both = async { tokio::join!(collecting, knocking) };
    let (batch, answer) = tokio::time::timeout(Duration::from_secs(15), both).await.unwrap();
    assert_eq!(answer.status(), StatusCode::ACCEPTED);
    assert_eq!(batch.items.len(), 1);
    assert_eq!(batch.items[0].source, Source::FrontDoor);
    assert_eq!(batch.items[0].envelope, first_flight(3));
}

#[tokio::test]
async fn an_open_a_shut_and_no_door_sound_the_same() {
    let relay = TestRelay::start().await;
    let (open, shut) = (relay.owner().await, relay.owner().await);
    open.publish_bundle(&relay, KnockPolicy::Pow).await;
    shut.publish_bundle(&relay, KnockPolicy::Closed).await;
    let mut answers = Vec::new();
    for recipient in [open.id(), shut.id(), Owner::new().id()] {
        answers.push(bytes_of(knock(&relay, recipient, &first_flight(1)).await).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    assert!(answers[0].starts_with("202"));
    relay.knocks_done().await;
    assert_eq!(open.collect(&relay, "").await.items.len(), 1);
    assert!(shut.collect(&relay, "").await.items.is_empty());
}

/// Neither the answer nor when it comes depends on the store: it comes also while the store is away.
#[tokio::test]
async fn the_answer_to_a_knock_waits_for_no_store() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let proof = work(&relay, owner.id(), &first_flight(1)).await;
    relay.watch.away.store(true, Ordering::SeqCst);
    assert_eq!(send(&relay, &proof, &first_flight(1)).await.status(), StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_replayed_knock_counts_once() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let envelope = first_flight(1);
    let proof = work(&relay, owner.id(), &envelope).await;
    for round in 0..3 {
        assert_eq!(send(&relay, &proof, &envelope).await.status(), StatusCode::ACCEPTED);
        relay.knocks_done().await;
        // Also after it was collected.
        owner.acknowledge(&relay, round).await;
    }
    assert_eq!(owner.collect(&relay, "after=1").await.items.len(), 0);
}

/// One solved proof, sent again and again, is one knock: nobody has to work harder for it.
#[tokio::test]
async fn copies_of_a_knock_make_knocking_no_dearer() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let proof = work(&relay, owner.id(), &first_flight(1)).await;
    let mut answers = Vec::new();
    for _ in 0..100 {
        answers.push(bytes_of(send(&relay, &proof, &first_flight(1)).await).await);
        relay.knocks_done().await;
    }
    assert!(answers[0].starts_with("202") && answers.iter().all(|answer| *answer == answers[0]), "{answers:#?}");
    let next: KnockChallenge = read(relay.get("/api/knock/challenge").await).await;
    assert_eq!(next.difficulty, 8);
    assert_eq!(owner.collect(&relay, "").await.items.len(), 1);
}

/// What the store did not get is no copy: the same proof may be shown again.
#[tokio::test]
async fn a_knock_that_the_store_missed_can_be_repeated() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    let proof = work(&relay, owner.id(), &first_flight(1)).await;
    for away in [true, false] {
        relay.watch.away.store(away, Ordering::SeqCst);
        assert_eq!(send(&relay, &proof, &first_flight(1)).await.status(), StatusCode::ACCEPTED);
        relay.knocks_done().await;
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 1);
}

#[tokio::test]
async fn twenty_knocks_wait_at_most() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    owner.publish_bundle(&relay, KnockPolicy::Pow).await;
    for byte in 0..23 {
        let answer = knock(&relay, owner.id(), &first_flight(byte)).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        relay.knocks_done().await;
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 20);
    // They make no difference to peers.
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    owner.acknowledge(&relay, 20).await;
    knock(&relay, owner.id(), &first_flight(99)).await;
    relay.knocks_done().await;
    assert_eq!(owner.collect(&relay, "after=20").await.items.len(), 2);
}

#[tokio::test]
async fn work_pays_for_one_knock_at_one_door() {
    let relay = TestRelay::start().await;
    let (owner, other) = (relay.owner().await, relay.owner().await);
    let envelope = first_flight(1);
    let proof = work(&relay, owner.id(), &envelope).await;
    let is_bad = async |proof: &KnockProof, envelope: &[u8]| {
        let answer = send(&relay, proof, envelope).await;
        assert_eq!(problem(answer).await, (400, "bad_work".into()));
    };
    // With eight bits one in 256 foreign nonces would do; these were chosen so that none does.
    let fails = |recipient: AgentId, envelope: &[u8], nonce: u64| {
        let work =
            KnockWork { challenge: &proof.challenge, authority: &relay.authority, recipient: &recipient, envelope };
        work.bits(nonce) < 8
    };
    let elsewhere = KnockProof { recipient: other.id(), ..proof.clone() };
    if fails(other.id(), &envelope, proof.nonce) {
        is_bad(&elsewhere, &envelope).await;
    }
    if fails(owner.id(), &first_flight(2), proof.nonce) {
        is_bad(&proof, &first_flight(2)).await;
    }
    let lazy = (0..).find(|nonce| fails(owner.id(), &envelope, *nonce)).unwrap();
    is_bad(&KnockProof { nonce: lazy, ..proof.clone() }, &envelope).await;
    let invented = KnockProof { challenge: "AAAA".into(), ..proof.clone() };
    is_bad(&invented, &envelope).await;
    // A challenge of the other kind is none.
    let session = KnockProof { challenge: relay.challenge().await, ..proof.clone() };
    is_bad(&session, &envelope).await;
    relay.later(Duration::from_secs(600));
    is_bad(&proof, &envelope).await;
}

#[tokio::test]
async fn only_first_flights_knock() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    for wrong in [vec![1, 1, 1], envelope(1), vec![1; 8191]] {
        let answer = knock(&relay, owner.id(), &wrong).await;
        assert_eq!(problem(answer).await, (400, "bad_request".into()));
    }
    let answer = knock(&relay, owner.id(), &vec![1; 16384]).await;
    assert_eq!(problem(answer).await, (413, "too_large".into()));
    let none = relay.client.post(relay.at("/api/knock")).body(first_flight(1)).send().await.unwrap();
    assert_eq!(problem(none).await, (400, "bad_work".into()));
}
