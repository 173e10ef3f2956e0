//! Taking a revocation back.

use std::time::Duration;

use crate::agent::pairing::revoke::change;
use crate::agent::pairing::undo::take_back;
use crate::agent::testing::{Side, pair, scoped};
use crate::agent::{ApprovedBy, Revoke, SendError, UndoError, Undone};
use crate::store::messages::State;
use crate::store::peers::PeerState;
use crate::store::{sessions, undo};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn revoke(side: &Side, peer: &str, scopes: Option<&[&str]>, block: bool) {
    let request = Revoke { peer: peer.into(), scopes: scopes.map(scoped), block };
    side.act(|tx, ctx| change(tx, ctx, &request)).unwrap();
}

fn undo(side: &Side, peer: &str) -> Result<Undone, UndoError> {
    side.act(|tx, ctx| take_back(tx, ctx, peer, ApprovedBy::TERMINAL))
}

#[test]
fn the_pair_comes_back_as_it_was_and_mail_goes_both_ways() {
    let (mut alice, mut bob) = pair(&["invoicing", "scheduling"]);
    revoke(&bob, "alice", None, false);
    let undone = undo(&bob, "alice").unwrap();
    assert_eq!(undone.scopes, scoped(&["invoicing", "scheduling"]));
    bob.do_tasks();
    alice.take_all(&bob.post());
    alice.write_about("bob", "still here?", Some("invoicing")).unwrap();
    bob.take_all(&alice.post());
    bob.write_about("alice", "still here", Some("invoicing")).unwrap();
    alice.take_all(&bob.post());
    assert_eq!(bob.bodies("alice"), ["still here?", "still here"]);
    assert_eq!(alice.bodies("bob"), ["still here?", "still here"]);
    assert!(bob.events().contains(&"revocation_undone".into()));
}

#[test]
fn a_peer_that_was_refused_meanwhile_is_a_peer_again_and_is_told() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.refused_by("bob");
    assert_eq!(alice.peer("bob").state, PeerState::Refused);
    revoke(&bob, "alice", None, false);
    undo(&bob, "alice").unwrap();
    bob.do_tasks();
    alice.take_all(&bob.post());
    assert_eq!(alice.peer("bob").state, PeerState::Paired);
    assert!(alice.notices().iter().any(|text| text.contains("takes your mail again")), "{:?}", alice.notices());
    assert!(!alice.notices().iter().any(|text| text.contains("no longer accepts")), "{:?}", alice.notices());
    alice.write("bob", "hello again").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["hello again"]);
}

#[test]
fn a_block_is_taken_back_too_and_steps_go_back_one_by_one() {
    let (_alice, bob) = pair(&["invoicing", "research", "scheduling"]);
    revoke(&bob, "alice", Some(&["research"]), false);
    revoke(&bob, "alice", Some(&["scheduling"]), false);
    revoke(&bob, "alice", None, false);
    revoke(&bob, "alice", None, true);
    assert_eq!(bob.peer("alice").state, PeerState::Blocked);
    assert_eq!(undo(&bob, "alice").unwrap().scopes, scoped(&["invoicing"]));
    assert_eq!(undo(&bob, "alice").unwrap().scopes, scoped(&["invoicing", "scheduling"]));
    assert_eq!(undo(&bob, "alice").unwrap().scopes, scoped(&["invoicing", "research", "scheduling"]));
    assert!(matches!(undo(&bob, "alice"), Err(UndoError::Nothing { .. })));
}

#[test]
fn after_seven_days_nothing_is_left_to_take_back() {
    let (_alice, mut bob) = pair(&["message"]);
    let key = bob.peer("alice").key;
    revoke(&bob, "alice", None, false);
    assert!(bob.act(|tx, _| sessions::of_peer(tx, key)).unwrap().is_empty(), "nothing opens with them meanwhile");
    bob.now = bob.now.plus(DAY * 7);
    assert!(matches!(undo(&bob, "alice"), Err(UndoError::Nothing { .. })));
    assert_eq!(bob.act(|tx, ctx| undo::delete_expired(tx, ctx.now)).unwrap(), 1, "keys are deleted by then");
}

#[test]
fn what_was_not_sent_stays_unsent() {
    let (mut alice, bob) = pair(&["message"]);
    bob.write("alice", "never mind").unwrap();
    revoke(&bob, "alice", None, false);
    undo(&bob, "alice").unwrap();
    bob.do_tasks();
    alice.take_all(&bob.post());
    assert!(alice.bodies("bob").is_empty());
    assert_eq!(bob.thread("alice")[0].state, State::Refused);
}

#[test]
fn a_pair_made_anew_leaves_nothing_of_the_old_one_to_take_back() {
    let (alice, mut bob) = pair(&["message"]);
    revoke(&bob, "alice", None, false);
    revoke(&alice, "bob", None, false);
    alice.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&alice.post());
    assert!(matches!(undo(&bob, "alice"), Err(UndoError::Nothing { .. })));
    assert!(matches!(undo(&alice, "bob"), Err(UndoError::Nothing { .. })));
    assert!(!matches!(bob.write("alice", "hi"), Err(SendError::Revoked { .. })));
}
