//! Sessions that go well: in any order, with losses and duplicates, in both directions.

use crate::ratchet::OpenError;
use crate::testing::{Pair, SeededRng, message};
use rand_core::Rng;

#[test]
fn a_reply_and_a_reply_to_it() {
    let mut pair = Pair::new("reply");
    for round in 1..6 {
        let there = message(round, "thursday 2pm?");
        let back = message(round, "yes");
        let envelope = pair.bob_seals(&there);
        assert_eq!(envelope.len(), 4096);
        assert_eq!(pair.alice_opens(&envelope), Ok(there));
        let envelope = pair.alice_seals(&back);
        assert_eq!(pair.bob_opens(&envelope), Ok(back));
    }
}

/// 200 messages both ways; each delivery picks any waiting envelope, drops one in ten, delivers one in ten twice.
#[test]
fn two_hundred_messages_in_random_order_with_losses_and_duplicates() {
    let mut pair = Pair::new("random order");
    let mut dice = SeededRng::new("dice");
    let (mut to_alice, mut to_bob) = (Vec::new(), Vec::new());
    for number in 1..=200 {
        let content = message(number, &format!("message {number}"));
        if dice.next_u32().is_multiple_of(2) {
            to_bob.push((pair.alice_seals(&content), content));
        } else {
            to_alice.push((pair.bob_seals(&content), content));
        }
        while dice.next_u32().is_multiple_of(3) {
            deliver(&mut pair, &mut dice, &mut to_alice, true);
            deliver(&mut pair, &mut dice, &mut to_bob, false);
        }
    }
    while !(to_alice.is_empty() && to_bob.is_empty()) {
        deliver(&mut pair, &mut dice, &mut to_alice, true);
        deliver(&mut pair, &mut dice, &mut to_bob, false);
    }
}

fn deliver(
    pair: &mut Pair,
    dice: &mut SeededRng,
    waiting: &mut Vec<(Vec<u8>, crate::content::Content)>,
    at_alice: bool,
) {
    if waiting.is_empty() {
        return;
    }
    let at = usize::try_from(dice.next_u32()).unwrap() % waiting.len().min(20);
    let (envelope, content) = waiting.remove(at);
    if dice.next_u32().is_multiple_of(10) {
        return;
    }
    let mut open = |envelope: &[u8]| if at_alice { pair.alice_opens(envelope) } else { pair.bob_opens(envelope) };
    assert_eq!(open(&envelope), Ok(content));
    if dice.next_u32().is_multiple_of(10) {
        assert_eq!(open(&envelope), Err(OpenError::AlreadyUsed));
    }
}

#[test]
fn a_session_counts_what_it_sealed_since_the_peers_last_step() {
    let mut pair = Pair::new("count");
    assert_eq!((pair.at_alice.sealed_this_turn(), pair.at_bob.sealed_this_turn()), (1, 0), "the knock");
    pair.alice_seals(&message(1, "one more"));
    assert_eq!(pair.at_alice.sealed_this_turn(), 2);
    let answer = pair.bob_seals(&message(2, "yes"));
    pair.alice_opens(&answer).unwrap();
    assert_eq!((pair.at_alice.sealed_this_turn(), pair.at_bob.sealed_this_turn()), (0, 1), "a step begins anew");
}
