//! New starts: refused, held, and taken when they are proven.

use std::time::Duration;

use crate::agent::pairing::requests::{Seen, digest};
use crate::agent::receive::Taken;
use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{ApprovedBy, AuthorizeError, reset};
use crate::store::requests::{self, Kind};
use crate::store::tasks::{self, Task};
use crate::store::{StoreError, Tx, held};

/// A message that Alice's own store forgets about, as if her disk had been put back to before it.
fn sent_and_forgotten(alice: &Side, body: &str) -> Vec<Parcel> {
    let mut sessions = Vec::new();
    let key = alice.peer("bob").key;
    alice
        .act(|tx, _| {
            sessions = crate::store::sessions::of_peer(tx, key)?;
            Ok::<_, StoreError>(())
        })
        .unwrap();
    alice.write("bob", body).unwrap();
    let parcels = alice.post();
    alice
        .act(|tx, ctx| sessions.iter().try_for_each(|session| crate::store::sessions::save(tx, key, session, ctx.now)))
        .unwrap();
    parcels
}

/// Begins anew on Alice's side, as her task would.
fn begin(alice: &Side, bob: &Side, quoted: Option<[u8; 32]>) {
    let key = alice.peer("bob").key;
    let bundle = bob.bundle();
    alice.act(|tx, ctx| reset::write_down(tx, ctx, key, &bundle, quoted)).unwrap();
}

fn asked_to_reset(tx: &Tx<'_>, now: a2a_proto::time::Timestamp) -> Result<Option<[u8; 32]>, StoreError> {
    let waiting = tasks::lease(tx, now, now)?;
    Ok(waiting.into_iter().find_map(|waiting| match waiting.task {
        Task::Reset(_, quoted) => quoted,
        _ => None,
    }))
}

/// Lets Alice write two envelopes in the same place; returns the nonce of Bob's report.
fn fork(alice: &mut Side, bob: &mut Side) -> Option<[u8; 32]> {
    // The step of the ratchet is behind them, so the report can still be read after the fork.
    alice.write("bob", "zero").unwrap();
    bob.take_all(&alice.post());
    bob.take_all(&sent_and_forgotten(alice, "one"));
    alice.write("bob", "two").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Held], "another envelope in the same place");
    alice.take_all(&bob.post());
    let nonce = alice.act(|tx, ctx| asked_to_reset(tx, ctx.now)).unwrap();
    assert!(nonce.is_some(), "the report asks for a new start");
    nonce
}

#[test]
fn a_fork_is_reported_and_heals_by_itself() {
    let (mut alice, mut bob) = pair(&["message"]);
    let nonce = fork(&mut alice, &mut bob);
    begin(&alice, &bob, nonce);
    let begun = Task::Reset(alice.peer("bob").key, nonce);
    alice.act(|tx, _| tasks::done(tx, &begun)).unwrap();
    verified(&bob);
    bob.take_all(&alice.post());
    assert!(bob.events().contains(&"reset_accepted".into()));
    assert!(bob.peer("alice").record.verified_at.is_some(), "the same device that heals stays verified");
    let mut bodies = bob.bodies("alice");
    bodies.sort();
    assert_eq!(bodies, ["one", "two", "zero"], "what was never confirmed was sent again");

    bob.do_tasks();
    bob.write("alice", "got both").unwrap();
    alice.take_all(&bob.post());
    assert!(alice.bodies("bob").contains(&"got both".into()));
    assert_eq!(alice.act(|tx, ctx| asked_to_reset(tx, ctx.now)).unwrap(), None, "the healing is reported again");
    assert!(!alice.notices().iter().any(|text| text.contains("is broken")), "{:?}", alice.notices());
    assert_eq!(alice.peer("bob").record.received, Some(bob.peer("alice").record.sent), "his chain went back");
    assert_eq!(bob.act(|tx, _| held::len(tx)).unwrap(), 1, "what no key opens any more stays closed");
}

#[test]
fn what_overtook_the_healing_is_not_missed_after_it() {
    let (mut alice, mut bob) = pair(&["message"]);
    let nonce = fork(&mut alice, &mut bob);
    begin(&alice, &bob, nonce);
    alice.write("bob", "three").unwrap();
    let mut parcels = alice.post();
    let last = parcels.pop().unwrap();
    assert_eq!(bob.take(&last), Taken::Held);
    bob.take_all(&parcels);
    assert!(bob.bodies("alice").contains(&"three".into()));
    assert_eq!(bob.peer("alice").record.received, Some(alice.peer("bob").record.sent));
    alice.write("bob", "four").unwrap();
    bob.take_all(&alice.post());
    assert!(!bob.notices().iter().any(|text| text.contains("missing")), "{:?}", bob.notices());
}

#[test]
fn without_our_report_a_new_start_waits_for_the_owner() {
    let (alice, mut bob) = pair(&["message"]);
    begin(&alice, &bob, None);
    assert_eq!(bob.take_all(&alice.post()), [Taken::Held]);
    let all = bob.act(|tx, _| requests::all(tx)).unwrap();
    assert_eq!(all[0].kind, Kind::Reset);
    assert!(bob.notices().iter().any(|text| text.contains("begin anew")));
    verified(&bob);
    approve(&bob);
    assert_eq!(bob.peer("alice").record.verified_at, None, "whoever it was, the words are compared again");
}

/// Bob's owner compared the words.
fn verified(bob: &Side) {
    let mut alice = bob.peer("alice");
    alice.record.verified_at = Some(bob.now);
    bob.act(|tx, _| crate::store::peers::update(tx, &alice)).unwrap();
}

#[test]
fn a_made_up_report_opens_nothing() {
    let (alice, mut bob) = pair(&["message"]);
    begin(&alice, &bob, Some([7; 32]));
    assert_eq!(bob.take_all(&alice.post()), [Taken::Held]);
}

#[test]
fn a_report_of_last_week_counts_no_more() {
    let (mut alice, mut bob) = pair(&["message"]);
    let nonce = fork(&mut alice, &mut bob);
    bob.now = bob.now.plus(Duration::from_secs(8 * 24 * 60 * 60));
    begin(&alice, &bob, nonce);
    assert_eq!(bob.take_all(&alice.post()).first(), Some(&Taken::Held));
}

#[test]
fn a_new_start_is_taken_once() {
    let (alice, mut bob) = pair(&["message"]);
    begin(&alice, &bob, None);
    let parcels = alice.post();
    bob.take_all(&parcels);
    assert_eq!(bob.take_all(&parcels), [Taken::Dropped]);
}

/// The owner's yes to the new start that is held.
fn approve(side: &Side) {
    let request = side.act(|tx, _| requests::all(tx)).unwrap().remove(0);
    side.act(|tx, ctx| {
        let mut peer = crate::store::peers::by_agent(tx, &request.record.agent_id)?.unwrap();
        reset::begin_anew(tx, ctx, &mut peer, &request.record)?;
        requests::delete(tx, &request.request_id)?;
        Ok::<_, crate::agent::Trouble>(())
    })
    .unwrap();
}

#[test]
fn two_new_starts_at_once_are_both_taken_and_lead_to_one_session() {
    let (mut alice, mut bob) = pair(&["message"]);
    begin(&alice, &bob, None);
    let (key, bundle) = (bob.peer("alice").key, alice.bundle());
    bob.act(|tx, ctx| reset::write_down(tx, ctx, key, &bundle, None)).unwrap();
    let (from_alice, from_bob) = (alice.post(), bob.post());
    assert_eq!(bob.take_all(&from_alice), [Taken::Held]);
    assert_eq!(alice.take_all(&from_bob), [Taken::Held]);
    approve(&alice);
    approve(&bob);
    alice.write("bob", "ping").unwrap();
    bob.take_all(&alice.post());
    bob.write("alice", "pong").unwrap();
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["ping", "pong"]);
    assert_eq!(bob.bodies("alice"), ["ping", "pong"]);
}

#[test]
fn by_another_agent_a_handshake_on_a_pairs_lane_is_kept_closed() {
    let (alice, mut bob) = pair(&["message"]);
    let (mallory, _) = pair(&["message"]);
    alice.write("bob", "x").unwrap();
    let lane = alice.post().remove(0).source;
    mallory.knock(&bob, "");
    let mut parcel = mallory.post().remove(0);
    parcel.source = lane;
    assert_eq!(bob.take(&parcel), Taken::Held);
    assert!(bob.act(|tx, _| requests::all(tx)).unwrap().is_empty());
}

#[test]
fn a_yes_to_one_new_start_is_none_to_the_next() {
    let (alice, mut bob) = pair(&["message"]);
    let begins = |bob: &mut Side| {
        let (key, bundle) = (alice.peer("bob").key, bob.bundle());
        alice.act(|tx, ctx| reset::write_down(tx, ctx, key, &bundle, None)).unwrap();
        bob.take_all(&alice.post());
        let request = bob.act(|tx, _| requests::all(tx)).unwrap().remove(0);
        Seen { sent: digest(&request.record).unwrap(), request_id: request.request_id }
    };
    let first = begins(&mut bob);
    let second = begins(&mut bob);
    assert_eq!(first.request_id, second.request_id, "it stands under the same id");
    let accept = |seen: &Seen| bob.act(|tx, ctx| reset::accept_in(tx, ctx, seen, ApprovedBy::TERMINAL));
    assert!(matches!(accept(&first), Err(AuthorizeError::RequestChanged)));
    assert!(accept(&second).is_ok());
}
