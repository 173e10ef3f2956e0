//! Whoever may not deposit gets one answer: same bytes, same work, whatever the reason.

use std::sync::atomic::Ordering;
use std::time::Duration;

use a2a_proto::api::OpenLane;
use a2a_proto::id::{InviteId, LaneId};
use a2a_proto::lane::LANE_HEADER;
use reqwest::{Client, Method, StatusCode};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use crate::support::*;

/// One way not to be let in: the values of the lane header, and the body.
struct Attempt {
    why: &'static str,
    headers: Vec<String>,
    body: Vec<u8>,
}

/// Every class of refusal there is.
async fn attempts(relay: &TestRelay) -> Vec<Attempt> {
    let (owner, gone) = (relay.owner().await, relay.owner().await);
    let lane = owner.pair_lane(relay).await;
    let body = envelope(1);
    let now = relay.now();
    let sign = |lane: &HeldLane| relay.proof(lane, envelope_id(), now, "POST", "/api/deposit", &body);
    let at = |time| relay.proof(&lane, envelope_id(), time, "POST", "/api/deposit", &body);

    let revoked = owner.pair_lane(relay).await;
    owner.close_lane(relay, &revoked).await;
    let orphaned = gone.pair_lane(relay).await;
    gone.call(relay, Method::DELETE, "/api/account").send().await.unwrap();
    let (expired, spent) = (invite_lane(relay, &owner, 1).await, invite_lane(relay, &owner, 3600).await);
    assert_eq!(relay.deposited(&spent, &envelope(9)).await, StatusCode::ACCEPTED);
    let used_id = envelope_id();
    let first = relay.deposit(&lane, used_id, &envelope(2)).send().await.unwrap();
    assert_eq!(first.status(), StatusCode::ACCEPTED);

    let unknown = HeldLane { id: LaneId::random(&mut random()), key: lane.key.clone() };
    let foreign_key = HeldLane { id: lane.id, key: revoked.key.clone() };
    let elsewhere = {
        let mut elsewhere = relay.clone_reach();
        elsewhere.authority = "relay.example.org".parse().unwrap();
        elsewhere.proof(&lane, envelope_id(), now, "POST", "/api/deposit", &body)
    };
    let valid = sign(&lane);
    let broken_mac = format!("{}{}", &valid[..valid.len() - 2], if valid.ends_with("AA") { "BA" } else { "AA" });
    let window = Duration::from_secs(301);
    relay.later(Duration::from_secs(2));
    let header = |why, header: String| Attempt { why, headers: vec![header], body: body.clone() };
    let mut attempts = vec![
        Attempt { why: "no proof", headers: vec![], body: body.clone() },
        Attempt { why: "two proofs", headers: vec![sign(&lane), sign(&lane)], body: body.clone() },
        header("empty proof", String::new()),
        header("rubbish", "rubbish".into()),
        header("too few parts", valid.rsplit_once('.').unwrap().0.into()),
        header("too many parts", format!("{valid}.AAAA")),
        header("a number of another form", valid.replacen('.', ".0", 1)),
        header("unknown lane", sign(&unknown)),
        header("revoked lane", sign(&revoked)),
        header("lane of a closed account", sign(&orphaned)),
        header("expired lane", sign(&expired)),
        header("spent lane, another lane's key", sign(&HeldLane { id: spent.id, key: revoked.key.clone() })),
        header("another lane's key", sign(&foreign_key)),
        header("forged proof", broken_mac),
        header("stale", at(now.minus(window))),
        header("from the future", at(now.plus(window + Duration::from_secs(2)))),
        header("for another method", relay.proof(&lane, envelope_id(), now, "PUT", "/api/deposit", &body)),
        header("for another path", relay.proof(&lane, envelope_id(), now, "POST", "/api/mailbox", &body)),
        header("for another relay", elsewhere),
        header("for other bytes", relay.proof(&lane, envelope_id(), now, "POST", "/api/deposit", &envelope(3))),
        header("an id that was used for other bytes", relay.proof(&lane, used_id, now, "POST", "/api/deposit", &body)),
    ];
    attempts.push(Attempt { why: "an empty body without proof", headers: vec![], body: vec![] });
    attempts.push(Attempt { why: "no envelope, without proof", headers: vec![], body: vec![7; 100] });
    attempts
}

async fn invite_lane(relay: &Reach, owner: &Owner, seconds: u64) -> HeldLane {
    let request = OpenLane::Invite {
        invite_id: InviteId::random(&mut random()),
        token_hash: vec![1; 32].into(),
        one_time: vec![1; 1329].into(),
        expires_at: relay.now().plus(Duration::from_secs(seconds)),
        max_envelopes: 1,
    };
    owner.open_lane(relay, &request).await
}

#[tokio::test]
async fn every_refusal_is_the_same_bytes() {
    let relay = TestRelay::start().await;
    let mut answers = Vec::new();
    for attempt in attempts(&relay).await {
        answers.push((attempt.why, raw_answer(&relay, &attempt).await));
    }
    let (_, expected) = answers[0].clone();
    assert!(expected.starts_with("HTTP/1.1 403 Forbidden\r\n"), "{expected}");
    for (why, answer) in answers {
        assert_eq!(answer, expected, "{why}");
    }
}

/// The answer as it stands on the wire, without the one line that tells the time.
async fn raw_answer(relay: &Reach, attempt: &Attempt) -> String {
    let mut stream = tokio::net::TcpStream::connect(relay.authority.as_str()).await.unwrap();
    let mut request = format!("POST /api/deposit HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n", relay.authority);
    for value in &attempt.headers {
        request.push_str(&format!("{LANE_HEADER}: {value}\r\n"));
    }
    request.push_str(&format!("content-length: {}\r\n\r\n", attempt.body.len()));
    stream.write_all(request.as_bytes()).await.unwrap();
    stream.write_all(&attempt.body).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    let (dates, rest): (Vec<&str>, Vec<&str>) = answer.split("\r\n").partition(|line| line.starts_with("date: "));
    assert_eq!(dates.len(), 1, "{answer}");
    rest.join("\r\n")
}

#[tokio::test]
async fn every_refusal_is_the_same_over_http2() {
    let relay = TestRelay::start().await;
    let client = Client::builder().no_proxy().http2_prior_knowledge().build().unwrap();
    let mut answers = Vec::new();
    for attempt in attempts(&relay).await {
        let mut request = client.post(relay.at("/api/deposit")).body(attempt.body);
        for value in attempt.headers {
            request = request.header(LANE_HEADER, value);
        }
        let answer = request.send().await.unwrap();
        assert_eq!(answer.version(), reqwest::Version::HTTP_2);
        answers.push((attempt.why, bytes_of(answer).await));
    }
    let (_, expected) = answers[0].clone();
    assert!(expected.starts_with("403"), "{expected}");
    for (why, answer) in answers {
        assert_eq!(answer, expected, "{why}");
    }
}

/// No class is let off early: each costs one look-up of a lane, whatever is wrong with it.
#[tokio::test]
async fn every_refusal_costs_one_look_up() {
    let relay = TestRelay::start().await;
    for attempt in attempts(&relay).await {
        let before = relay.watch.lanes.load(Ordering::SeqCst);
        raw_answer(&relay, &attempt).await;
        assert_eq!(relay.watch.lanes.load(Ordering::SeqCst) - before, 1, "{}", attempt.why);
    }
}

/// A store that is away must not look like a refusal, and must look alike to everybody.
#[tokio::test]
async fn while_the_store_is_away_everybody_hears_it() {
    let relay = TestRelay::start().await;
    let attempts = attempts(&relay).await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    relay.watch.away.store(true, Ordering::SeqCst);
    let holder = relay.deposit(&lane, envelope_id(), &envelope(1)).send().await.unwrap();
    assert!(holder.headers().contains_key("retry-after"));
    assert_eq!(problem(holder).await, (503, "unavailable".into()));
    for attempt in attempts {
        let answer = raw_answer(&relay, &attempt).await;
        assert!(answer.starts_with("HTTP/1.1 503 "), "{}: {answer}", attempt.why);
    }
}

#[tokio::test]
async fn a_proof_is_good_for_five_minutes_either_way() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let window = Duration::from_secs(300);
    for time in [relay.now().minus(window), relay.now().plus(window)] {
        let proof = relay.proof(&lane, envelope_id(), time, "POST", "/api/deposit", &envelope(1));
        let answer = relay.deposit_raw(&proof, &envelope(1)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
    }
}
