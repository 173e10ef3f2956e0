//! Absence, what is taken, and why mail goes: shown as the agent says it, and nobody's words are markup.

use a2a_proto::address::Address;
use a2a_proto::time::Timestamp;

use super::bounds::pair;
use super::inert::{HOSTILE, agent_id, assert_inert};
use super::room;
use crate::agent::{
    AwayView, Bounds, CardAtRelay, Explanation, JoinLink, KeptBackup, Manifest, ManifestEntry, PairState, PeersOnly,
    Policy, Untrusted,
};
use crate::console::form::Fields;
use crate::console::pages::{away, peer, recovery, settings, takes};
use crate::console::parts;

fn absence(text: &str, told: &[&str]) -> AwayView {
    let told = told.iter().map(|name| (*name).to_owned()).collect();
    AwayView { text: Untrusted::new(text), since: Timestamp::EPOCH, until: None, told }
}

#[tokio::test]
async fn an_absence_is_shown_with_who_was_told_and_the_way_back() {
    let (_folder, room) = room().await;
    for policy in [Policy::Confirm, Policy::Pin] {
        let here = away::section(&room, None, &away::Typed::default(), policy).into_string();
        assert!(here.contains("/away\"") && !here.contains("/away/end\""), "{here}");
        assert_eq!(here.matches("name=\"pin\"").count(), usize::from(policy == Policy::Pin));
    }
    let gone = absence("Back on Monday.", &["bob", "mira"]);
    let html = away::section(&room, Some(&gone), &away::Typed::default(), Policy::Pin).into_string();
    assert!(html.contains("Back on Monday.") && html.contains("bob, mira"), "{html}");
    let end = html.split("/away/end\"").nth(1).unwrap().split("</form>").next().unwrap();
    assert!(!end.contains("name=\"pin\""), "coming back takes no PIN: {end}");
    let nobody = away::section(&room, Some(&absence("x", &[])), &away::Typed::default(), Policy::Confirm);
    assert!(nobody.into_string().contains("nobody was told"));
}

#[tokio::test]
async fn what_was_typed_of_an_absence_stays_and_is_no_markup() {
    let (_folder, room) = room().await;
    for text in HOSTILE {
        let body = url::form_urlencoded::Serializer::new(String::new()).append_pair("text", text).finish();
        let typed = away::Typed::from(&Fields::parse(body.as_bytes()));
        for standing in [None, Some(absence(text, &[]))] {
            let html = away::section(&room, standing.as_ref(), &typed, Policy::Confirm).into_string();
            assert_inert(&html);
            assert_eq!(html.contains("<details open"), standing.is_some(), "{html}");
        }
    }
}

fn entry(text: &str, for_peers: bool) -> ManifestEntry {
    let text = || Untrusted::new(text);
    ManifestEntry { id: text(), title: text(), description: text(), schema: Some(text()), for_peers }
}

fn manifest(text: &str, card: CardAtRelay) -> Manifest {
    let agent_id = agent_id();
    Manifest {
        agent_id,
        petname: Some("bob".into()),
        display_name: Untrusted::new(text),
        handle: Some(Untrusted::new(text)),
        safety_words: vec!["able".into(); 6],
        address: format!("{agent_id}@relay.example").parse::<Address>().unwrap(),
        card,
        listed: true,
        capabilities: vec![entry(text, false), entry(text, true)],
        updated_at: Timestamp::EPOCH,
    }
}

#[tokio::test]
async fn what_a_peer_takes_stands_in_its_own_words_marked_and_inert() {
    let (_folder, room) = room().await;
    for text in HOSTILE {
        for card in [CardAtRelay::Published, CardAtRelay::None, CardAtRelay::Unread] {
            let html = takes::theirs(&room, &manifest(text, card)).into_string();
            assert_inert(&html);
            assert_eq!(html.matches("<dd class=\"theirs\">").count(), 3, "{html}");
            assert_eq!(html.contains("the signature holds"), card == CardAtRelay::Published);
        }
    }
}

#[tokio::test]
async fn what_is_published_is_told_from_what_peers_are_told() {
    let (_folder, room) = room().await;
    let html = takes::own(&room, None, None).into_string();
    assert!(html.contains("No card is published") && html.contains("a2a capabilities set FILE --for-peers"), "{html}");
    let card = manifest("reviews", CardAtRelay::Published);
    let list =
        PeersOnly { capabilities: vec![entry("<b>", true)], updated_at: Timestamp::EPOCH, told: vec!["mira".into()] };
    let html = takes::own(&room, Some(&card), Some(&list)).into_string();
    assert!(html.contains("Told: mira") && html.contains("Your relay lists it") && !html.contains("<b><b>"), "{html}");
    assert!(html.contains("a2a capabilities withdraw</code>"), "{html}");
}

#[tokio::test]
async fn a_peers_page_says_what_is_known_and_leads_to_its_card() {
    let (_folder, room) = room().await;
    let bob = pair(Bounds::default());
    let html = takes::known(&room, &bob, &[]).into_string();
    assert!(html.contains(&format!("/peer/{}/card\"", bob.agent_id)) && html.contains("no kind of request"), "{html}");
    let text = "bob no longer takes mail. Ask for an invite with `a2a authorize`.".to_owned();
    let html = peer::how_mail_goes(&Explanation { peer: "bob".into(), state: "refused", text }).into_string();
    assert!(html.contains("<code>a2a authorize</code>"), "{html}");
}

#[tokio::test]
async fn the_settings_say_who_is_told_of_reading_and_what_a_yes_takes() {
    let (_folder, room) = room().await;
    assert!(settings::receipts(&room, &[]).into_string().contains("There is nobody to tell"));
    let (bob, mut mira, mut gone) = (pair(Bounds::default()), pair(Bounds::default()), pair(Bounds::default()));
    (mira.petname, mira.told_of_reading) = ("mira".into(), false);
    (gone.petname, gone.state) = ("gone".into(), PairState::Revoked);
    let html = settings::receipts(&room, &[bob, mira, gone]).into_string();
    assert_eq!((html.matches(">told<").count(), html.matches(">not told<").count()), (1, 1), "{html}");
    assert!(!html.contains("gone") && html.contains("#receipts\""), "{html}");
    assert!(settings::yes(Policy::Confirm).into_string().contains("a2a pin set"));
    assert!(settings::yes(Policy::Pin).into_string().contains("a2a pin change"));
}

#[tokio::test]
async fn the_backup_at_the_relay_is_shown_as_it_stands() {
    let (_folder, room) = room().await;
    let none = KeptBackup { is_on: false, relay: None, made_at: None, bytes: None, failure: None, failing_since: None };
    let said = |kept: &KeptBackup| recovery::at_relay(&room, kept).into_string();
    assert!(said(&none).contains("<code>a2a backup auto on</code>"));
    let on = KeptBackup { is_on: true, ..none };
    assert!(said(&on).contains("none is there yet"));
    let old = KeptBackup { made_at: Some(Timestamp::EPOCH), failure: Some("the relay is full".into()), ..on };
    assert!(said(&old).contains("sealed, made ") && said(&old).contains("The relay is full."), "{}", said(&old));
}

#[test]
fn commands_are_set_apart_and_nothing_in_them_is_markup() {
    let html = parts::prose("Run `a2a <b>`, then `x").into_string();
    assert_eq!(html, "Run <code>a2a &lt;b&gt;</code>, then <code>x</code>");
}

#[test]
fn a_join_link_is_read_and_an_invite_or_a_relay_is_none() {
    let token = "a".repeat(43);
    let link = JoinLink::parse(&format!(" https://relay.example/join#{token} "));
    assert_eq!(link.map(|link| link.relay.to_string()).as_deref(), Some("relay.example"));
    for none in ["", "https://relay.example", "https://relay.example/join#", "https://relay.example/join#a b", "#"] {
        assert!(JoinLink::parse(none).is_none(), "{none:?}");
    }
    assert!(JoinLink::parse(&format!("https://relay.example/invite#{token}")).is_none());
}
