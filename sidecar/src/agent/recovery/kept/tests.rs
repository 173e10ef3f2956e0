//! When a new backup is due, who makes it, and that turning it off holds.

use super::*;
use crate::agent::RecoveryState;
use crate::agent::testing::{Side, pair};

const HOUR: Duration = Duration::from_secs(60 * 60);

fn claimed(side: &Side, is_urgent: bool) -> bool {
    side.act(|tx, ctx| claim(tx, ctx, is_urgent)).unwrap().is_some()
}

/// The relay has the newest.
fn made(side: &Side) {
    side.act(|tx, ctx| {
        let last = Last { relay: ctx.me.relay()?.clone(), at: ctx.now, bytes: 1, mark: kept::mark(tx)? };
        end(tx, last)
    })
    .unwrap();
}

fn turned_on() -> Side {
    let (alice, _bob) = pair(&["message"]);
    assert!(!claimed(&alice, true), "nobody turned it on");
    alice.act(|tx, _| kept::save(tx, &KeptRecord::default()).map_err(Trouble::from)).unwrap();
    alice
}

fn something_happens(side: &Side) {
    side.act(|tx, ctx| audit::note(tx, ctx, Note::new("something")).map_err(Trouble::from)).unwrap();
}

fn unclaim(tx: &Tx<'_>) -> Result<(), Trouble> {
    let record = kept::load(tx)?.unwrap();
    Ok(kept::save(tx, &KeptRecord { claimed_until: None, ..record })?)
}

#[test]
fn a_new_one_is_made_when_something_happened_and_not_more_than_once_an_hour() {
    let mut alice = turned_on();
    assert!(claimed(&alice, false), "the first is due at once");
    made(&alice);
    alice.now = alice.now.plus(2 * HOUR);
    assert!(!claimed(&alice, false), "nothing happened");
    something_happens(&alice);
    assert!(claimed(&alice, false));
    made(&alice);
    something_happens(&alice);
    alice.now = alice.now.plus(HOUR / 2);
    assert!(!claimed(&alice, false), "twice in an hour");
    alice.now = alice.now.plus(HOUR / 2);
    assert!(claimed(&alice, false));
    made(&alice);
    alice.now = alice.now.plus(ANYWAY);
    assert!(claimed(&alice, false), "a month went by");
}

#[test]
fn one_process_makes_it_until_its_time_is_over() {
    let mut alice = turned_on();
    assert!(claimed(&alice, false));
    assert!(!claimed(&alice, true), "two at once");
    alice.now = alice.now.plus(CLAIM);
    assert!(claimed(&alice, false), "who claimed it died");
    // A clock set back leaves no claim that lasts for days.
    alice.now = alice.now.minus(24 * HOUR);
    assert!(claimed(&alice, false));
}

#[test]
fn a_clock_set_back_does_not_stop_it() {
    let mut alice = turned_on();
    made(&alice);
    something_happens(&alice);
    alice.now = alice.now.minus(24 * HOUR);
    assert!(claimed(&alice, false));
}

#[test]
fn another_relay_has_none_yet() {
    let alice = turned_on();
    made(&alice);
    let elsewhere = |tx: &Tx<'_>| {
        let mut record = kept::load(tx)?.unwrap();
        record.last.as_mut().unwrap().relay = "other.example".parse().unwrap();
        kept::save(tx, &record).map_err(Trouble::from)
    };
    alice.act(|tx, _| elsewhere(tx)).unwrap();
    assert!(claimed(&alice, false));
}

#[test]
fn whoever_turns_it_off_meanwhile_is_heard() {
    let alice = turned_on();
    let (head, next) = (Head { version: [1; 16], parts: 2 }, Head { version: [2; 16], parts: 1 });
    let cut_off = || alice.act(|tx, ctx| claim(tx, ctx, true)).unwrap().map(|claim| claim.cut_off);
    assert!(alice.act(|tx, _| begin(tx, head, &[])).unwrap());
    // Cut off: the next one knows what it left, and forgets what it deleted of that.
    assert_eq!(cut_off(), Some(vec![head]));
    assert!(alice.act(|tx, _| begin(tx, next, &[head])).unwrap());
    alice.act(|tx, _| unclaim(tx)).unwrap();
    assert_eq!(cut_off(), Some(vec![next]));
    assert!(alice.act(|tx, _| kept::remove(tx).map_err(Trouble::from)).unwrap());
    assert!(!alice.act(|tx, _| begin(tx, head, &[])).unwrap());
    let ended = alice.act(|tx, ctx| {
        let last = Last { relay: ctx.me.relay()?.clone(), at: ctx.now, bytes: 1, mark: kept::mark(tx)? };
        end(tx, last)
    });
    assert!(!ended.unwrap(), "it counts although it is off");
    assert_eq!(alice.act(|tx, _| kept::load(tx).map_err(Trouble::from)).unwrap(), None);
}

#[test]
fn who_keeps_failing_is_warned_after_a_day_until_one_is_made() {
    let mut alice = turned_on();
    let fails = |side: &Side| side.act(|tx, ctx| note_failure(tx, ctx, "no room".into())).unwrap();
    let warns = |side: &Side| side.act(|tx, ctx| keeps_failing(tx, ctx.now).map_err(Trouble::from)).unwrap();
    let since =
        |side: &Side| side.act(|tx, _| Ok::<_, Trouble>(kept::load(tx)?.unwrap().failure.unwrap().since)).unwrap();
    assert!(!warns(&alice));
    let first = alice.now;
    fails(&alice);
    assert!(!warns(&alice), "a relay that is away for an hour is no news");
    alice.now = alice.now.plus(LONG);
    fails(&alice);
    assert_eq!(since(&alice), first, "what failed before counts");
    assert!(warns(&alice));
    assert!(claimed(&alice, false), "it is tried again");
    made(&alice);
    assert!(!warns(&alice), "one was made");

    fails(&alice);
    alice.now = alice.now.minus(3 * LONG);
    fails(&alice);
    assert_eq!(since(&alice), alice.now, "a clock set back would keep it quiet for days");
}

#[test]
fn the_owner_is_told_of_it_once_there_are_words() {
    let state = |words_kept_at, is_kept_failing| {
        let backed_up_at = Some(Timestamp::from_millis(1));
        RecoveryState { words_kept_at, backed_up_at, is_kept_failing }
    };
    let kept = Some(Timestamp::from_millis(1));
    assert_eq!(state(kept, false).warning(), None);
    assert!(state(kept, true).warning().unwrap().contains("could not be renewed"));
    assert!(state(kept, true).next_step().contains("a2a backup FILE"));
    assert!(state(None, true).next_step().contains("a2a recovery show"), "without words nothing opens it");
}
