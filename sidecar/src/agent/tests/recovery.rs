//! A device that follows another: who is heard, what is sent again, what a backup leaves out.

use std::time::Duration;

use a2a_proto::card::Capability;

use crate::agent::me::Me;
use crate::agent::pairing::requests::{Seen, approve_in, digest};
use crate::agent::pairing::{revoke, terms};
use crate::agent::receive::Taken;
use crate::agent::recovery::{backup, rotate};
use crate::agent::testing::{Side, pair, scoped};
use crate::agent::{ApprovedBy, AuthorizeError, Bounds, Revoke, Trouble, for_peers, reset};
use crate::store::requests::{self, Kind};
use crate::store::tasks::{self, Task};
use crate::store::{identity, invites, meta, outbox, prekeys, sessions};

/// Gives a side a new device, and returns the old one.
pub(super) fn rotate(side: &mut Side) -> Me {
    side.act(|tx, ctx| rotate::write_down(tx, ctx, None)).unwrap();
    let record = side.act(|tx, _| identity::load(tx)).unwrap().unwrap();
    std::mem::replace(&mut side.me, Me::from_record(&record).unwrap())
}

/// Begins anew on Alice's side, as her task would.
pub(super) fn begin(alice: &Side, bob: &Side) {
    let (key, bundle) = (alice.peer("bob").key, bob.bundle());
    alice.act(|tx, ctx| reset::write_down(tx, ctx, key, &bundle, None)).unwrap();
}

#[test]
fn a_new_device_is_heard_at_once_and_both_go_on() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "never handed over").unwrap();
    rotate(&mut alice);
    begin(&alice, &bob);
    bob.take_all(&alice.post());
    assert!(bob.events().contains(&"reset_accepted".into()));
    assert_eq!(bob.bodies("alice"), ["never handed over"], "what waited is sealed by the new device");
    bob.do_tasks();
    bob.write("alice", "welcome back").unwrap();
    alice.take_all(&bob.post());
    assert!(alice.bodies("bob").contains(&"welcome back".into()));
}

#[test]
fn a_pair_made_just_before_a_rotation_goes_on_with_the_new_device() {
    let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&alice.post());
    rotate(&mut bob);
    bob.write("alice", "written in between").unwrap();
    let (key, bundle, lane) = (bob.peer("alice").key, alice.bundle(), bob.lane());
    let (opens, begins) = (Task::OpenLane(key), Task::Reset(key, None));
    let waits = |bob: &Side, task: &Task| bob.act(|tx, _| tasks::waits(tx, task)).unwrap();
    let take_up = |bob: &Side| bob.act(|tx, ctx| reset::take_up(tx, ctx, key, Some(&bundle), None)).unwrap();

    bob.act(|tx, _| tasks::done(tx, &opens)).unwrap();
    take_up(&bob);
    assert!(waits(&bob, &begins), "the peer has no lane to answer through");
    assert!(waits(&bob, &opens), "nobody opens one");
    bob.act(|tx, ctx| terms::opened(tx, ctx, key, lane)).unwrap();
    assert!(!waits(&bob, &opens), "it would be opened again and again");
    take_up(&bob);
    assert!(!waits(&bob, &begins));

    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["written in between"]);
    alice.do_tasks();
    alice.write("bob", "good to hear").unwrap();
    bob.take_all(&alice.post());
    assert!(bob.bodies("alice").contains(&"good to hear".into()));
}

#[test]
fn what_waited_for_the_old_device_reaches_the_new_one() {
    let (mut alice, mut bob) = pair(&["message"]);
    bob.write("alice", "written while the relay was away").unwrap();
    rotate(&mut alice);
    begin(&alice, &bob);
    bob.take_all(&alice.post());
    bob.do_tasks();
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["written while the relay was away"]);
}

#[test]
fn a_knock_by_the_new_device_waits_for_the_owner_and_one_by_the_old_is_dropped() {
    let (mut alice, mut bob) = pair(&["message"]);
    let old = rotate(&mut alice);
    begin(&alice, &bob);
    bob.take_all(&alice.post());
    // Each on a machine that knows nothing of the pair.
    let (mut thief, mut blank) = (Side::new("Thief"), Side::new("Blank"));
    thief.me = old;
    thief.knock(&bob, "let me in");
    assert_eq!(bob.take_all(&thief.post()), [Taken::Dropped]);
    assert!(bob.act(|tx, _| requests::all(tx)).unwrap().is_empty());
    assert!(bob.events().contains(&"reset_refused".into()));

    rotate(&mut alice);
    std::mem::swap(&mut blank.me, &mut alice.me);
    blank.knock(&bob, "it is me again");
    assert_eq!(bob.take_all(&blank.post()), [Taken::Held]);
    let waiting = bob.act(|tx, _| requests::all(tx)).unwrap();
    assert_eq!(waiting.iter().map(|request| request.kind).collect::<Vec<_>>(), [Kind::Reset]);
}

/// How a pair comes to an end or is asked for again, in Bob's store.
const NO_LONGER_PAIRED: [fn(&Side, &Side); 3] = [
    |bob, _| bob.refused_by("alice"),
    |bob, _| ends(bob, "alice"),
    |bob, alice| {
        ends(bob, "alice");
        bob.knock(alice, "let us pair again");
    },
];

fn ends(side: &Side, peer: &str) {
    let revoke = Revoke { peer: peer.into(), ..Revoke::default() };
    side.act(|tx, ctx| revoke::change(tx, ctx, &revoke)).unwrap();
}

/// What a machine with Alice's device before this one gets from Bob, once that pair no longer stands.
fn old_device_is_dropped(asks: fn(&Side, &Side)) {
    for no_longer_paired in NO_LONGER_PAIRED {
        let (mut alice, mut bob) = pair(&["message"]);
        let mut thief = Side::new("Thief");
        thief.me = rotate(&mut alice);
        begin(&alice, &bob);
        bob.take_all(&alice.post());
        no_longer_paired(&bob, &alice);
        let state = bob.peer("alice").state;
        asks(&thief, &bob);
        assert_eq!(bob.take_all(&thief.post()), [Taken::Dropped], "{state:?}");
        assert!(bob.act(|tx, _| requests::all(tx)).unwrap().is_empty(), "{state:?}");
        assert_eq!(bob.peer("alice").state, state);
        assert!(bob.events().contains(&"reset_refused".into()));
    }
}

#[test]
fn a_knock_by_an_old_device_is_dropped_whatever_became_of_the_pair() {
    old_device_is_dropped(|thief, bob| drop(thief.knock(bob, "let me in")));
}

#[test]
fn an_invite_taken_up_by_an_old_device_pairs_nobody_whatever_became_of_the_pair() {
    old_device_is_dropped(|thief, bob| drop(thief.accept(bob, bob.invite(&["message"]))));
}

#[test]
fn a_yes_to_a_request_is_void_once_another_device_followed_the_one_that_asked() {
    let (mut alice, mut bob, mut thief) = (Side::new("Alice"), Side::new("Bob"), Side::new("Thief"));
    thief.me = rotate(&mut alice);
    thief.knock(&bob, "let me in");
    bob.take_all(&thief.post());
    let request = bob.act(|tx, _| requests::all(tx)).unwrap().remove(0);
    let seen = Seen { sent: digest(&request.record).unwrap(), request_id: request.request_id };
    alice.accept(&bob, bob.invite(&["message"]));
    assert_eq!(bob.take_all(&alice.post()), [Taken::Other]);
    let grant = (scoped(&["message"]), Bounds::default());
    let approved = bob.act(|tx, ctx| approve_in(tx, ctx, &seen, grant, ApprovedBy::TERMINAL));
    assert!(matches!(approved, Err(AuthorizeError::OldDevice)));
    alice.write("bob", "still heard").unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
}

#[test]
fn mail_of_the_old_device_is_kept_closed() {
    let (mut alice, mut bob) = pair(&["message"]);
    alice.write("bob", "by the old device, under way").unwrap();
    let late = alice.post();
    rotate(&mut alice);
    begin(&alice, &bob);
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["by the old device, under way"], "the new device sends it again");
    assert_eq!(bob.take_all(&late), [Taken::Held]);
}

#[test]
fn two_new_devices_within_an_hour_wait_for_the_peers_owner() {
    let (mut alice, mut bob) = pair(&["message"]);
    for expected in [Taken::Other, Taken::Held] {
        rotate(&mut alice);
        begin(&alice, &bob);
        assert_eq!(bob.take_all(&alice.post()).first(), Some(&expected));
        bob.now = bob.now.plus(Duration::from_secs(60));
    }
}

#[test]
fn a_rotation_forgets_what_the_old_device_had_open_and_tells_every_peer() {
    let (mut alice, _bob) = pair(&["message"]);
    alice.bundle();
    alice.write("bob", "waits").unwrap();
    let (_, key) = (alice.invite(&["message"]), alice.peer("bob").key);
    rotate(&mut alice);
    let (open, waiting, has_prekey, invited, told) = alice
        .act(|tx, ctx| {
            let open = sessions::of_peer(tx, key)?.len();
            let invited = invites::any_open(tx, ctx.now)?;
            let told = tasks::waits(tx, &Task::Reset(key, None))?;
            Ok::<_, Trouble>((open, outbox::len(tx)?, prekeys::newest(tx)?.is_some(), invited, told))
        })
        .unwrap();
    assert_eq!((open, waiting, has_prekey, invited), (0, 0, false, false), "a copy of the machine could go on with it");
    assert!(told, "the peer is not told");
}

#[test]
fn a_backup_holds_nothing_that_only_its_device_may_use() {
    let (alice, _bob) = pair(&["message"]);
    alice.bundle();
    alice.write("bob", "waits").unwrap();
    let key = alice.peer("bob").key;
    let count = |side: &Side| {
        side.act(|tx, _| {
            let has_prekey = prekeys::newest(tx)?.is_some();
            Ok::<_, Trouble>((sessions::of_peer(tx, key)?.len(), outbox::len(tx)?, has_prekey))
        })
        .unwrap()
    };
    assert_eq!(count(&alice), (1, 1, true), "there is something to leave out");
    let now = alice.now;
    alice.act(|tx, _| backup::strip(tx, now)).map(drop).unwrap();
    assert_eq!(count(&alice), (0, 0, false));
    let record = alice.act(|tx, _| identity::load(tx)).unwrap().unwrap();
    assert!(record.device.0.is_empty(), "the device's keys are in it");
    assert_eq!(alice.bodies("bob"), ["waits"]);
}

/// Restored from a backup older than its first list, a device does not know that there was one, and takes nothing back.
#[test]
fn what_the_device_before_told_peers_that_it_takes_is_void() {
    let (mut alice, mut bob) = pair(&["message"]);
    let taxi = Capability { id: "taxi".into(), title: "Taxi".into(), description: String::new(), schema: None };
    let tells = |side: &Side| {
        side.act(for_peers::tell_next).unwrap();
        side.post()
    };
    let known = |side: &Side| {
        let key = side.peer("alice").key;
        let list = side.act(|tx, _| for_peers::all_of(tx, key).map_err(Trouble::from)).unwrap();
        list.into_iter().map(|one| one.id).collect::<Vec<_>>()
    };
    alice.act(|tx, ctx| for_peers::replace(tx, ctx, vec![taxi.clone()], ApprovedBy::TERMINAL)).unwrap();
    bob.take_all(&tells(&alice));
    alice.act(|tx, ctx| for_peers::replace(tx, ctx, vec![taxi.clone()], ApprovedBy::TERMINAL)).unwrap();
    let late = tells(&alice);
    assert_eq!(known(&bob), ["taxi"]);

    rotate(&mut alice);
    alice.act(|tx, _| meta::remove(tx, "peer_capabilities")).unwrap();
    begin(&alice, &bob);
    bob.take_all(&alice.post());
    assert!(known(&bob).is_empty(), "a list that nobody can take back any more");
    bob.take_all(&late);
    assert!(known(&bob).is_empty(), "the device before still counts");

    alice.act(|tx, ctx| for_peers::replace(tx, ctx, vec![taxi], ApprovedBy::TERMINAL)).unwrap();
    bob.take_all(&tells(&alice));
    assert_eq!(known(&bob), ["taxi"], "the new device's own list counts");
}
