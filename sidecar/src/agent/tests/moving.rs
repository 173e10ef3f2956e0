//! A peer that moves to another relay: believed by its newest terms inside its own session, and by nothing else.

use a2a_proto::address::RelayAuthority;

use crate::agent::Trouble;
use crate::agent::pairing::terms;
use crate::agent::receive::Taken;
use crate::agent::testing::{Parcel, Side, pair};
use crate::store::tasks::{self, Task};

/// The side moves, and tells the peer of that name; the envelopes that say so.
fn moves(side: &mut Side, peer: &str, to: &str) -> Vec<Parcel> {
    side.me.relay = Some(to.parse().unwrap());
    let (key, lane) = (side.peer(peer).key, side.lane());
    side.act(|tx, ctx| tasks::add(tx, &Task::OpenLane(key), ctx.now).map_err(Trouble::from)).unwrap();
    side.act(|tx, ctx| terms::opened(tx, ctx, key, lane)).unwrap();
    side.post()
}

fn lives_at(side: &Side, peer: &str) -> (RelayAuthority, RelayAuthority) {
    let record = side.peer(peer).record;
    (record.relay, record.deposit.unwrap().relay)
}

fn at(relay: &str) -> (RelayAuthority, RelayAuthority) {
    (relay.parse().unwrap(), relay.parse().unwrap())
}

#[test]
fn terms_lead_to_the_new_place_and_the_owner_is_told() {
    let (mut alice, mut bob) = pair(&["message"]);
    bob.write("alice", "on its way to the old place").unwrap();
    let told = moves(&mut alice, "bob", "new.example");
    bob.take_all(&told);
    assert_eq!(lives_at(&bob, "alice"), at("new.example"));
    assert!(bob.notices().iter().any(|text| text.contains("moved to the relay new.example")), "{:?}", bob.notices());
    assert!(bob.events().contains(&"peer_moved".into()));
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["on its way to the old place"]);
}

/// Whoever kept the envelopes of an earlier move, its relay say, cannot lead mail back there.
#[test]
fn what_an_earlier_move_said_arrives_late_and_changes_nothing() {
    let (mut alice, mut bob) = pair(&["message"]);
    let earlier = moves(&mut alice, "bob", "first.example");
    let later = moves(&mut alice, "bob", "second.example");
    bob.take_all(&later);
    assert_eq!(lives_at(&bob, "alice"), at("second.example"));
    bob.take_all(&earlier);
    bob.take_all(&earlier);
    assert_eq!(lives_at(&bob, "alice"), at("second.example"));
}

#[test]
fn a_peers_terms_move_nobody_else_and_changed_ones_move_nobody() {
    let (mut alice, mut bob) = pair(&["message"]);
    let mut carol = Side::new("Carol");
    carol.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&carol.post());
    bob.do_tasks();
    carol.take_all(&bob.post());
    // Through Alice's lane, by Carol.
    let lane = moves(&mut alice, "bob", "new.example")[0].source;
    let mut told = moves(&mut carol, "bob", "evil.example");
    told.iter_mut().for_each(|parcel| parcel.source = lane);
    bob.take_all(&told);
    assert_eq!(lives_at(&bob, "alice"), at("alice.example"));
    assert_eq!(lives_at(&bob, "carol"), at("carol.example"));
    // By whoever changes a byte on the way.
    let mut told = moves(&mut alice, "bob", "newer.example");
    for parcel in &mut told {
        let last = parcel.envelope.len() - 40;
        parcel.envelope[last] ^= 1;
    }
    bob.take_all(&told);
    assert_eq!(lives_at(&bob, "alice"), at("alice.example"));
}

#[test]
fn an_invite_that_mends_a_pair_is_for_its_peer_only() {
    let (alice, mut bob) = pair(&["message"]);
    let carol = Side::new("Carol");
    carol.accept(&bob, bob.invite_for(&["message"], Some(*alice.me.id())));
    assert_eq!(bob.take_all(&carol.post()), [Taken::Dropped]);
    let names: Vec<_> = bob
        .act(|tx, _| crate::store::peers::all(tx).map_err(Trouble::from))
        .unwrap()
        .into_iter()
        .map(|peer| peer.record.petname)
        .collect();
    assert_eq!(names, ["alice"], "somebody else took it up");
}
