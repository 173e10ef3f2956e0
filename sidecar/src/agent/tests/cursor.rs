//! What a relay's count says: that it was restored from an older copy, and what must not be concluded from it.

use a2a_proto::api::mailbox::BatchItem;

use crate::agent::cursor::{Mailbox, Place, Standing};
use crate::agent::receive::{self, Taken};
use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{Trouble, cursor};

fn place(side: &Side) -> Place {
    side.act(|tx, _| Mailbox::Own.place_in(tx).map_err(Trouble::from)).unwrap()
}

fn judge(side: &Side, before: Place, acknowledged: u64) -> Standing {
    side.act(move |tx, ctx| Mailbox::Own.judge(tx, ctx, before, acknowledged)).unwrap()
}

fn take_as(side: &Side, parcel: &Parcel, sequence: u64) -> Taken {
    let item = BatchItem { sequence, source: parcel.source, hour: 0, envelope: parcel.envelope.clone() };
    side.act(move |tx, ctx| receive::take(tx, ctx, &item)).unwrap()
}

#[test]
fn an_answer_that_another_process_overtook_says_nothing() {
    let (alice, bob) = pair(&["message"]);
    bob.act(|tx, _| Mailbox::Own.begin_at(tx, 20).map_err(Trouble::from)).unwrap();
    let before = place(&bob);
    assert_eq!(judge(&bob, before, 10), Standing::WentBack);
    assert_eq!(place(&bob).after(), 10);
    alice.write("bob", "after the restore").unwrap();
    assert_eq!(take_as(&bob, &alice.post().remove(0), 11), Taken::Message);
    bob.act(|tx, _| Mailbox::Own.confirm(tx, 11).map_err(Trouble::from)).unwrap();
    // A long poll that began before, from the relay as it was then, and one from before the restore.
    for late in [10, 20] {
        assert_eq!(judge(&bob, before, late), Standing::WentBack);
    }
    assert_eq!(judge(&bob, place(&bob), 11), Standing::Sound);
    assert_eq!(place(&bob).after(), 11);
    assert!(!bob.events().contains(&"rollback_noticed".to_owned()), "nobody has to begin anew");
}

#[test]
fn another_envelope_under_a_number_that_was_used_is_taken_in() {
    let (alice, bob) = pair(&["message"]);
    alice.write("bob", "one").unwrap();
    alice.write("bob", "two").unwrap();
    let [one, two] = &alice.post()[..] else { panic!("two messages") };
    let number = bob.cursor() + 1;
    assert_eq!(take_as(&bob, one, number), Taken::Message);
    assert_eq!(take_as(&bob, one, number), Taken::Before);
    // The relay did not confirm the first, so it is asked from before it, and may have lost it.
    assert!(place(&bob).after() < number);
    assert_eq!(take_as(&bob, two, number), Taken::Message);
    assert_eq!(take_as(&bob, two, number), Taken::Before);
    assert_eq!(bob.bodies("alice"), ["one", "two"]);
}

#[test]
fn a_new_mailbox_counts_for_itself() {
    let (_alice, bob) = pair(&["message"]);
    bob.act(|tx, _| {
        Mailbox::Own.begin_at(tx, 20)?;
        cursor::move_to_new_mailbox(tx, 3).map_err(Trouble::from)
    })
    .unwrap();
    let left = bob.act(|tx, _| Mailbox::Left.place_in(tx).map_err(Trouble::from)).unwrap();
    assert_eq!((place(&bob).after(), left.after()), (3, 20));
    assert_eq!(judge(&bob, place(&bob), 3), Standing::Sound);
}
