//! Lanes that a relay lost, in every order in which the two sides of a pair may notice.

use std::time::Duration;

use a2a_proto::api::mailbox::Source;
use a2a_proto::id::LaneId;

use crate::agent::mail::flush;
use crate::agent::pairing::again;
use crate::agent::pairing::revoke::change;
use crate::agent::receive::Taken;
use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{Revoke, Trouble, cursor};
use crate::store::peers::PeerState;
use crate::store::tasks::{self, Task};
use crate::store::{lanes, outbox};

/// The side finds that its relay has none of its lanes, and opens them again.
fn opens_again(side: &Side) {
    let lost = side.act(|tx, ctx| {
        let ours = again::ours(tx, ctx)?;
        again::note_lost(tx, ctx, &ours, &[])
    });
    assert!(lost.unwrap(), "there are lanes");
    side.do_tasks();
}

/// Whatever waits for the peer is refused at the peer's relay.
fn bounces(side: &Side, name: &str) {
    let peer = side.peer(name);
    side.act(|tx, ctx| flush::refused(tx, ctx, peer).map_err(Trouble::from)).unwrap();
    assert!(side.post().is_empty());
    assert_eq!(side.peer(name).state, PeerState::Refused);
}

/// Delivers one to the other until nobody has anything to say; tells how many envelopes that took.
fn settle(alice: &mut Side, bob: &mut Side) -> usize {
    let mut count = 0;
    loop {
        let (from_alice, from_bob) = (alice.post(), bob.post());
        if from_alice.is_empty() && from_bob.is_empty() {
            return count;
        }
        count += from_alice.len() + from_bob.len();
        assert!(count < 20, "they answer each other for ever");
        bob.take_all(&from_alice);
        alice.take_all(&from_bob);
    }
}

/// Both are a pair, and mail goes both ways, through the lanes that they had.
fn goes_on(alice: &mut Side, bob: &mut Side, (to_bob, to_alice): (Source, Source)) {
    assert_eq!((alice.peer("bob").state, bob.peer("alice").state), (PeerState::Paired, PeerState::Paired));
    alice.write("bob", "there again").unwrap();
    bob.write("alice", "here again").unwrap();
    let (from_alice, from_bob) = (alice.post(), bob.post());
    assert_eq!((source(&from_alice), source(&from_bob)), (to_bob, to_alice), "no peer has to learn a new lane");
    assert_eq!((bob.take_all(&from_alice), alice.take_all(&from_bob)), (vec![Taken::Message], vec![Taken::Message]));
}

fn source(parcels: &[Parcel]) -> Source {
    assert_eq!(parcels.len(), 1);
    parcels[0].source
}

/// The lanes in use, to Bob and to Alice.
fn in_use(alice: &Side, bob: &Side) -> (Source, Source) {
    let of = |side: &Side, name: &str| Source::Lane(side.peer(name).record.deposit.unwrap().lane);
    (of(alice, "bob"), of(bob, "alice"))
}

#[test]
fn a_relay_that_went_back_is_looked_after() {
    let (_alice, bob) = pair(&["message"]);
    let waits = || bob.act(|tx, _| tasks::waits(tx, &Task::RelayWentBack).map_err(Trouble::from)).unwrap();
    assert!(!waits());
    bob.act(|tx, ctx| {
        cursor::Mailbox::Own.begin_at(tx, 20)?;
        let before = cursor::Mailbox::Own.place_in(tx)?;
        cursor::Mailbox::Own.judge(tx, ctx, before, 10)
    })
    .unwrap();
    assert!(waits());
}

#[test]
fn a_lane_is_opened_again_with_its_key_and_told() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    let before = (alice.peer("bob").record.terms_taken, bob.peer("alice").record.terms_taken);
    opens_again(&bob);
    assert_eq!(settle(&mut alice, &mut bob), 1, "Bob's terms, and no answer");
    opens_again(&alice);
    assert_eq!(settle(&mut alice, &mut bob), 1);
    goes_on(&mut alice, &mut bob, used);
    assert!(alice.peer("bob").record.terms_taken > before.0 && bob.peer("alice").record.terms_taken > before.1);
    assert!(alice.notices().iter().all(|text| !text.contains("takes your mail again")), "nothing was wrong");
}

/// Alice's terms come while Bob's lane is still lost.
#[test]
fn whoever_is_first_is_refused_and_told_by_the_second() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    opens_again(&alice);
    bounces(&alice, "bob");
    opens_again(&bob);
    assert_eq!(settle(&mut alice, &mut bob), 2, "his terms, and hers");
    goes_on(&mut alice, &mut bob, used);
    assert!(alice.notices().iter().any(|text| text.contains("takes your mail again")), "{:?}", alice.notices());
}

#[test]
fn both_were_refused_before_either_noticed() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    alice.refused_by("bob");
    bob.refused_by("alice");
    opens_again(&alice);
    bounces(&alice, "bob");
    opens_again(&bob);
    assert_eq!(settle(&mut alice, &mut bob), 3, "his terms, hers, and his, who is one again by hers");
    goes_on(&mut alice, &mut bob, used);
}

#[test]
fn both_were_refused_and_open_again_at_once() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    alice.refused_by("bob");
    bob.refused_by("alice");
    opens_again(&alice);
    opens_again(&bob);
    assert!(settle(&mut alice, &mut bob) <= 4);
    goes_on(&mut alice, &mut bob, used);
}

#[test]
fn only_one_lane_was_lost_and_its_user_refused() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    bob.refused_by("alice");
    opens_again(&alice);
    assert_eq!(settle(&mut alice, &mut bob), 2);
    goes_on(&mut alice, &mut bob, used);
}

/// Terms that say a lane again were dropped by a refusal that came after those of the peer.
#[test]
fn a_refusal_from_before_the_lane_was_told_again_ends_nothing() {
    let (mut alice, mut bob) = pair(&["message"]);
    let used = in_use(&alice, &bob);
    alice.write("bob", "under way").unwrap();
    let holder = [1; 16];
    let lease = |side: &Side| {
        let until = side.now.plus(Duration::from_secs(60));
        side.act(|tx, ctx| outbox::lease(tx, &holder, ctx.now, until, None).map_err(Trouble::from)).unwrap().remove(0)
    };
    let waiting = lease(&alice);
    let begun = alice.peer("bob");
    opens_again(&bob);
    alice.take_all(&bob.post());
    alice.act(|tx, ctx| flush::refused_since(tx, ctx, &holder, waiting, &begun).map_err(Trouble::from)).unwrap();
    assert_eq!(alice.peer("bob").state, PeerState::Paired);
    alice.now = alice.now.plus(Duration::from_secs(60));
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
    goes_on(&mut alice, &mut bob, used);
}

#[test]
fn a_pair_that_was_ended_stays_ended() {
    let (alice, mut bob) = pair(&["message"]);
    let revoke = Revoke { peer: "alice".into(), ..Revoke::default() };
    bob.act(|tx, ctx| change(tx, ctx, &revoke)).unwrap();
    alice.refused_by("bob");
    let told = alice.notices().len();
    // Alice's relay lost her lane; Bob's has his again, which he closed.
    opens_again(&alice);
    assert_eq!(bob.take_all(&alice.post()), [Taken::Dropped]);
    assert_eq!((alice.peer("bob").state, bob.peer("alice").state), (PeerState::Refused, PeerState::Revoked));
    opens_again(&alice);
    bounces(&alice, "bob");
    assert_eq!(alice.notices().len(), told, "and she is not told anew");
    let lost = bob.act(|tx, ctx| Ok::<_, Trouble>(again::ours(tx, ctx)?.len())).unwrap();
    assert_eq!(lost, 0, "who ended it opens nothing again");
}

/// The peer is told the newest of them, once it is there.
#[test]
fn of_two_lanes_the_newest_is_told() {
    let (mut alice, mut bob) = pair(&["message"]);
    let key = bob.peer("alice").key;
    bob.act(|tx, ctx| tasks::add(tx, &Task::OpenLane(key), ctx.now).map_err(Trouble::from)).unwrap();
    bob.do_tasks();
    settle(&mut alice, &mut bob);
    let used = in_use(&alice, &bob);
    let ours = bob.act(again::ours).unwrap();
    bob.act(|tx, ctx| again::note_lost(tx, ctx, &ours, &[])).unwrap();
    bob.act(|tx, ctx| again::opened(tx, ctx, ours[0])).unwrap();
    assert!(bob.post().is_empty(), "the lane in use is not there yet");
    bob.act(|tx, ctx| again::opened(tx, ctx, ours[1])).unwrap();
    assert_eq!(settle(&mut alice, &mut bob), 1);
    goes_on(&mut alice, &mut bob, used);
}

/// The pair ended between the look and the relay's answer.
#[test]
fn a_lane_that_was_closed_meanwhile_is_closed_again() {
    let (_alice, bob) = pair(&["message"]);
    let lane = bob.act(again::ours).unwrap().remove(0);
    let revoke = Revoke { peer: "alice".into(), ..Revoke::default() };
    bob.act(|tx, ctx| change(tx, ctx, &revoke)).unwrap();
    bob.do_tasks();
    bob.act(|tx, ctx| again::opened(tx, ctx, lane)).unwrap();
    assert!(bob.act(|tx, _| tasks::waits(tx, &Task::CloseLane(lane)).map_err(Trouble::from)).unwrap());
}

/// The pair ended, and an earlier try whose answer was lost may have opened its lane.
#[test]
fn a_lane_that_may_have_been_opened_for_nobody_is_closed() {
    let (_alice, bob) = pair(&["message"]);
    let lane = bob.act(again::ours).unwrap().remove(0);
    let closes = |side: &Side| {
        side.act(|tx, ctx| again::given_up(tx, ctx, lane)).unwrap();
        side.act(|tx, _| tasks::waits(tx, &Task::CloseLane(lane)).map_err(Trouble::from)).unwrap()
    };
    assert!(!closes(&bob), "a pair's lane stays");
    let revoke = Revoke { peer: "alice".into(), ..Revoke::default() };
    bob.act(|tx, ctx| change(tx, ctx, &revoke)).unwrap();
    bob.do_tasks();
    assert!(closes(&bob));
}

#[test]
fn the_owner_is_told_once_of_invites_that_were_lost() {
    let (_alice, mut bob) = pair(&["message"]);
    for _ in 0..2 {
        bob.invite(&["message"]);
    }
    let look = |side: &Side, there: &dyn Fn(&[LaneId]) -> Vec<LaneId>| {
        let ours = side.act(again::invites).unwrap();
        let there = there(&ours.iter().map(|(_, lane)| *lane).collect::<Vec<_>>());
        side.act(|tx, ctx| again::note_lost_invites(tx, ctx, &ours, &there)).unwrap();
    };
    let told =
        |side: &Side| side.notices().into_iter().filter(|text| text.contains("lead nowhere")).collect::<Vec<_>>();
    look(&bob, &<[LaneId]>::to_vec);
    assert!(told(&bob).is_empty());
    look(&bob, &|ours| vec![ours[0]]);
    assert!(told(&bob)[0].starts_with("An invite link of yours"), "{:?}", told(&bob));
    look(&bob, &|_| Vec::new());
    look(&bob, &|_| Vec::new());
    assert!(told(&bob)[0].starts_with("2 invite links"), "{:?}", told(&bob));
    assert_eq!(
        bob.events().iter().filter(|event| *event == "invite_lost").count(),
        2,
        "not the one that Alice took up"
    );
    // One that ends within the hour may have ended there already.
    bob.invite(&["message"]);
    bob.now = bob.now.plus(Duration::from_secs(23 * 60 * 60 + 1));
    look(&bob, &|_| Vec::new());
    assert!(told(&bob)[0].starts_with("2 invite links"));
}

#[test]
fn the_lanes_of_another_relay_are_not_shown_to_this_one() {
    let (_alice, mut bob) = pair(&["message"]);
    let ours = |side: &Side| side.act(again::ours).unwrap().len();
    assert_eq!(ours(&bob), 1, "and no invite's");
    bob.me.relay = Some("new.example".parse().unwrap());
    assert_eq!(ours(&bob), 0);
}

#[test]
fn a_lane_that_stands_in_anothers_mailbox_is_replaced() {
    let (mut alice, mut bob) = pair(&["message"]);
    let lane = bob.act(again::ours).unwrap().remove(0);
    bob.act(|tx, ctx| again::replace(tx, ctx, lane)).unwrap();
    bob.do_tasks();
    settle(&mut alice, &mut bob);
    let (to_bob, _) = in_use(&alice, &bob);
    assert_ne!(to_bob, Source::Lane(lane));
    assert!(!bob.act(|tx, _| lanes::find(tx, lane)).unwrap().unwrap().open);
    alice.write("bob", "through the new one").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
}
