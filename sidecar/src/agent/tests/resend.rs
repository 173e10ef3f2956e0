//! What never arrived is asked for, and sent again byte for byte.

use std::time::Duration;

use crate::agent::testing::{Parcel, Side, pair};

const HOUR: Duration = Duration::from_secs(60 * 60);

/// Bob misses the second of Alice's three messages.
fn with_a_gap() -> (Side, Side, Parcel) {
    let (alice, mut bob) = pair(&["message"]);
    for body in ["one", "two", "three"] {
        alice.write("bob", body).unwrap();
    }
    let mut parcels = alice.post();
    let lost = parcels.remove(1);
    bob.take_all(&parcels);
    (alice, bob, lost)
}

/// Bob's questions go to Alice, and what she answers comes back.
fn exchange(alice: &mut Side, bob: &mut Side) {
    alice.take_all(&bob.post());
    bob.take_all(&alice.post());
}

#[test]
fn after_a_day_the_same_message_is_sent_again() {
    let (mut alice, mut bob, lost) = with_a_gap();
    bob.now = bob.now.plus(HOUR * 24);
    bob.ask_again("alice");
    exchange(&mut alice, &mut bob);
    assert_eq!(bob.bodies("alice"), ["one", "two", "three"]);
    assert_eq!(bob.thread("alice")[1].digest, alice.thread("bob")[1].digest, "the same content");
    assert!(bob.peer("alice").record.gap.is_none());
    assert!(!bob.notices().iter().any(|text| text.contains("missing")));

    bob.take(&lost);
    assert_eq!(bob.bodies("alice").len(), 3, "the first envelope, late, is no second message");
}

#[test]
fn a_young_gap_may_close_by_itself() {
    let (mut alice, mut bob, _lost) = with_a_gap();
    bob.now = bob.now.plus(HOUR * 23);
    bob.ask_again("alice");
    exchange(&mut alice, &mut bob);
    assert_eq!(bob.bodies("alice"), ["one", "three"]);
}

#[test]
fn a_gap_is_asked_for_once_a_day_and_let_go_in_the_end() {
    let (_alice, mut bob, _lost) = with_a_gap();
    let mut questions = Vec::new();
    for _ in 0..6 {
        bob.now = bob.now.plus(HOUR * 24);
        bob.ask_again("alice");
        bob.ask_again("alice");
        questions.push(bob.post().len());
    }
    assert_eq!(questions, [1, 1, 1, 0, 0, 0]);
    let record = bob.peer("alice").record;
    assert!(record.missing.is_empty() && record.gap.is_none());
    assert!(bob.events().contains(&"gap_let_go".into()));
}

#[test]
fn neighbours_are_asked_for_as_one_range() {
    let (alice, mut bob) = pair(&["message"]);
    for number in 0..7 {
        alice.write("bob", &number.to_string()).unwrap();
    }
    let parcels = alice.post();
    for arrives in [0, 4, 6] {
        bob.take(&parcels[arrives]);
    }
    bob.now = bob.now.plus(HOUR * 24);
    bob.ask_again("alice");
    assert_eq!(bob.post().len(), 2, "1 to 3, and 5");
}

#[test]
fn who_asks_too_often_is_not_answered() {
    let (mut alice, bob, _lost) = with_a_gap();
    let ask = || {
        let mut peer = bob.peer("alice");
        let body = a2a_proto::content::Body::Resend { epoch: 1, from: 1, to: u64::MAX };
        bob.act(|tx, ctx| crate::agent::mail::write::control(tx, ctx, &mut peer, body)).unwrap();
        bob.post()
    };
    let mut answers = Vec::new();
    for _ in 0..12 {
        alice.take_all(&ask());
        answers.push(alice.post().len());
    }
    assert_eq!(answers.iter().filter(|answer| **answer == 3).count(), 8, "{answers:?}");
    assert_eq!(answers[8..], [0; 4]);
    alice.now = alice.now.plus(HOUR);
    alice.take_all(&ask());
    assert_eq!(alice.post().len(), 3);
}
