//! The owner's word: tries at the PIN, and acts that two approve at once.

use std::time::Duration;

use crate::agent::consent::{Action, Asked, ask_in, claim_in};
use crate::agent::owner::{pin, policy, still_counts};
use crate::agent::testing::{Side, scoped};
use crate::agent::{ApprovedBy, Bounds, ConsentError, OwnerError, Policy, Trouble};
use crate::keys::{MINIMUM_MEMORY_MIB, PinCost};
use crate::store::SecretBlob;
use crate::store::pin::{self as row, PinRecord};

const MINUTE: Duration = Duration::from_secs(60);

fn with_pin() -> Side {
    let side = Side::new("Bob");
    let record = PinRecord {
        cost: PinCost::with_memory(MINIMUM_MEMORY_MIB).unwrap(),
        salt: [1; 16],
        stretched: SecretBlob::copy_of(&[2; 32]),
        tries: 0,
        tried_at: side.now,
    };
    side.act(|tx, _| row::save(tx, &record).map_err(Trouble::from)).unwrap();
    side
}

/// One try whose process dies before it is judged; how long it is too early, if it is.
fn attempt(side: &Side) -> Option<Duration> {
    side.act(pin::count).unwrap().err()
}

#[test]
fn five_tries_then_a_delay_that_doubles_whatever_process_asks() {
    let mut side = with_pin();
    for number in 1..=5 {
        side.reopen();
        assert_eq!(attempt(&side), None, "try {number}");
    }
    for doublings in 0..4 {
        let wait = MINUTE * (1 << doublings);
        side.reopen();
        assert_eq!(attempt(&side), Some(wait));
        side.now = side.now.plus(wait - Duration::from_secs(1));
        assert_eq!(attempt(&side), Some(Duration::from_secs(1)), "what comes too early does not count either");
        side.now = side.now.plus(Duration::from_secs(1));
        assert_eq!(attempt(&side), None);
    }
}

#[test]
fn the_delay_is_bounded_and_ends_though_the_clock_was_set_back() {
    let mut side = with_pin();
    for _ in 0..40 {
        side.now = side.now.plus(Duration::from_secs(24 * 60 * 60));
        assert_eq!(attempt(&side), None);
    }
    let day = Duration::from_secs(24 * 60 * 60);
    assert_eq!(attempt(&side), Some(day));
    side.now = side.now.minus(day * 30);
    assert_eq!(attempt(&side), Some(day), "setting the clock back shortens nothing");
    side.now = side.now.plus(day);
    assert_eq!(attempt(&side), None, "and does not lock the owner out either");
}

#[test]
fn a_pin_that_was_set_meanwhile_is_asked_for() {
    let side = Side::new("Bob");
    let by = ApprovedBy::TERMINAL;
    assert!(side.act(|tx, _| still_counts(tx, by)).is_ok());
    let side = with_pin();
    assert_eq!(side.act(|tx, _| policy(tx).map_err(Trouble::from)).unwrap(), Policy::Pin);
    assert!(matches!(side.act(|tx, _| still_counts(tx, by)), Err(OwnerError::PinNeeded)));
}

#[test]
fn an_act_is_claimed_by_one_until_its_process_is_gone() {
    let mut side = Side::new("Bob");
    let id = asked(&side, "scheduling");
    let claim = |side: &Side| side.act(|tx, ctx| claim_in(tx, ctx, &id).map(drop));
    assert!(claim(&side).is_ok());
    assert!(matches!(claim(&side), Err(ConsentError::BeingDone)));
    side.reopen();
    assert!(matches!(claim(&side), Err(ConsentError::BeingDone)), "another process neither");
    side.now = side.now.plus(MINUTE);
    assert!(claim(&side).is_ok(), "its process died");
}

#[test]
fn a_model_in_a_loop_fills_no_list() {
    let side = Side::new("Bob");
    let first = asked(&side, "scheduling");
    assert_eq!(asked(&side, "scheduling"), first, "the same question stays one");
    for number in 1..10 {
        asked(&side, &format!("scope-{number}"));
    }
    let more =
        Action::MakeInvite { scopes: scoped(&["more"]), lifetime_secs: 60, bounds: Bounds::default(), voucher: None };
    let refused = side.act(|tx, ctx| ask_in(tx, ctx, more).map(drop));
    assert!(matches!(refused, Err(ConsentError::Trouble(Trouble::TooManyAsked { count: 10 }))), "{refused:?}");
    assert_eq!(asked(&side, "scheduling"), first, "what waits can still be asked about");
}

fn asked(side: &Side, scope: &str) -> String {
    let action =
        Action::MakeInvite { scopes: scoped(&[scope]), lifetime_secs: 60, bounds: Bounds::default(), voucher: None };
    match side.act(|tx, ctx| ask_in(tx, ctx, action)).unwrap() {
        Asked::Pending(action) => action.id,
        _ => panic!("it waits"),
    }
}
