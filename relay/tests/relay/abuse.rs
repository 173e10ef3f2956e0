//! Floods, hoarders and the curious: proven lanes are served meanwhile, and nobody learns who is here.

use std::num::NonZeroU32;
use std::time::Duration;

use a2a_proto::api::{KnockChallenge, RelayInfo};
use a2a_proto::card::KnockPolicy;
use a2a_proto::lane::LANE_HEADER;
use a2a_relay::rates::Rates;
use reqwest::{Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::knocks;
use crate::support::*;

async fn raw(relay: &Reach, text: &str) -> TcpStream {
    let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
    stream.write_all(text.as_bytes()).await.unwrap();
    stream
}

#[tokio::test]
async fn a_hasty_lane_is_told_and_nobody_else() {
    let rates = |policy: &mut a2a_relay::policy::Policy| {
        policy.rates = Rates { lane: NonZeroU32::new(1), owner: None };
    };
    let relay = TestRelay::start_with(Wish { policy: rates, ..Wish::default() }).await;
    let owner = relay.owner().await;
    let (hasty, calm) = (owner.pair_lane(&relay).await, owner.pair_lane(&relay).await);
    let mut told = None;
    for byte in 0..40 {
        let answer = relay.deposit(&hasty, envelope_id(), &envelope(byte)).send().await.unwrap();
        if answer.status() != StatusCode::ACCEPTED {
            told = Some(answer);
            break;
        }
    }
    let told = told.expect("forty at once are too many");
    let wait: u64 = told.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=2).contains(&wait));
    assert_eq!(problem(told).await, (429, "too_many".into()));
    // Without the key the lane's haste is not to be seen.
    let forged = HeldLane { id: hasty.id, key: calm.key.clone() };
    let nobody = HeldLane { id: a2a_proto::id::LaneId::from_bytes([7; 16]), key: calm.key.clone() };
    let mut answers = Vec::new();
    for lane in [&forged, &nobody] {
        answers.push(bytes_of(relay.deposit(lane, envelope_id(), &envelope(1)).send().await.unwrap()).await);
    }
    assert!(answers[0] == answers[1] && answers[0].starts_with("403"), "{answers:?}");
    assert_eq!(relay.deposited(&calm, &envelope(1)).await, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_hasty_owner_is_told() {
    let rates = |policy: &mut a2a_relay::policy::Policy| {
        policy.rates = Rates { lane: None, owner: NonZeroU32::new(1) };
    };
    let relay = TestRelay::start_with(Wish { policy: rates, ..Wish::default() }).await;
    let (hasty, calm) = (relay.owner().await, relay.owner().await);
    let ask = async |owner: &Owner| owner.call(&relay, Method::GET, "/api/mailbox").send().await.unwrap();
    let mut statuses = Vec::new();
    for _ in 0..40 {
        statuses.push(ask(&hasty).await.status());
    }
    assert!(statuses.contains(&StatusCode::TOO_MANY_REQUESTS) && statuses[0] == StatusCode::OK);
    assert_eq!(ask(&calm).await.status(), StatusCode::OK);
}

/// All the room is taken by bodies that never come; whoever sends at once is served all the same.
#[tokio::test]
async fn slow_bodies_drive_themselves_out() {
    let relay = TestRelay::start_with(Wish { policy: |policy| policy.max_requests = 8, ..Wish::default() }).await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let head = "POST /api/deposit HTTP/1.1\r\nhost: x\r\ncontent-length: 4096\r\n\r\nx";
    let mut slow = Vec::new();
    for _ in 0..16 {
        slow.push(raw(&relay, head).await);
    }
    for byte in 0..5 {
        assert_eq!(relay.deposited(&lane, &envelope(byte)).await, StatusCode::ACCEPTED, "deposit {byte}");
    }
    for stream in &mut slow {
        let mut answer = [0; 12];
        stream.read_exact(&mut answer).await.unwrap();
        assert!(
            [&b"HTTP/1.1 408"[..], b"HTTP/1.1 503"].contains(&&answer[..]),
            "{:?}",
            String::from_utf8_lossy(&answer)
        );
    }
}

#[tokio::test]
async fn huge_and_many_headers_are_refused() {
    let relay = TestRelay::start().await;
    let huge = format!("GET / HTTP/1.1\r\nhost: x\r\na: {}\r\n\r\n", "x".repeat(64 * 1024));
    let many = format!("GET / HTTP/1.1\r\nhost: x\r\n{}\r\n", "a: b\r\n".repeat(200));
    for head in [huge, many] {
        let mut stream = TcpStream::connect(relay.authority.as_str()).await.unwrap();
        let _ = stream.write_all(head.as_bytes()).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        let answer = String::from_utf8_lossy(&answer);
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    }
    assert_eq!(relay.get("/").await.status(), StatusCode::OK);
}

/// Bogus deposits by the thousand, of every kind, beside a proven lane that loses nothing.
#[tokio::test]
async fn bogus_deposits_do_not_stop_a_proven_lane() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let flood = tokio::spawn({
        let (reach, lane) = (relay.clone_reach(), lane.clone());
        async move {
            let mut refused = 0;
            for round in 0..400_u32 {
                let forged = HeldLane { id: a2a_proto::id::LaneId::from_bytes([round as u8; 16]), ..lane.clone() };
                let request = match round % 3 {
                    0 => reach.deposit(&forged, envelope_id(), &envelope(1)),
                    1 => reach.deposit_raw("rubbish", &envelope(1)),
                    _ => reach.client.post(reach.at("/api/deposit")).header(LANE_HEADER, "").body(vec![0; 65536]),
                };
                refused += u32::from(request.send().await.unwrap().status() == StatusCode::FORBIDDEN);
            }
            refused
        }
    });
    for byte in 0..50 {
        assert_eq!(relay.deposited(&lane, &envelope(byte)).await, StatusCode::ACCEPTED);
    }
    assert_eq!(flood.await.unwrap(), 400);
    assert_eq!(owner.collect(&relay, "").await.items.len(), 50);
}

#[tokio::test]
async fn many_knocks_make_every_strangers_work_harder() {
    let relay = TestRelay::start().await;
    let asked = async || {
        let info: RelayInfo = read(relay.get("/.well-known/a2a-relay").await).await;
        let challenge: KnockChallenge = read(relay.get("/api/knock/challenge").await).await;
        assert_eq!(info.knock_difficulty, challenge.difficulty);
        challenge.difficulty
    };
    assert_eq!(asked().await, 8);
    let early = knocks::work(&relay, Owner::new().id(), &knocks::first_flight(1)).await;
    for byte in 0..70 {
        // Most of them for nobody: the figure is the relay's, not a mailbox's.
        let answer = knocks::knock(&relay, Owner::new().id(), &knocks::first_flight(byte)).await;
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
    assert_eq!(asked().await, 9);
    // Work that was begun before the rise is not spoiled by it.
    assert_eq!(knocks::send(&relay, &early, &knocks::first_flight(1)).await.status(), StatusCode::ACCEPTED);
    relay.later(Duration::from_secs(120));
    assert_eq!(asked().await, 8);
}

/// Unknown, unpublished and closed: one answer, byte for byte, on every path that could tell.
#[tokio::test]
async fn who_is_not_to_be_seen_looks_like_nobody() {
    let relay = TestRelay::start().await;
    let (unpublished, withdrawn, closed) = (relay.owner().await, relay.owner().await, relay.owner().await);
    for owner in [&withdrawn, &closed] {
        owner.put(&relay, "/api/card", owner.card(&relay, 1)).await;
        owner.publish_bundle(&relay, KnockPolicy::Closed).await;
    }
    withdrawn.call(&relay, Method::DELETE, "/api/card").send().await.unwrap();
    closed.call(&relay, Method::DELETE, "/api/account").send().await.unwrap();
    let unknown = Owner::new();
    for path in ["card", "capabilities", "bundle"] {
        let mut answers = Vec::new();
        for owner in [&unknown, &unpublished, &withdrawn, &closed] {
            answers.push(bytes_of(relay.get(&format!("/api/agents/{}/{path}", owner.id())).await).await);
        }
        assert!(answers.iter().all(|answer| *answer == answers[0]), "{path}: {answers:#?}");
        assert!(answers[0].starts_with("404"), "{path}: {}", answers[0]);
    }
}
