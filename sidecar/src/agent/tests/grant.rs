//! Grants with an end and a number a day.

use std::time::Duration;

use a2a_proto::content::{Receipt, ReceiptKind, RefusalReason};

use super::recovery::{begin, rotate};
use crate::agent::mail::receipts;
use crate::agent::pairing::regrant::change;
use crate::agent::receive::Taken;
use crate::agent::testing::{Side, pair, scoped};
use crate::agent::{ApprovedBy, Bounds, SendError};
use crate::store::messages::State;

const HOUR: Duration = Duration::from_secs(60 * 60);

fn regrant(side: &Side, peer: &str, scopes: &[&str], bounds: Bounds) {
    let agent = side.peer(peer).record.agent_id;
    side.act(|tx, ctx| change(tx, ctx, &agent, scoped(scopes), bounds, ApprovedBy::TERMINAL)).unwrap();
}

#[test]
fn an_ended_grant_holds_on_neither_side() {
    let (mut alice, mut bob) = pair(&["message"]);
    let until = Some(bob.now.plus(HOUR));
    regrant(&bob, "alice", &["message"], Bounds { until, daily: None });
    alice.take_all(&bob.post());
    assert_eq!(alice.peer("bob").record.granted_to_us_until, until);
    alice.write("bob", "in time").unwrap();
    bob.take_all(&alice.post());
    alice.write("bob", "on its way").unwrap();
    let late = alice.post();
    (alice.now, bob.now) = (alice.now.plus(HOUR), bob.now.plus(HOUR));
    assert!(
        matches!(alice.write("bob", "too late"), Err(SendError::GrantExpired { .. })),
        "the sender is told at once"
    );
    assert_eq!(bob.take_all(&late), [Taken::Dropped], "and the recipient holds to it");
    assert_eq!(bob.bodies("alice"), ["in time"]);
    bob.seal_receipts();
    alice.take_all(&bob.post());
    let refused = alice.thread("bob").pop().unwrap();
    assert_eq!((refused.state, refused.reason.as_deref()), (State::Refused, Some("the peer's grant has expired")));
}

#[test]
fn a_grant_is_prolonged_and_widened() {
    let (mut alice, mut bob) = pair(&["message"]);
    regrant(&bob, "alice", &["message"], Bounds { until: Some(bob.now.plus(HOUR)), daily: None });
    (alice.now, bob.now) = (alice.now.plus(HOUR * 2), bob.now.plus(HOUR * 2));
    regrant(&bob, "alice", &["invoicing", "message"], Bounds::default());
    alice.take_all(&bob.post());
    alice.write_about("bob", "again", Some("invoicing")).unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["again"]);
}

#[test]
fn more_than_the_days_number_is_refused_until_the_day_is_over() {
    let (mut alice, mut bob) = pair(&["message"]);
    regrant(&bob, "alice", &["message"], Bounds { until: None, daily: Some(2) });
    alice.take_all(&bob.post());
    for body in ["one", "two", "three"] {
        alice.write("bob", body).unwrap();
    }
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["one", "two"]);
    assert!(bob.events().contains(&"message_refused".into()));
    (alice.now, bob.now) = (alice.now.plus(HOUR * 25), bob.now.plus(HOUR * 25));
    alice.write("bob", "four").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["one", "two", "four"]);
}

#[test]
fn a_message_that_is_sent_again_counts_once_and_is_no_refusal() {
    let (mut alice, mut bob) = pair(&["message"]);
    regrant(&bob, "alice", &["message"], Bounds { until: None, daily: Some(1) });
    alice.take_all(&bob.post());
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    bob.seal_receipts();
    bob.post();
    rotate(&mut alice);
    begin(&alice, &bob);
    assert_eq!(bob.take_all(&alice.post()), [Taken::Other, Taken::Dropped], "the receipt was lost, so it comes again");
    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.thread("bob")[0].state, State::Delivered);
    assert_eq!(bob.bodies("alice"), ["one"]);
}

#[test]
fn what_was_delivered_is_not_refused_afterwards() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    bob.seal_receipts();
    alice.take_all(&bob.post());
    let message = alice.thread("bob").remove(0);
    let kind = ReceiptKind::Refused(RefusalReason::Policy);
    let refusal = Receipt { kind, message_id: message.message_id, digest: message.digest };
    alice.act(|tx, _| receipts::take(tx, message.peer, &refusal)).unwrap();
    assert_eq!(alice.thread("bob")[0].state, State::Delivered);
}
