//! What is set for one peer on its page: limits, receipts, and what is taken away.

use a2a_proto::time::Timestamp;

use super::bounds::pair;
use super::inert::assert_inert;
use super::room;
use crate::agent::{Bounds, Limits, LimitsView, PairView, Policy};
use crate::console::form::Fields;
use crate::console::pages::kept::{Form, Kept};
use crate::console::pages::{habits, peer, rules};

fn fields(form: &str) -> Fields {
    Fields::parse(form.as_bytes())
}

#[tokio::test]
async fn limits_stand_in_their_fields_and_sent_back_change_nothing() {
    let (_folder, room) = room().await;
    let limits = Limits { per_hour: 7, per_day: 70, bytes_per_day: 512 * 1024 };
    let view = LimitsView { peer: "bob".to_owned(), limits, last_hour: 3, last_day: 30, bytes_last_day: 1025 };
    let bob = pair(Bounds::default());
    for policy in [Policy::Confirm, Policy::Pin] {
        let html = habits::budget(&room, &bob, &view, policy, &Kept::default()).into_string();
        assert!(html.contains("3 of 7 messages within an hour") && html.contains("2 of 512 KiB"), "{html}");
        assert!(html.contains(&format!("/peer/{}/limits\"", bob.agent_id)), "{html}");
        assert_eq!(html.matches("name=\"pin\"").count(), if policy == Policy::Pin { 2 } else { 0 });
        assert_inert(&html);
    }
    assert_eq!(habits::limits(&fields("per_hour=7&per_day=70&kib_per_day=512")).unwrap(), limits);
    for wrong in ["per_hour=7&per_day=70", "per_hour=-1&per_day=1&kib_per_day=1", "per_hour=x&per_day=1&kib_per_day=1"]
    {
        assert!(habits::limits(&fields(wrong)).is_err(), "{wrong}");
    }
}

#[tokio::test]
async fn the_page_says_which_receipts_a_peer_gets_and_offers_the_other() {
    let (_folder, room) = room().await;
    let mut bob = pair(Bounds::default());
    let html = habits::receipts(&room, &bob).into_string();
    assert!(html.contains("name=\"told\" value=\"off\"") && html.contains("always confirmed"), "{html}");
    bob.told_of_reading = false;
    assert!(habits::receipts(&room, &bob).into_string().contains("name=\"told\" value=\"on\""));
}

#[test]
fn what_is_ticked_is_taken_away_and_nothing_else() {
    let narrow = peer::wanted("a2a_x", &fields("act=narrow&scope=scheduling&scope=lab")).unwrap();
    let scopes: Vec<String> = narrow.scopes.unwrap().iter().map(ToString::to_string).collect();
    assert_eq!((narrow.peer.as_str(), scopes, narrow.block), ("a2a_x", vec!["scheduling".into(), "lab".into()], false));
    let end = peer::wanted("a2a_x", &fields("act=end&block=yes")).unwrap();
    assert!(end.scopes.is_none() && end.block);
    assert!(!peer::wanted("a2a_x", &fields("act=end")).unwrap().block);
    // Without a tick, or without saying which act, nothing ends.
    for nothing in ["act=narrow", "", "act=narrow&scope=NO%21", "block=yes"] {
        assert!(peer::wanted("a2a_x", &fields(nothing)).is_err(), "{nothing:?}");
    }
}

/// Every form of a peer's page that could take what was typed into another one.
fn forms(room: &crate::console::room::Room, bob: &PairView, kept: &Kept) -> [String; 3] {
    let limits = Limits { per_hour: 7, per_day: 70, bytes_per_day: 512 * 1024 };
    let view = LimitsView { peer: "bob".to_owned(), limits, last_hour: 0, last_day: 0, bytes_last_day: 0 };
    let words = vec!["zoo".to_owned(); 6];
    [
        habits::budget(room, bob, &view, Policy::Pin, kept).into_string(),
        peer::verification(room, bob, &words, Policy::Pin, kept).into_string(),
        peer::scopes(room, bob, kept).into_string(),
    ]
}

#[tokio::test]
async fn what_was_typed_stands_in_its_own_form_which_is_open() {
    let (_folder, room) = room().await;
    let bob = PairView { verified_at: Some(Timestamp::EPOCH), ..pair(Bounds::default()) };
    let posted = "per_hour=99&per_day=&kib_per_day=1&words=one+%22two&scope=message&until=soon&daily=8&pin=748392";
    for (at, form, typed) in [
        (0, Form::Limits, &["value=\"99\"", "name=\"per_day\" value=\"\""][..]),
        (1, Form::Words, &["value=\"one &quot;two\""]),
        (2, Form::Grant, &["value=\"soon\"", "value=\"8\""]),
    ] {
        let drawn = forms(&room, &bob, &Kept::new(form, fields(posted)));
        for (place, html) in drawn.iter().enumerate() {
            assert_eq!(html.contains("<details open"), place == at, "{form:?}: {html}");
            assert!(typed.iter().all(|value| html.contains(value) == (place == at)), "{form:?}: {html}");
            assert!(!html.contains("748392"), "a PIN is typed each time: {html}");
            assert_inert(html);
        }
    }
    let narrow = &forms(&room, &bob, &Kept::new(Form::Narrow, fields("scope=message")))[2];
    let boxes = narrow.matches("name=\"scope\" value=\"message\" checked").count();
    assert_eq!(boxes, 2, "in the grant that stands, and where it is taken away: {narrow}");
}

#[tokio::test]
async fn a_rule_that_could_not_be_set_stays_typed() {
    let (_folder, room) = room().await;
    let pairs = [pair(Bounds::default()), PairView { petname: "mira".to_owned(), ..pair(Bounds::default()) }];
    let typed = fields("peer=mira&about=NO%21&rule=never&pin=748392");
    let html = rules::section(&room, &[], &pairs, Policy::Pin, &typed).into_string();
    assert!(html.contains("value=\"mira\" selected") && html.contains("value=\"NO!\""), "{html}");
    assert!(html.contains("value=\"never\" selected") && !html.contains("748392"), "{html}");
}
