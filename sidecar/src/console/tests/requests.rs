//! A stranger gets what the owner ticked: never, by ticking nothing or by an error, what it asked for.

use super::inert::{assert_inert, request};
use super::room;
use crate::agent::RequestKind;
use crate::console::form::Fields;
use crate::console::pages::network::{self, Chosen};

fn fields(form: &str) -> Fields {
    Fields::parse(form.as_bytes())
}

#[test]
fn nothing_ticked_grants_nothing() {
    for (kind, words) in [(Some(RequestKind::Knock), "no scope was ticked"), (None, "there is no such request")] {
        for nothing in ["", "scopes=+", "until=2099-01-31&daily=3"] {
            let said = network::approval("ABC234", kind, &fields(nothing)).unwrap_err();
            assert!(said.what.contains(words), "{nothing:?}: {}", said.what);
        }
        let wanted = network::approval("ABC234", kind, &fields("scope=message&scopes=lab&daily=3")).unwrap();
        let scopes: Vec<String> = wanted.scopes.unwrap().iter().map(ToString::to_string).collect();
        assert_eq!((scopes, wanted.bounds.daily), (vec!["message".to_owned(), "lab".to_owned()], Some(3)));
    }
    assert!(network::approval("ABC234", Some(RequestKind::Reset), &fields("")).unwrap().scopes.is_none());
}

#[tokio::test]
async fn a_request_drawn_again_holds_what_the_owner_chose_and_not_what_was_asked() {
    let (_folder, room) = room().await;
    let request = request("x", RequestKind::Knock);
    let drawn = |chosen: Option<&Chosen>| network::request_card(&room, &request, chosen).into_string();
    let ticked = |html: &str, scope: &str| html.contains(&format!("name=\"scope\" value=\"{scope}\" checked"));
    let (asked, other) = (drawn(None), drawn(Some(&Chosen::new("ZZZ999", &fields("scope=support")))));
    for html in [&asked, &other] {
        assert!(ticked(html, "message") && ticked(html, "invoicing") && !ticked(html, "support"), "{html}");
    }
    let chosen = Chosen::new("abc234", &fields("scope=support&scopes=lab+%22x&until=someday&daily=many"));
    let html = drawn(Some(&chosen));
    assert!(ticked(&html, "support") && !ticked(&html, "message") && !ticked(&html, "invoicing"), "{html}");
    assert!(html.contains("lab &quot;x") && html.contains("someday") && html.contains("value=\"many\""), "{html}");
    assert_inert(&html);
    let none = drawn(Some(&Chosen::new("ABC234", &fields("daily=3"))));
    assert!(!none.contains("checked"), "{none}");
}

#[tokio::test]
async fn declining_is_asked_once_more_and_says_how_to_take_it_back() {
    let (_folder, room) = room().await;
    for (kind, undo) in [(RequestKind::Knock, true), (RequestKind::Reset, false)] {
        let html = network::request_card(&room, &request("x", kind), None).into_string();
        let (before, fold) = html.split_once("<details>").unwrap();
        assert!(!before.contains("/decline\""), "one press: {html}");
        assert!(fold.contains("/request/ABC234/decline\"") && fold.contains("is deleted"), "{html}");
        assert_eq!(fold.contains("Hear again") && fold.contains("a2a peers unblock"), undo, "{html}");
    }
}
