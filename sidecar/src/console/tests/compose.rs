//! A draft goes to nobody but whom it names, as nothing but what it is, and what was typed stays.

use serde_json::json;

use super::bounds::pair;
use super::inert::{HOSTILE, assert_inert};
use super::room;
use crate::agent::{Bounds, IntentOffer, PairState, PairView, Policy};
use crate::console::form::Fields;
use crate::console::pages::compose;
use crate::console::pages::draft::{self, Draft};
use a2a_proto::keys::Entropy;

fn named(name: &str, seed: u8, state: PairState) -> PairView {
    let agent_id = Entropy::from_bytes([seed; 32]).root_key().agent_id();
    PairView { petname: name.to_owned(), agent_id, state, ..pair(Bounds::default()) }
}

fn typed(fields: &[(&str, &str)]) -> Draft {
    let encoded: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Draft::from(&Fields::parse(encoded.as_bytes()))
}

fn lab_work() -> IntentOffer {
    let schema = json!({ "type": "object", "properties": { "sample": { "type": "string", "maxLength": 9 } } });
    IntentOffer { intent: "lab-work".parse().unwrap(), schema, is_ready: false }
}

#[test]
fn a_draft_that_names_somebody_is_never_turned_to_the_only_other_peer() {
    let (bob, carol) = (named("bob", 1, PairState::Paired), named("carol", 2, PairState::Paired));
    for state in [PairState::Revoked, PairState::Refused] {
        let pairs = [named("bob", 1, state), carol.clone()];
        for to in [bob.agent_id.to_string(), "bob".to_owned()] {
            let why = compose::recipient(&pairs, &to).unwrap_err();
            assert!(why.contains("bob") && why.contains("stays below"), "{why}");
        }
        assert_eq!(compose::recipient(&pairs, "").unwrap(), Some(&carol), "nobody was named");
    }
    assert!(compose::recipient(std::slice::from_ref(&carol), "somebody").is_err());
    let both = [bob, carol];
    assert_eq!(compose::recipient(&both, "").unwrap(), None, "which of two is the owner's to say");
    assert_eq!(compose::recipient(&both, "carol").unwrap(), Some(&both[1]));
}

#[tokio::test]
async fn without_a_recipient_nothing_can_be_sent_and_all_that_was_typed_stands() {
    let (_folder, room) = room().await;
    let carol = named("carol", 2, PairState::Paired);
    let draft = typed(&[("to", "bob"), ("subject", "The plan"), ("body", "For bob only."), ("payload/sample", "A7")]);
    for live in [&[&carol][..], &[]] {
        let html = draft::sheet(&room, live, None, &draft, &[], Policy::Confirm).into_string();
        assert!(!html.contains("Send to") && !html.contains("/send\""), "{html}");
        assert!(html.contains("The plan") && html.contains("For bob only.") && html.contains("A7"), "{html}");
        assert!(!html.contains(&format!("\"{}\" selected", carol.agent_id)), "{html}");
    }
}

#[test]
fn a_request_that_the_peer_no_longer_takes_leaves_as_nothing_else() {
    let draft = typed(&[("to", "bob"), ("intent", "lab-work"), ("payload/sample", "A7")]);
    let said = compose::request(&[], &draft).unwrap_err();
    assert!(said.what.contains("nothing was sent"), "{said:?}");
    let (intent, payload) = compose::request(&[lab_work()], &draft).unwrap().unwrap();
    assert_eq!((intent.as_str(), payload), ("lab-work", json!({ "sample": "A7" })));
    assert!(compose::request(&[lab_work()], &typed(&[("to", "bob")])).unwrap().is_none());
}

#[tokio::test]
async fn what_was_filled_in_stays_while_its_form_is_not_drawn() {
    let (_folder, room) = room().await;
    let bob = named("bob", 1, PairState::Paired);
    let draft = typed(&[("to", "bob"), ("intent", "lab-work"), ("payload/sample", "A7"), ("pin", "748392")]);
    let draw =
        |offers: &[IntentOffer]| draft::sheet(&room, &[&bob], Some(&bob), &draft, offers, Policy::Pin).into_string();
    let gone = draw(&[]);
    assert!(gone.contains("type=\"hidden\" name=\"payload/sample\" value=\"A7\""), "{gone}");
    assert!(gone.contains("value=\"lab-work\" selected") && gone.contains("bob does not take"), "{gone}");
    assert!(gone.contains("<dt>Sample</dt><dd>A7</dd>"), "it is shown: {gone}");
    let back = draw(&[lab_work()]);
    assert_eq!(back.matches("name=\"payload/sample\"").count(), 1, "{back}");
    assert!(back.contains("value=\"A7\"") && !back.contains("does not take"), "{back}");
    assert!(![gone, back].iter().any(|html| html.contains("748392")), "a PIN is typed each time");
}

#[test]
fn a_form_that_was_drawn_for_another_is_not_sent() {
    let drawn = [("drawn_to", "x"), ("drawn_intent", ""), ("reply", "m"), ("body", "b")];
    let with =
        |to: &'static str, intent: &'static str| typed(&[&drawn[..], &[("to", to), ("intent", intent)]].concat());
    assert!(!with("x", "").is_turned());
    assert!(with("y", "").is_turned() && with("x", "lab-work").is_turned());
    assert_eq!(with("y", "").turned().reply_to, "", "what it answered was said by somebody else");
    assert_eq!(with("x", "lab-work").turned().reply_to, "m");
    assert!(!typed(&[("to", "y"), ("body", "b")]).is_turned(), "an answer in a conversation");
}

#[tokio::test]
async fn whatever_a_draft_holds_stays_inert() {
    let (_folder, room) = room().await;
    let bob = named("bob", 1, PairState::Paired);
    for text in HOSTILE {
        let name = format!("payload/{text}");
        let fields = ["to", "subject", "body", "reply", "intent", "scope", &name].map(|name| (name, text));
        for pair in [None, Some(&bob)] {
            let html = draft::sheet(&room, &[&bob], pair, &typed(&fields), &[lab_work()], Policy::Pin).into_string();
            assert_inert(&html);
        }
    }
}
