//! How far a message got, in plain words that claim no more than is known.

use std::time::Duration;

use crate::agent::mail::inbox;
use crate::agent::testing::pair;
use crate::agent::{MessageState, Trouble};
use crate::store::peers;

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

#[test]
fn mail_that_its_relay_kept_to_the_end_has_expired() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "never collected").unwrap();
    let lost = alice.post();
    assert_eq!(alice.views("bob")[0].state, Some(MessageState::Queued));
    alice.now = alice.now.plus(DAY * 29);
    assert_eq!(alice.views("bob")[0].state, Some(MessageState::Queued));
    alice.now = alice.now.plus(DAY * 2);
    assert_eq!(alice.views("bob")[0].state, Some(MessageState::Expired));
    // What is known later counts: it was there after all.
    bob.now = alice.now;
    bob.take_all(&lost);
    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.views("bob")[0].state, Some(MessageState::Delivered));
}

#[test]
fn only_the_word_that_something_was_read_can_be_kept_back() {
    let (mut alice, mut bob) = pair(&["message"]);
    bob.act(|tx, _| {
        let mut alice = peers::by_petname(tx, "alice")?.unwrap();
        alice.record.untold_of_reading = true;
        peers::update(tx, &alice).map_err(Trouble::from)
    })
    .unwrap();
    alice.write("bob", "seen?").unwrap();
    bob.take_all(&alice.post());
    let shown = bob.thread("alice").remove(0);
    bob.act(|tx, ctx| inbox::mark(tx, ctx, &shown)).unwrap();
    bob.seal_receipts();
    alice.take_all(&bob.post());
    assert_eq!(alice.views("bob")[0].state, Some(MessageState::Delivered));
}
