//! Lists for peers only: told to each once in every session, the newest holds, and they bind both sides.

use a2a_proto::card::Capability;
use serde_json::json;

use crate::agent::consent::{Action, Asked, ask_in};
use crate::agent::mail::send;
use crate::agent::receive::Taken;
use crate::agent::testing::{Parcel, Side, pair};
use crate::agent::{ApprovedBy, DetailValue, Draft, SendError, Trouble, for_peers};
use crate::store::{cards, peer_capabilities};

fn takes(id: &str, needs: &str) -> Capability {
    let schema = json!({ "type": "object", "required": [needs] }).to_string();
    Capability { id: id.into(), title: "Takes it".into(), description: String::new(), schema: Some(schema) }
}

fn sets(side: &Side, list: Vec<Capability>) {
    side.act(|tx, ctx| for_peers::replace(tx, ctx, list, ApprovedBy::TERMINAL)).unwrap();
}

/// What the side tells by itself.
fn tells(side: &Side) -> Vec<Parcel> {
    for _ in 0..4 {
        side.act(for_peers::tell_next).unwrap();
    }
    side.post()
}

/// The names of what a peer takes, by what we know.
fn known(side: &Side, name: &str) -> Vec<String> {
    let key = side.peer(name).key;
    let all = side.act(|tx, _| for_peers::all_of(tx, key).map_err(Trouble::from)).unwrap();
    all.into_iter().map(|one| one.id).collect()
}

fn asks(side: &Side, payload: &serde_json::Value) -> Result<send::Written, SendError> {
    let draft = Draft {
        recipient: "bob".into(),
        intent: Some("taxi".parse().unwrap()),
        payload: Some(payload.clone()),
        ..Draft::default()
    };
    side.act(|tx, ctx| send::write_down(tx, ctx, draft))
}

#[test]
fn peers_are_told_once_and_again_when_it_changes_or_is_taken_back() {
    let (mut alice, bob) = pair(&["message"]);
    assert!(tells(&bob).is_empty(), "told without a list");
    sets(&bob, vec![takes("taxi", "where")]);
    alice.take_all(&tells(&bob));
    assert_eq!(known(&alice, "bob"), ["taxi"]);
    assert!(alice.events().contains(&"peer_capabilities".into()));
    assert!(tells(&bob).is_empty(), "told twice");

    sets(&bob, vec![takes("taxi", "where"), takes("flat", "city")]);
    alice.take_all(&tells(&bob));
    assert_eq!(known(&alice, "bob"), ["taxi", "flat"]);

    sets(&bob, Vec::new());
    alice.take_all(&tells(&bob));
    assert!(known(&alice, "bob").is_empty(), "still known after it was taken back");
    assert!(tells(&bob).is_empty());
}

#[test]
fn a_peer_that_comes_later_is_told_and_one_whose_pair_ended_is_not() {
    let (alice, mut bob) = pair(&["message"]);
    sets(&bob, vec![takes("taxi", "where")]);
    alice.refused_by("bob");
    let mut carol = Side::new("Carol");
    carol.accept(&bob, bob.invite(&["message"]));
    bob.take_all(&carol.post());
    bob.do_tasks();
    let everything = bob.post();
    carol.take_all(&everything);
    carol.take_all(&tells(&bob));
    assert_eq!(known(&carol, "bob"), ["taxi"]);
    // On Alice's side Bob does not take her mail any more: she tells him nothing.
    sets(&alice, vec![takes("flat", "city")]);
    assert!(tells(&alice).is_empty());
}

#[test]
fn an_older_list_that_arrives_late_changes_nothing() {
    let (mut alice, bob) = pair(&["message"]);
    sets(&bob, vec![takes("taxi", "where")]);
    let first = tells(&bob);
    sets(&bob, vec![takes("flat", "city")]);
    let second = tells(&bob);
    alice.take_all(&second);
    alice.take_all(&first);
    assert_eq!(known(&alice, "bob"), ["flat"]);
}

#[test]
fn a_new_session_is_told_anew() {
    let (mut alice, bob) = pair(&["message"]);
    sets(&bob, vec![takes("taxi", "where")]);
    alice.take_all(&tells(&bob));
    // As after a restore: the list is gone, and so is the session.
    let key = alice.peer("bob").key;
    alice
        .act(|tx, _| {
            let none = peer_capabilities::TheirList::new(a2a_proto::counter::Counter::new(0, 0), Vec::new(), alice.now);
            peer_capabilities::put(tx, key, &none).map_err(Trouble::from)
        })
        .unwrap();
    assert!(known(&alice, "bob").is_empty());
    bob.act(|tx, ctx| {
        let alices = crate::store::peers::by_petname(tx, "alice")?.unwrap().key;
        let session = crate::store::sessions::of_peer(tx, alices)?.remove(0);
        crate::store::sessions::delete_of_peer(tx, alices)?;
        crate::store::sessions::save(tx, alices, &session, ctx.now).map_err(Trouble::from)
    })
    .unwrap();
    alice.take_all(&tells(&bob));
    assert_eq!(known(&alice, "bob"), ["taxi"]);
}

#[test]
fn it_binds_the_sender_and_the_recipient_and_stands_before_the_card() {
    let (mut alice, mut bob) = pair(&["message"]);
    sets(&bob, vec![takes("taxi", "where")]);
    // Before Alice is told: her sidecar seals it, and Bob's keeps it from the model.
    asks(&alice, &json!({ "when": "now" })).unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Dropped]);
    let shown = bob.views("alice").remove(0);
    assert!(shown.quarantined.is_some_and(|why| why.contains("`where` is missing")));

    alice.take_all(&tells(&bob));
    let key = alice.peer("bob").key;
    alice.act(|tx, ctx| cards::put(tx, key, vec![takes("taxi", "when")], ctx.now).map_err(Trouble::from)).unwrap();
    let refused = asks(&alice, &json!({ "when": "now" })).err().unwrap();
    assert!(refused.to_string().contains("`where` is missing"), "{refused}");
    asks(&alice, &json!({ "where": "here" })).unwrap();
    assert_eq!(bob.take_all(&alice.post()), [Taken::Message]);
}

#[test]
fn the_owner_is_shown_everything_of_what_is_told_or_published() {
    let side = Side::new("Bob");
    let taxi = Capability { description: "Drives you home".into(), ..takes("taxi", "where") };
    let name = "Bob".to_owned();
    let acts = [
        Action::TellPeers { capabilities: vec![taxi.clone()] },
        Action::PublishCard { display_name: name, capabilities: vec![taxi], listed: false },
    ];
    for act in acts {
        let Ok(Asked::Pending(asked)) = side.act(|tx, ctx| ask_in(tx, ctx, act)) else { panic!("nobody is asked") };
        let texts = asked.details.iter().filter_map(|detail| match &detail.value {
            DetailValue::Own(text) | DetailValue::Theirs(text) => Some(text.expose_to_present()),
            DetailValue::Ours(_) => None,
        });
        let shown: String = texts.collect();
        for part in ["taxi", "Takes it", "Drives you home", r#""required":["where"]"#] {
            assert!(shown.contains(part), "no {part} in {shown}");
        }
    }
}
