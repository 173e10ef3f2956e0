//! What is set for one peer on its page: limits, receipts, and what is taken away.

use super::bounds::pair;
use super::inert::assert_inert;
use super::room;
use crate::agent::{Bounds, Limits, LimitsView, Policy};
use crate::console::form::Fields;
use crate::console::pages::{habits, peer};

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
        let html = habits::budget(&room, &bob, &view, policy).into_string();
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
