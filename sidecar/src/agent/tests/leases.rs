//! Two processes that show mail: what one took over, the other neither shows nor marks.

use std::time::Duration;

use crate::agent::Trouble;
use crate::agent::mail::inbox;
use crate::agent::testing::{Side, pair};
use crate::store::leases::{self, Reader};
use crate::store::messages::{self, State};

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
