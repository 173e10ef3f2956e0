//! Deposits and the other calls under a lane: the proof, the relay's clock, and what refusals mean.

use a2a_proto::api::{PrekeyAnswer, code};
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneRequest};

use super::fake_relay::{Asked, FakeRelay, json, problem, reply, status};
use super::*;

/// What a relay does with a proof.
fn proof_holds(asked: &Asked, now: Timestamp) -> bool {
    let proof: DepositProof = asked.header(LANE_HEADER).unwrap().parse().unwrap();
    let authority = asked.header("host").unwrap().parse().unwrap();
    let request =
        LaneRequest { method: asked.method.as_str(), authority: &authority, path: asked.uri.path(), body: &asked.body };
    proof.verify(&LaneKey::from_bytes([2; 32]), &request) && proof.is_fresh(now)
}

/// A relay whose clock stands at this moment.
async fn relay_at(now: Timestamp) -> FakeRelay {
    FakeRelay::start(move |asked| {
        let mut answer = match (proof_holds(asked, now), asked.method.as_str()) {
            (false, _) => problem(403, code::REFUSED),
            (true, "POST") => status(202),
            (true, _) => json(&PrekeyAnswer { bundle: vec![7].into(), one_time: None }),
        };
        let date = std::time::UNIX_EPOCH + Duration::from_millis(now.millis());
        let date = httpdate::fmt_http_date(date).parse().unwrap();
        answer.headers_mut().insert("date", date);
        answer
    })
    .await
}

#[tokio::test]
async fn a_deposit_proves_the_lane_and_says_nothing_else() {
    let relay = relay_at(SystemClock.now()).await;
    let client = client_of(&relay.authority);
    let offer = lane_at(&relay.authority);
    client.deposit(&offer, ENVELOPE_ID, b"sealed").await.unwrap();
    let asked = relay.asked().remove(0);
    assert!(asked.is("POST /api/deposit"));
    assert_eq!(&asked.body[..], b"sealed");
    let mut names: Vec<_> = asked.headers.keys().map(|name| name.as_str()).collect();
    names.sort_unstable();
    // No user agent, no cookie, no authorization, no language: a deposit does not tell who made it.
    let expected = ["a2a-lane", "accept", "content-length", "content-type", "host"];
    assert_eq!(names, expected);
}

#[tokio::test]
async fn a_lane_holder_gets_prekeys() {
    let relay = relay_at(SystemClock.now()).await;
    let client = client_of(&relay.authority);
    let (id, offer) = (agent_id(), lane_at(&relay.authority));
    let answer = client.bundle(&relay.authority, &id, BundleFor::Lane(&offer)).await;
    assert_eq!(answer.unwrap().bundle.0, [7]);
}

#[tokio::test]
async fn a_wrong_clock_here_is_corrected_by_the_relays_date() {
    let ahead = Duration::from_secs(7200);
    let relay = relay_at(SystemClock.now().plus(ahead)).await;
    let client = client_of(&relay.authority);
    let offer = lane_at(&relay.authority);
    client.deposit(&offer, ENVELOPE_ID, b"sealed").await.unwrap();
    assert_eq!(relay.asked().len(), 2);
    // The same bytes under the same id: to the relay it is one deposit.
    assert_eq!(relay.asked()[0].body, relay.asked()[1].body);
    client.deposit(&offer, ENVELOPE_ID, b"sealed").await.unwrap();
    assert_eq!(relay.asked().len(), 3);
    let offset = client.clock_offset().load(std::sync::atomic::Ordering::Relaxed);
    assert!((offset - 7_200_000).abs() < 60_000, "{offset}");
}

#[tokio::test]
async fn a_refusal_in_good_time_is_not_tried_again() {
    let relay = FakeRelay::start(|_| problem(403, code::REFUSED)).await;
    let client = client_of(&relay.authority);
    let refused = client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await;
    assert_eq!(refused, Err(RelayFailure::Refused));
    assert!(!RelayFailure::Refused.may_succeed_later());
    assert_eq!(relay.asked().len(), 1);
}

#[tokio::test]
async fn each_answer_to_a_deposit_is_told_apart() {
    let retry = |secs: Option<u64>, why| RelayFailure::Retry { after: secs.map(Duration::from_secs), why };
    let cases: Vec<(u16, &str, Option<&str>, RelayFailure)> = vec![
        (413, code::TOO_LARGE, None, RelayFailure::Problem(code::TOO_LARGE)),
        (429, code::TOO_MANY, Some("7"), retry(Some(7), Why::Busy)),
        (429, code::MAILBOX_FULL, None, retry(None, Why::MailboxFull)),
        (503, code::UNAVAILABLE, Some("1"), retry(Some(1), Why::Away)),
        (403, "something-new", None, RelayFailure::Problem("other")),
        (404, code::NOT_FOUND, None, RelayFailure::NotFound),
        (401, code::UNAUTHORIZED, None, RelayFailure::Unauthorized),
    ];
    for (number, code, after, expected) in cases {
        let relay = FakeRelay::start(move |_| {
            let mut answer = problem(number, code);
            if let Some(after) = after {
                answer.headers_mut().insert("retry-after", after.parse().unwrap());
            }
            answer
        })
        .await;
        let client = client_of(&relay.authority);
        let failed = client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await;
        assert_eq!(failed, Err(expected), "{number} {code}");
    }
}

/// A hotel's login page must not make us believe that a peer revoked us, or that mail was accepted.
#[tokio::test]
async fn a_captive_portal_is_neither_a_refusal_nor_an_acceptance() {
    for number in [200, 204, 400, 401, 403, 404] {
        let relay = FakeRelay::start(move |_| reply(number, "text/html", "<h1>Log in</h1>")).await;
        let client = client_of(&relay.authority);
        let failed = client.deposit(&lane_at(&relay.authority), ENVELOPE_ID, b"x").await;
        let failed = failed.unwrap_err();
        assert!(matches!(failed, RelayFailure::Garbage(_)), "{number} {failed}");
        assert!(failed.may_succeed_later());
    }
}
