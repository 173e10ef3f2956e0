//! Missing messages: how many may be missing, how many keys are kept, and for how long.

use super::craft::Craft;
use crate::limits::{MAX_SKIP, MAX_SKIPPED_KEYS, SKIPPED_KEY_LIFETIME};
use crate::ratchet::OpenError;
use crate::testing::{NOW, Pair, message};

/// Bob's chain advances by this many messages that nobody ever sees.
fn lose(pair: &mut Pair, count: u32) {
    for _ in 0..count {
        let mut next = pair.at_bob.working_copy();
        next.next_message(&mut pair.rng).unwrap();
        pair.at_bob = next;
    }
}

#[test]
fn as_many_as_the_limit_may_be_missing_and_no_more() {
    let mut pair = Pair::new("limit");
    lose(&mut pair, MAX_SKIP);
    let last = pair.bob_seals(&message(1, "256 are missing"));
    let beyond = {
        let craft = Craft::next(&pair.at_bob, &mut pair.rng, &pair.bob.device, &message(2, "257 are missing"));
        craft.seal(&mut pair.rng)
    };
    let before = pair.at_alice.to_record();
    assert_eq!(pair.alice_opens(&beyond), Err(OpenError::TooFarAhead));
    assert_eq!(*before, *pair.at_alice.to_record());
    assert!(pair.alice_opens(&last).is_ok());
    assert_eq!(pair.at_alice.skipped_keys(), 256);
    assert!(pair.alice_opens(&beyond).is_ok());
}

#[test]
fn the_end_of_the_chain_before_counts_against_the_limit_too() {
    for (lost, outcome) in [(MAX_SKIP, None), (MAX_SKIP + 1, Some(OpenError::TooFarAhead))] {
        let mut pair = Pair::new("end of chain");
        let envelope = pair.bob_seals(&message(1, "begin"));
        pair.alice_opens(&envelope).unwrap();
        lose(&mut pair, lost);
        let envelope = pair.alice_seals(&message(1, "your turn"));
        pair.bob_opens(&envelope).unwrap();
        let envelope = pair.bob_seals(&message(2, "stepped"));
        assert_eq!(pair.alice_opens(&envelope).err(), outcome);
    }
}

#[test]
fn a_late_message_opens_once() {
    let mut pair = Pair::new("late");
    let late = pair.bob_seals(&message(1, "late"));
    let soon = pair.bob_seals(&message(2, "soon"));
    assert!(pair.alice_opens(&soon).is_ok());
    assert_eq!(pair.alice_opens(&late), Ok(message(1, "late")));
    assert_eq!(pair.at_alice.skipped_keys(), 0);
    assert_eq!(pair.alice_opens(&late), Err(OpenError::AlreadyUsed));
}

/// One of Bob's messages stays behind in each of `chains` chains; then each is tried.
#[test]
fn skipped_keys_live_for_five_chains() {
    let mut pair = Pair::new("five chains");
    let mut late = Vec::new();
    for number in 0..7 {
        late.push(pair.bob_seals(&message(number * 10, "late")));
        let envelope = pair.bob_seals(&message(number * 10 + 1, "soon"));
        pair.alice_opens(&envelope).unwrap();
        let envelope = pair.alice_seals(&message(number, "step"));
        pair.bob_opens(&envelope).unwrap();
    }
    let outcomes: Vec<bool> = late.iter().map(|envelope| pair.alice_opens(envelope).is_ok()).collect();
    assert_eq!(outcomes, [false, false, true, true, true, true, true]);
    assert_eq!(pair.alice_opens(&late[0]), Err(OpenError::NotForThisSession));
}

#[test]
fn skipped_keys_live_for_thirty_days() {
    let mut pair = Pair::new("thirty days");
    let late = pair.bob_seals(&message(1, "late"));
    let soon = pair.bob_seals(&message(2, "soon"));
    pair.alice_opens(&soon).unwrap();
    let (just, after) =
        (NOW.plus(SKIPPED_KEY_LIFETIME).minus(std::time::Duration::from_secs(1)), NOW.plus(SKIPPED_KEY_LIFETIME));
    assert!(pair.at_alice.open(&late, just).is_ok());
    assert_eq!(pair.at_alice.open(&late, after).err(), Some(OpenError::AlreadyUsed));
    assert!(pair.at_alice.without_expired(just).is_none());
    assert_eq!(pair.at_alice.without_expired(after).unwrap().skipped_keys(), 0);
}

#[test]
fn a_session_keeps_a_thousand_keys_and_gives_up_the_oldest() {
    let mut pair = Pair::new("thousand");
    let oldest = pair.bob_seals(&message(1, "oldest"));
    for number in 0..4 {
        lose(&mut pair, 250);
        let envelope = pair.bob_seals(&message(number, "go on"));
        pair.alice_opens(&envelope).unwrap();
        assert!(pair.at_alice.skipped_keys() <= MAX_SKIPPED_KEYS);
    }
    assert_eq!(pair.at_alice.skipped_keys(), MAX_SKIPPED_KEYS);
    assert_eq!(pair.alice_opens(&oldest), Err(OpenError::AlreadyUsed));
    assert!(pair.at_alice.to_record().len() < 64 * 1024);
}
