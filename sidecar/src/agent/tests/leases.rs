//! Two processes that show mail: what one took over, the other neither shows nor marks.

use std::time::Duration;

use a2a_proto::id::MessageId;

use crate::agent::Trouble;
use crate::agent::mail::{inbox, marked};
use crate::agent::testing::{Side, pair};
use crate::store::leases::{self, Reader};
use crate::store::messages::{self, State};
use crate::store::peers;

const A: [u8; 16] = [1; 16];
const B: [u8; 16] = [2; 16];
const TEN_SECONDS: Duration = Duration::from_secs(10);

/// Takes what is unread as the process `holder` does; the local numbers.
fn take(side: &Side, holder: [u8; 16]) -> Vec<i64> {
    side.act(|tx, ctx| {
        let reader = Reader { holder, now: ctx.now };
        let found = messages::unread_after(tx, 0, None, 10, &reader)?;
        for message in &found {
            leases::lease(tx, message.id, &reader, ctx.now.plus(TEN_SECONDS))?;
        }
        Ok::<_, Trouble>(found.iter().map(|message| message.id).collect())
    })
    .unwrap()
}

fn mark(side: &Side, ids: &[i64], holder: [u8; 16]) {
    side.act(|tx, ctx| inbox::mark_all(tx, ctx, ids, &holder).map_err(Trouble::from)).unwrap();
}

#[test]
fn a_message_is_given_to_one_process_and_a_stale_one_marks_nothing() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one of you answers").unwrap();
    bob.take_all(&alice.post());

    let by_a = take(&bob, A);
    assert_eq!(by_a.len(), 1);
    assert!(take(&bob, B).is_empty(), "another process is showing it");
    // A is stopped; its lease ends and B takes over.
    bob.now = bob.now.plus(TEN_SECONDS);
    assert_eq!(take(&bob, B), by_a);
    mark(&bob, &by_a, A);
    assert_eq!(bob.thread("alice")[0].state, State::Unread, "A woke, and what it held is B's now");
    mark(&bob, &by_a, B);
    assert_eq!(bob.thread("alice")[0].state, State::Shown);
    assert!(take(&bob, A).is_empty());
}

#[test]
fn the_owners_hand_marks_what_was_shown_and_nothing_that_came_meanwhile() {
    let (alice, mut bob) = pair(&["message"]);
    for text in ["one", "two"] {
        alice.write("bob", text).unwrap();
    }
    bob.take_all(&alice.post());
    let shown: Vec<MessageId> = bob.thread("alice").iter().map(|message| message.message_id).collect();
    alice.write("bob", "three, while the owner read").unwrap();
    bob.take_all(&alice.post());
    let mark = |bob: &Side, holder: [u8; 16]| {
        bob.act(|tx, ctx| marked::mark_in(tx, ctx, "alice", &shown, &Reader { holder, now: ctx.now })).unwrap().0
    };

    take(&bob, B);
    assert_eq!(mark(&bob, A).count, 0, "a session is showing them");
    bob.now = bob.now.plus(TEN_SECONDS);
    let done = mark(&bob, A);
    assert_eq!((done.peer.as_str(), done.count, done.told), ("alice", 2, true));
    let states: Vec<State> = bob.thread("alice").iter().map(|message| message.state).collect();
    assert_eq!(states, [State::Shown, State::Shown, State::Unread]);
    assert_eq!(mark(&bob, A).count, 0, "once");
}

#[test]
fn who_is_not_told_of_reading_gets_no_receipt_and_the_owner_hears_that() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    bob.take_all(&alice.post());
    bob.seal_receipts();
    alice.take_all(&bob.post());
    let mut peer = bob.peer("alice");
    peer.record.untold_of_reading = true;
    bob.act(|tx, _| peers::update(tx, &peer).map_err(Trouble::from)).unwrap();
    let shown = vec![bob.thread("alice")[0].message_id];
    let reader = Reader { holder: A, now: bob.now };
    let done = bob.act(|tx, ctx| marked::mark_in(tx, ctx, "alice", &shown, &reader)).unwrap().0;
    assert_eq!((done.count, done.told), (1, false));
    bob.seal_receipts();
    assert!(bob.post().is_empty());
}
