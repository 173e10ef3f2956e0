//! The end of a pair, and its narrowing.

use crate::agent::pairing::revoke::change;
use crate::agent::pairing::{regrant, undo};
use crate::agent::receive::Taken;
use crate::agent::testing::{pair, scoped};
use crate::agent::{ApprovedBy, Bounds, Revoke, RevokeError, SendError};
use crate::store::messages::State;
use crate::store::peers::PeerState;
use crate::store::tasks::{self, Task};
use crate::store::{lanes, sessions};

fn revoke(peer: &str) -> Revoke {
    Revoke { peer: peer.into(), ..Revoke::default() }
}

#[test]
fn what_a_revoked_peer_sent_before_is_dropped_and_audited() {
    let (alice, mut bob) = pair(&["message"]);
    alice.write("bob", "too late").unwrap();
    let parcels = alice.post();
    bob.act(|tx, ctx| change(tx, ctx, &revoke("alice"))).unwrap();
    assert_eq!(bob.take_all(&parcels), [Taken::Dropped]);
    assert!(bob.bodies("alice").is_empty());
    assert!(bob.events().contains(&"dropped".into()));
}

#[test]
fn revoking_forgets_sessions_and_closes_every_lane() {
    let (_alice, bob) = pair(&["message"]);
    let key = bob.peer("alice").key;
    assert_eq!(bob.act(|tx, _| lanes::open_of_peer(tx, key)).unwrap().len(), 2, "the invite's lane and its own");
    bob.act(|tx, ctx| change(tx, ctx, &revoke("alice"))).unwrap();
    assert!(bob.act(|tx, _| lanes::open_of_peer(tx, key)).unwrap().is_empty());
    assert!(bob.act(|tx, _| sessions::of_peer(tx, key)).unwrap().is_empty());
    assert!(matches!(bob.write("alice", "hi"), Err(SendError::Revoked { .. })));
}

#[test]
fn mail_that_waited_for_a_revoked_peer_is_refused_in_words() {
    let (_alice, bob) = pair(&["message"]);
    bob.write("alice", "never mind").unwrap();
    bob.act(|tx, ctx| change(tx, ctx, &revoke("alice"))).unwrap();
    let message = bob.thread("alice").remove(0);
    assert_eq!(message.state, State::Refused);
    assert_eq!(message.reason.as_deref(), Some("you ended this pair before it was sent"));
    assert!(bob.post().is_empty());
}

#[test]
fn narrowing_is_told_and_holds_on_both_sides() {
    let (mut alice, mut bob) = pair(&["invoicing", "scheduling"]);
    alice.write_about("bob", "sent before", Some("invoicing")).unwrap();
    let before = alice.post();
    let narrow = Revoke { scopes: Some(scoped(&["invoicing"])), ..revoke("alice") };
    bob.act(|tx, ctx| change(tx, ctx, &narrow)).unwrap();
    assert_eq!(bob.take_all(&before), [Taken::Dropped], "no longer fits");
    alice.take_all(&bob.post());
    assert_eq!(alice.peer("bob").record.granted_to_us, scoped(&["scheduling"]));
    assert!(matches!(alice.write_about("bob", "x", Some("invoicing")), Err(SendError::NotGranted { .. })));
    assert_eq!(bob.peer("alice").state, PeerState::Paired);
}

/// After `a2a key rotate` or a restore there is none until the new start.
#[test]
fn without_a_session_a_grant_changes_all_the_same() {
    let (_alice, bob) = pair(&["invoicing", "scheduling"]);
    let alice = bob.peer("alice");
    bob.act(|tx, ctx| {
        sessions::delete_of_peer(tx, alice.key)?;
        tasks::add(tx, &Task::Reset(alice.key, None), ctx.now)
    })
    .unwrap();
    let granted = || bob.peer("alice").record.granted;
    let narrow = Revoke { scopes: Some(scoped(&["invoicing"])), ..revoke("alice") };
    bob.act(|tx, ctx| change(tx, ctx, &narrow)).unwrap();
    assert_eq!(granted(), scoped(&["scheduling"]));
    bob.act(|tx, ctx| undo::take_back(tx, ctx, "alice", ApprovedBy::TERMINAL)).unwrap();
    assert_eq!(granted(), scoped(&["invoicing", "scheduling"]));
    let (id, fewer, by) = (alice.record.agent_id, scoped(&["invoicing"]), ApprovedBy::TERMINAL);
    bob.act(|tx, ctx| regrant::change(tx, ctx, &id, fewer, Bounds::default(), by)).unwrap();
    assert_eq!(granted(), scoped(&["invoicing"]));
    assert!(bob.post().is_empty(), "there is nothing to seal it in");
}

#[test]
fn taking_the_last_scope_away_ends_the_pair() {
    let (_alice, bob) = pair(&["message"]);
    let narrow = Revoke { scopes: Some(scoped(&["message"])), ..revoke("alice") };
    bob.act(|tx, ctx| change(tx, ctx, &narrow)).unwrap();
    assert_eq!(bob.peer("alice").state, PeerState::Revoked);
}

#[test]
fn a_scope_that_was_not_granted_cannot_be_taken_away() {
    let (_alice, bob) = pair(&["message"]);
    let narrow = Revoke { scopes: Some(scoped(&["invoicing"])), ..revoke("alice") };
    let refused = bob.act(|tx, ctx| change(tx, ctx, &narrow).map(drop));
    assert!(matches!(refused, Err(RevokeError::NotGranted { .. })));
}

#[test]
fn old_terms_do_not_come_back() {
    let (mut alice, bob) = pair(&["invoicing", "scheduling"]);
    let narrow = |scope| Revoke { scopes: Some(scoped(&[scope])), ..revoke("alice") };
    let mut known = bob.peer("alice");
    bob.act(|tx, ctx| crate::agent::pairing::terms::tell(tx, ctx, &mut known, None)).unwrap();
    let wide = bob.post();
    bob.act(|tx, ctx| change(tx, ctx, &narrow("invoicing"))).unwrap();
    alice.take_all(&bob.post());
    alice.take_all(&wide);
    assert_eq!(alice.peer("bob").record.granted_to_us, scoped(&["scheduling"]));
}

#[test]
fn a_pair_made_anew_reports_nothing_of_the_earlier_one_as_missing() {
    let (mut alice, mut bob) = pair(&["message"]);
    for body in ["one", "two"] {
        bob.write("alice", body).unwrap();
    }
    alice.take_all(&bob.post());
    bob.act(|tx, ctx| change(tx, ctx, &revoke("alice"))).unwrap();
    alice.act(|tx, ctx| change(tx, ctx, &revoke("bob"))).unwrap();
    alice.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&alice.post());
    bob.do_tasks();
    bob.write("alice", "three").unwrap();
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["one", "two", "three"]);
    assert!(!alice.notices().iter().any(|text| text.contains("missing")), "{:?}", alice.notices());
}
