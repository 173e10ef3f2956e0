//! Pairing by invite.

use crate::agent::receive::Taken;
use crate::agent::testing::{Side, pair, scoped};
use crate::store::peers::PeerState;

#[test]
fn both_know_each_other_by_name_and_scopes() {
    let (alice, bob) = pair(&["scheduling"]);
    assert_eq!(alice.peer("bob").state, PeerState::Paired);
    assert_eq!(bob.peer("alice").state, PeerState::Paired);
    assert_eq!(alice.peer("bob").record.granted_to_us, scoped(&["scheduling"]));
    assert_eq!(bob.peer("alice").record.granted, scoped(&["scheduling"]));
}

#[test]
fn mail_written_at_once_goes_through_the_invites_lane() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.accept(&bob, bob.invite(&["message"]));
    alice.write("bob", "hello").unwrap();
    let parcels = alice.post();
    assert_eq!(parcels[0].source, parcels[1].source);
    assert_eq!(bob.take_all(&parcels), [Taken::Other, Taken::Message]);
    assert_eq!(bob.bodies("alice"), ["hello"]);
}

#[test]
fn an_invite_pairs_once() {
    let (alice, carol, mut bob) = (Side::new("Alice"), Side::new("Carol"), Side::new("Bob"));
    let invite = bob.invite(&["message"]);
    alice.accept(&bob, invite.clone());
    carol.accept(&bob, invite);
    assert_eq!(bob.take_all(&alice.post()), [Taken::Other]);
    assert_eq!(bob.take_all(&carol.post()), [Taken::Held]);
    assert!(bob.events().iter().filter(|event| *event == "paired").count() == 1);
}

#[test]
fn the_one_time_secret_is_gone_once_used() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    let invite = bob.invite(&["message"]);
    let id = invite.0.id;
    alice.accept(&bob, invite);
    bob.take_all(&alice.post());
    let stored = bob.act(|tx, _| crate::store::invites::find(tx, id)).unwrap().unwrap();
    assert!(!stored.open && stored.record.one_time.is_none());
}

#[test]
fn a_first_flight_delivered_twice_pairs_once() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.accept(&bob, bob.invite(&["message"]));
    let parcels = alice.post();
    bob.take_all(&parcels);
    assert_eq!(bob.take_all(&parcels), [Taken::Dropped]);
}

#[test]
fn from_somebody_already_paired_an_invite_is_a_held_reset() {
    let (alice, mut bob) = pair(&["message"]);
    let twin = bob.invite(&["message", "invoicing"]);
    alice.act(|tx, ctx| crate::agent::pairing::revoke::change(tx, ctx, &revoke("bob"))).unwrap();
    alice.accept(&bob, twin);
    assert_eq!(bob.take_all(&alice.post()), [Taken::Held]);
    assert_eq!(bob.peer("alice").record.granted, scoped(&["message"]));
    assert!(bob.notices().iter().any(|text| text.contains("begin anew")));
}

#[test]
fn who_ended_the_pair_and_redeems_an_invite_is_a_peer_again_once_the_owner_agrees() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.act(|tx, ctx| crate::agent::pairing::revoke::change(tx, ctx, &revoke("bob"))).unwrap();
    let invite = bob.invite(&["message"]);
    let carol = Side::new("Carol");
    alice.accept(&bob, invite.clone());
    alice.write("bob", "written at once").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Held, Taken::Held]);
    carol.accept(&bob, invite);
    assert_eq!(bob.take_all(&carol.post()), [Taken::Held], "the invite is alice's by now");
    assert!(bob.act(|tx, _| crate::store::peers::by_petname(tx, "carol")).unwrap().is_none());

    let request = bob.act(|tx, _| crate::store::requests::all(tx)).unwrap().remove(0);
    let mut peer = bob.peer("alice");
    bob.act(|tx, ctx| crate::agent::reset::begin_anew(tx, ctx, &mut peer, &request.record)).unwrap();
    let left = bob.act(|tx, _| crate::store::sessions::of_peer(tx, peer.key)).unwrap();
    assert_eq!(left.len(), 1, "a session that alice has lost may not outrank the one that she began");
    assert_eq!(bob.bodies("alice"), ["written at once"]);
    bob.do_tasks();
    alice.take_all(&bob.post());
    bob.write("alice", "welcome back").unwrap();
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob").last().unwrap(), "welcome back");
    alice.write("bob", "thank you").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice").last().unwrap(), "thank you");
}

#[test]
fn a_blocked_agent_cannot_use_an_invite() {
    let (alice, mut bob) = pair(&["message"]);
    let block = crate::agent::Revoke { block: true, ..revoke("alice") };
    bob.act(|tx, ctx| crate::agent::pairing::revoke::change(tx, ctx, &block)).unwrap();
    alice.act(|tx, ctx| crate::agent::pairing::revoke::change(tx, ctx, &revoke("bob"))).unwrap();
    alice.accept(&bob, bob.invite(&["message"]));
    assert_eq!(bob.take_all(&alice.post()), [Taken::Dropped]);
    assert_eq!(bob.peer("alice").state, PeerState::Blocked);
}

fn revoke(peer: &str) -> crate::agent::Revoke {
    crate::agent::Revoke { peer: peer.into(), ..crate::agent::Revoke::default() }
}
