//! The end and the number a day of a grant: typed, read, and shown where the grant is.

use a2a_proto::keys::Entropy;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::room;
use crate::agent::{Bounds, PairState, PairView};
use crate::console::bounds::{self, Typed};
use crate::console::form::Fields;
use crate::console::pages::kept::Kept;
use crate::console::pages::peer;
use crate::words;

const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);

pub(super) fn pair(bounds: Bounds) -> PairView {
    PairView {
        petname: "bob".to_owned(),
        agent_id: Entropy::from_bytes([1; 32]).root_key().agent_id(),
        address: "bob@relay.example".to_owned(),
        safety_words: vec!["able".to_owned(); 6],
        state: PairState::Paired,
        granted: vec![Scope::message()],
        bounds,
        granted_to_us: vec![Scope::message()],
        granted_to_us_until: words::read_end("2099-12-31"),
        since: Timestamp::EPOCH,
        verified_at: None,
        told_of_reading: true,
        undo_until: None,
        last_contact: None,
        unread: 0,
        waiting: 0,
    }
}

fn typed(form: &str) -> Typed {
    Typed::from(&Fields::parse(form.as_bytes()))
}

#[test]
fn what_is_typed_is_read_as_on_the_command_line() {
    let none = Bounds { until: None, daily: None };
    for empty in ["", "until=&daily=", "until=+&daily=++"] {
        assert_eq!(typed(empty).read().unwrap(), none, "{empty:?}");
    }
    let both = Bounds { until: words::read_end("2099-01-31"), daily: Some(20) };
    assert_eq!(typed("until=2099-01-31&daily=20").read().unwrap(), both);
    for wrong in ["until=tomorrow", "until=31.01.2099", "daily=many", "daily=-1", "daily=1.5", "daily=99999999999"] {
        assert!(typed(wrong).read().is_err(), "{wrong}");
    }
}

#[test]
fn what_stands_is_in_the_fields_and_sent_back_changes_nothing() {
    for end in ["2099-01-31", "2099-01-31T16:00:00Z"] {
        let stands = Bounds { until: words::read_end(end), daily: Some(3) };
        let html = bounds::fields(&stands.into()).into_string();
        assert!(html.contains(&format!("value=\"{end}\"")) && html.contains("value=\"3\""), "{html}");
        assert_eq!(typed(&format!("until={}&daily=3", end.replace(':', "%3A"))).read().unwrap(), stands);
    }
    let html = bounds::fields(&typed("until=%22%3E%3Cscript%3E&daily=%3Cb%3E")).into_string();
    assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
}

#[tokio::test]
async fn a_peers_page_shows_the_end_of_both_grants_and_offers_to_change_ours() {
    let (_folder, room) = room().await;
    let bounded = pair(Bounds { until: words::read_end("2098-01-31"), daily: Some(7) });
    let html = peer::scopes(&room, &bounded, &Kept::default()).into_string();
    assert!(html.contains("2098-02-01 00:00Z") && html.contains("at most 7 within 24 hours"), "{html}");
    assert!(html.contains(&format!("/peer/{}/grant\"", bounded.agent_id)), "{html}");
    assert!(html.contains("value=\"2098-01-31\"") && html.contains("value=\"7\""), "{html}");
    assert!(peer::identity(&bounded, NOW).into_string().contains("2100-01-01 00:00Z"));
    super::inert::assert_inert(&html);

    let over = pair(Bounds { until: words::read_end("2020-01-01"), daily: None });
    assert!(peer::scopes(&room, &over, &Kept::default()).into_string().contains("ended "));
    let free = bounds::shown(Bounds { until: None, daily: None }, NOW).into_string();
    assert!(free.is_empty(), "{free}");
}

#[test]
fn a_changed_grant_is_asked_for_whole_and_by_the_peers_id() {
    let fields = Fields::parse(b"scope=scheduling&scopes=lab&until=2099-01-31&daily=20");
    let wanted = peer::regrant("a2a_x", &fields).unwrap();
    assert_eq!(wanted.peer, "a2a_x");
    let scopes = wanted.scopes.unwrap();
    assert_eq!(scopes.iter().map(ToString::to_string).collect::<Vec<_>>(), ["scheduling", "lab"]);
    assert_eq!(wanted.bounds, Bounds { until: words::read_end("2099-01-31"), daily: Some(20) });
    for wrong in ["until=2099-01-31", "scope=scheduling&daily=none", "scope=scheduling&until=soon", "scope=NO%21"] {
        assert!(peer::regrant("a2a_x", &Fields::parse(wrong.as_bytes())).is_err(), "{wrong}");
    }
}
