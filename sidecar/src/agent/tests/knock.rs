//! Knocks: quarantined, approved or declined by the owner.

use crate::agent::consent::Action;
use crate::agent::pairing::requests::Seen;
use crate::agent::pairing::{requests as rules, revoke};
use crate::agent::receive::Taken;
use crate::agent::testing::{Side, scoped};
use crate::agent::{ApprovedBy, AuthorizeError, Revoke, SendError};
use crate::store::peers::PeerState;
use crate::store::requests::{self, Request};

fn only_request(side: &Side) -> Request {
    let mut all = side.act(|tx, _| requests::all(tx)).unwrap();
    assert_eq!(all.len(), 1);
    all.remove(0)
}

#[test]
fn a_knock_waits_for_the_owner_and_is_edited() {
    let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    let asked = alice.knock(&bob, "from the conference");
    let name = asked.record.petname;
    assert!(matches!(alice.write(&name, "hi"), Err(SendError::NotAnswered { .. })));
    assert_eq!(bob.take_all(&alice.post()), [Taken::Other]);

    let request = only_request(&bob);
    assert_eq!(request.record.text, "from the conference");
    assert!(!bob.notices().iter().any(|text| text.contains("conference") || text.contains("Alice")), "quarantined");

    bob.act(|tx, ctx| rules::let_in(tx, ctx, &request, scoped(&["casual"]), crate::agent::Bounds::default())).unwrap();
    bob.do_tasks();
    alice.take_all(&bob.post());
    assert_eq!(alice.peer("bob").state, PeerState::Paired);
    assert_eq!(alice.peer("bob").record.granted_to_us, scoped(&["casual"]));
    alice.write(&name, "hi").unwrap();
    bob.take_all(&alice.post());
    assert_eq!(bob.bodies("alice"), ["hi"]);
}

#[test]
fn a_petname_made_of_safety_words_stays_until_the_owner_changes_it() {
    let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    let name = alice.knock_at(&bob, "", crate::agent::pairing::enrol::Introduction::default()).record.petname;
    assert_eq!(name, crate::agent::petname::provisional(bob.me.id()));
    bob.take_all(&alice.post());
    let request = only_request(&bob);
    bob.act(|tx, ctx| rules::let_in(tx, ctx, &request, scoped(&["message"]), crate::agent::Bounds::default())).unwrap();
    bob.do_tasks();
    bob.write("alice", "it is me").unwrap();
    alice.take_all(&bob.post());
    let peer = alice.peer(&name);
    assert_eq!((peer.state, peer.record.display_name.as_str()), (PeerState::Paired, "Bob"));
    let hint = format!("`a2a peers rename {name} bob`");
    assert!(alice.notices().iter().any(|text| text.contains(&hint)), "{:?}", alice.notices());
}

#[test]
fn a_replayed_knock_is_dropped() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.knock(&bob, "");
    let parcels = alice.post();
    bob.take_all(&parcels);
    let request = only_request(&bob);
    bob.act(|tx, _| requests::delete(tx, &request.request_id)).unwrap();
    assert_eq!(bob.take_all(&parcels), [Taken::Dropped]);
    assert!(bob.act(|tx, _| requests::all(tx)).unwrap().is_empty());
}

#[test]
fn a_declined_stranger_is_never_heard_again() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.knock(&bob, "");
    bob.take_all(&alice.post());
    let decline = Revoke { peer: only_request(&bob).request_id, ..Revoke::default() };
    bob.act(|tx, ctx| revoke::change(tx, ctx, &decline)).unwrap();
    assert!(bob.post().is_empty(), "declining is silent");

    alice.knock(&bob, "please");
    assert_eq!(bob.take_all(&alice.post()), [Taken::Dropped]);
    assert!(bob.act(|tx, _| requests::all(tx)).unwrap().is_empty());
}

#[test]
fn knocks_that_cross_lead_to_one_pair_that_talks_both_ways() {
    let (mut alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.knock(&bob, "");
    bob.knock(&alice, "");
    let (from_alice, from_bob) = (alice.post(), bob.post());
    bob.take_all(&from_alice);
    alice.take_all(&from_bob);
    for side in [&alice, &bob] {
        let request = only_request(side);
        side.act(|tx, ctx| rules::let_in(tx, ctx, &request, scoped(&["message"]), crate::agent::Bounds::default()))
            .unwrap();
        side.do_tasks();
    }
    let (from_alice, from_bob) = (alice.post(), bob.post());
    bob.take_all(&from_alice);
    alice.take_all(&from_bob);
    alice.write("bob", "ping").unwrap();
    bob.take_all(&alice.post());
    bob.write("alice", "pong").unwrap();
    alice.take_all(&bob.post());
    assert_eq!(alice.bodies("bob"), ["ping", "pong"]);
    assert_eq!(bob.bodies("alice"), ["ping", "pong"]);
}

/// What the owner saw; `sent` is what the stranger had sent then.
fn seen(side: &Side) -> Seen {
    let request = only_request(side);
    Seen { sent: rules::digest(&request.record).unwrap(), request_id: request.request_id }
}

#[test]
fn who_asks_again_with_other_words_is_not_let_in_on_the_yes_to_the_first() {
    let (mut mallory, mut bob) = (Side::new("Mallory"), Side::new("Bob"));
    let grant = || (scoped(&["message"]), crate::agent::Bounds::default());
    let approve =
        |side: &Side, seen: &Seen| side.act(|tx, ctx| rules::approve_in(tx, ctx, seen, grant(), ApprovedBy::TERMINAL));
    mallory.knock(&bob, "it is Mallory, from the conference");
    bob.take_all(&mallory.post());
    let first = seen(&bob);
    mallory.me.display_name = "Alice".into();
    mallory.knock(&bob, "");
    bob.take_all(&mallory.post());
    let second = seen(&bob);
    assert_eq!(first.request_id, second.request_id, "it stands under the same id");
    assert!(matches!(approve(&bob, &first), Err(AuthorizeError::RequestChanged)));
    assert!(!bob.events().contains(&"request_approved".into()), "somebody else was let in");
    assert_eq!(approve(&bob, &second).unwrap().record.petname, "alice");
}

#[test]
fn an_act_that_rests_without_what_was_sent_is_read_and_lets_nobody_in() {
    let (alice, mut bob) = (Side::new("Alice"), Side::new("Bob"));
    alice.knock(&bob, "");
    bob.take_all(&alice.post());
    let (Request { request_id, record, .. }, sent) = (only_request(&bob), seen(&bob).sent);
    let reset = Action::AcceptReset { request_id: request_id.clone(), agent_id: record.agent_id, sent };
    let knock = Action::ApproveRequest {
        request_id: request_id.clone(),
        agent_id: record.agent_id,
        relay: record.relay,
        display_name: record.display_name,
        text: record.text,
        requested: record.requested.clone(),
        granted: record.requested,
        bounds: crate::agent::Bounds::default(),
        sent,
    };
    for act in [reset, knock] {
        let mut resting = serde_json::to_value(act).unwrap();
        let fields = resting.as_object_mut().unwrap().values_mut().next().unwrap();
        assert!(fields.as_object_mut().unwrap().remove("sent").is_some());
        let act: Action = serde_json::from_value(resting).unwrap();
        let (Action::AcceptReset { sent, .. } | Action::ApproveRequest { sent, .. }) = act else {
            panic!("another act")
        };
        let seen = Seen { request_id: request_id.clone(), sent };
        let found = bob.act(|tx, _| seen.find(tx).map(drop));
        assert!(matches!(found, Err(AuthorizeError::RequestChanged)));
    }
}
