//! A crash at any moment leaves what was before or what came after.

use crate::agent::Trouble;
use crate::agent::receive::{self, Taken};
use crate::agent::testing::{Parcel, Side, pair};
use a2a_proto::api::mailbox::BatchItem;

/// Takes an envelope in and dies before the commit.
fn take_and_die(side: &Side, parcel: &Parcel) {
    let item =
        BatchItem { sequence: side.cursor() + 1, source: parcel.source, hour: 0, envelope: parcel.envelope.clone() };
    let died = side.act(|tx, ctx| {
        receive::take(tx, ctx, &item)?;
        Err::<(), _>(Trouble::Internal("the process died"))
    });
    assert!(died.is_err());
}

#[test]
fn an_envelope_that_was_half_taken_in_is_taken_in_again() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hello").unwrap();
    let parcel = alice.post().remove(0);
    take_and_die(&bob, &parcel);
    assert!(bob.bodies("alice").is_empty());
    assert_eq!(bob.take(&parcel), Taken::Message);
    assert_eq!(bob.bodies("alice"), ["hello"]);
}

#[test]
fn a_pairing_that_was_half_made_is_made_again() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.accept(&bob, bob.invite(&["message"]));
    let parcel = alice.post().remove(0);
    take_and_die(&bob, &parcel);
    assert_eq!(bob.take(&parcel), Taken::Other);
    assert_eq!(bob.peer("alice").record.display_name, "Alice");
}

#[test]
fn a_message_that_was_half_written_uses_up_no_key() {
    let (alice, mut bob) = pair(&["message"]);
    let draft = || crate::agent::Draft { recipient: "bob".into(), body: "x".into(), ..Default::default() };
    let died = alice.act(|tx, ctx| {
        crate::agent::mail::send::write_down(tx, ctx, draft())?;
        Err::<(), _>(crate::agent::SendError::Empty)
    });
    assert!(died.is_err() && alice.post().is_empty() && alice.bodies("bob").is_empty());
    alice.write("bob", "y").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
    assert!(bob.notices().iter().all(|text| !text.contains("missing")));
}

#[test]
fn an_envelope_that_another_process_took_in_is_left_alone() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "hello").unwrap();
    let parcel = alice.post().remove(0);
    bob.take(&parcel);
    let item = BatchItem { sequence: bob.cursor(), source: parcel.source, hour: 0, envelope: parcel.envelope };
    assert_eq!(bob.act(|tx, ctx| receive::take(tx, ctx, &item)).unwrap(), Taken::Before);
    assert_eq!(bob.bodies("alice"), ["hello"]);
}
