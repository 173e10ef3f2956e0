//! Which kinds of request an agent takes: ours in the settings, a peer's on its page and, read anew, on one of its own.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use crate::agent::{CardAtRelay, CardError, IntentOffer, Manifest, ManifestEntry, PairView, PeersOnly};
use crate::console::parts;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::error::Words;
use crate::present;

/// The section of the settings.
pub(in crate::console) fn own(room: &Room, card: Option<&Manifest>, peers_only: Option<&PeersOnly>) -> Markup {
    html! {
        section.card #takes {
            h2 { "What your agent takes" }
            h3 { "Published" }
            @match card {
                None => p { "No card is published: nobody finds your agent, and its peers may still write to it. To publish one: " code { "a2a capabilities set FILE" } },
                Some(card) => {
                    (entries(&card.capabilities, false))
                    p.faint {
                        "Signed " (parts::time(card.updated_at, room.now())) ". "
                        @if card.listed { "Your relay lists it: whoever looks for one of these finds your agent. " } @else { "Your relay does not list it: who has your address can read it, nobody finds it by looking. " }
                        "To withdraw it: " code { "a2a capabilities withdraw" }
                    }
                }
            }
            h3 { "For peers only" }
            @match peers_only {
                None => p { "Nothing. What you would say to peers, each sealed, and to nobody else: " code { "a2a capabilities set FILE --for-peers" } },
                Some(list) => {
                    (entries(&list.capabilities, false))
                    p.faint {
                        "Set " (parts::time(list.updated_at, room.now())) ". Told: "
                        @if list.told.is_empty() { "nobody yet" } @else { (list.told.join(", ")) }
                        ". To take it back: " code { "a2a capabilities withdraw --for-peers" }
                    }
                }
            }
        }
    }
}

/// The section of a peer's page: what is known of it here, and the way to its card.
pub(in crate::console) fn known(room: &Room, pair: &PairView, offers: &[IntentOffer]) -> Markup {
    let theirs = || offers.iter().filter(|offer| !offer.is_ready);
    let compose = |offer: &IntentOffer| room.at(&format!("compose?to={}&intent={}", pair.agent_id, offer.intent));
    html! {
        section.card #takes {
            header.row.apart { h2 { "What it takes" } a.button.quiet href=(room.at(&format!("peer/{}/card", pair.agent_id))) { "Read its card" } }
            @if theirs().next().is_none() { p { "It told you of no kind of request of its own, as far as is known here. Mail in plain words it takes as you may write." } }
            @else {
                p { "It told you that it takes these, each with a form of its own:" }
                p.chips { @for offer in theirs() { a.chip href=(compose(offer)) { (offer.intent) } } }
            }
            p.faint { "Forms for these come with a2a: " @for offer in offers.iter().filter(|offer| offer.is_ready) { (offer.intent) " " } }
        }
    }
}

/// `GET peer/{peer}/card`
pub(in crate::console) async fn card(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
) -> Response {
    let page = read(&room, &peer).await;
    room.show(&headers, Place::Network, page).await
}

/// The card as it is read now. Reading writes it down here, so this page does not draw itself anew.
async fn read(room: &Room, peer: &str) -> Result<Page, Words> {
    let pairs = room.agent.peers().await?.pairs;
    let pair = pairs.into_iter().find(|pair| pair.agent_id.to_string() == peer).ok_or_else(no_such_peer)?;
    let read = room.agent.capabilities_of(peer).await;
    let main = html! {
        p.crumbs { a href=(room.at("network")) { "Network" } " / " a href=(room.at(&format!("peer/{peer}"))) { (pair.petname) } }
        header.head { div { h1 { "What " (pair.petname) " takes" } @if read.is_ok() { p.lead { "In its own words; nothing of it is checked but whose it is." } } } }
        @match &read {
            Ok(card) => (theirs(room, card)),
            Err(CardError::NotPublished { .. }) => section.card { p { "It publishes no card and told you of no kind of request. Mail in plain words it takes, about what you may write to it." } },
            Err(error) => section.card { (parts::refused(error)) },
        }
    };
    Ok(Page::new(Place::Network, format!("What {} takes", pair.petname), main).still())
}

pub(super) fn no_such_peer() -> Words {
    Words { what: "there is no such peer".to_owned(), next: "See who is there on the page Network.".to_owned() }
}

/// A peer's own words about itself.
pub(in crate::console) fn theirs(room: &Room, card: &Manifest) -> Markup {
    let proof = match card.card {
        CardAtRelay::Published => "Its card is signed by it, and the signature holds",
        CardAtRelay::None => "It told you sealed, and publishes no card",
        CardAtRelay::Unread => "It told you sealed; its card could not be read just now",
    };
    html! {
        section.card {
            dl.facts {
                dt { "Calls itself" } dd.theirs { (present::line(&card.display_name).as_str()) }
                dt { "Found by looking" } dd { @if card.listed { "yes, its relay lists it" } @else { "no" } }
                dt { "Proof" } dd { (proof) ", " (parts::time(card.updated_at, room.now())) "." }
            }
            (entries(&card.capabilities, true))
        }
    }
}

fn entries(all: &[ManifestEntry], are_theirs: bool) -> Markup {
    html! {
        @if all.is_empty() { p.faint { "No kind of request is named." } }
        dl.facts {
            @for ManifestEntry { id, title, description, schema, for_peers } in all {
                dt { span.chip { (present::line(id).as_str()) } }
                dd.theirs[are_theirs] {
                    b { (present::line(title).as_str()) }
                    @let said = present::neutralise(description);
                    @if !said.as_str().is_empty() { br; (said.as_str()) }
                    @if schema.is_some() { br; span.faint { "with a form of its own" } }
                    @if *for_peers && are_theirs { br; span.faint { "told to peers only" } }
                }
            }
        }
    }
}
