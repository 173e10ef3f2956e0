//! Mail, scopes and receipts.

use crate::agent::SendError;
use crate::agent::receive::Taken;
use crate::agent::testing::{pair, scoped};
use crate::store::messages::State;
use crate::store::peers;

#[test]
fn a_message_is_delivered_read_and_answered_by_signed_receipts() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "thursday?").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(alice.thread("bob")[0].state, State::Queued);

    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.thread("bob")[0].state, State::Delivered);

    let shown = bob.thread("alice").remove(0);
    bob.act(|tx, ctx| crate::agent::mail::inbox::mark(tx, ctx, &shown)).unwrap();
    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.thread("bob")[0].state, State::Read);

    let draft = crate::agent::Draft {
        recipient: "alice".into(),
        body: "yes".into(),
        reply_to: Some(shown.message_id),
        ..crate::agent::Draft::default()
    };
    bob.act(|tx, ctx| crate::agent::mail::send::write_down(tx, ctx, draft)).unwrap();
    alice.take_all(&bob.post());
    assert_eq!(alice.thread("bob")[0].state, State::Answered);
    assert_eq!(alice.bodies("bob"), ["thursday?", "yes"]);
}

#[test]
fn receipts_are_never_receipted() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    bob.seal_receipts();
    alice.take_all(&bob.post());
    alice.seal_receipts();
    assert!(alice.post().is_empty());
}

#[test]
fn a_scope_that_is_not_granted_is_refused_before_it_is_sealed() {
    let (alice, _bob) = pair(&["scheduling"]);
    let refused = alice.write_about("bob", "pay me", Some("invoicing"));
    assert!(matches!(refused, Err(SendError::NotGranted { .. })));
    assert!(alice.post().is_empty() && alice.bodies("bob").is_empty());
}

#[test]
fn a_forged_scope_is_refused_by_the_recipient_and_never_shown() {
    let (mut alice, mut bob) = pair(&["scheduling"]);
    // A sidecar that does not keep the rules.
    alice
        .act(|tx, _| {
            let mut bob = peers::by_petname(tx, "bob")?.unwrap();
            bob.record.granted_to_us = scoped(&["scheduling", "invoicing"]);
            peers::update(tx, &bob)
        })
        .unwrap();
    alice.write_about("bob", "pay me", Some("invoicing")).unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Dropped]);
    assert!(bob.thread("alice").is_empty());
    assert!(bob.events().contains(&"message_refused".into()));

    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.thread("bob")[0].state, State::Refused);
}

#[test]
fn a_peer_that_never_confirms_pauses_its_sender() {
    let (alice, _bob) = pair(&["message"]);
    for number in 0..a2a_proto::limits::MAX_UNRECEIPTED {
        alice.write("bob", &format!("{number}")).unwrap();
    }
    assert!(matches!(alice.write("bob", "more"), Err(SendError::TooManyUnconfirmed { count: 200, .. })));
}

#[test]
fn an_answer_must_be_to_something_in_the_conversation() {
    let (alice, _bob) = pair(&["message"]);
    let draft = crate::agent::Draft {
        recipient: "bob".into(),
        body: "yes".into(),
        reply_to: Some(a2a_proto::id::MessageId::from_bytes([7; 16])),
        ..crate::agent::Draft::default()
    };
    let refused = alice.act(|tx, ctx| crate::agent::mail::send::write_down(tx, ctx, draft));
    assert!(matches!(refused, Err(SendError::UnknownReplyTo { .. })));
}

#[test]
fn without_a_scope_the_only_granted_one_is_used_or_one_must_be_named() {
    let (alice, mut bob) = pair(&["scheduling"]);
    alice.write("bob", "hi").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.thread("alice")[0].record.scope, scoped(&["scheduling"])[0]);
    let (alice, _bob) = pair(&["invoicing", "scheduling"]);
    assert!(matches!(alice.write("bob", "hi"), Err(SendError::ScopeNeeded { .. })));
}
