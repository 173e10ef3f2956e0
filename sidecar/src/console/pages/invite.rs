//! Pairing: making an invite, and taking one up or asking an address.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::network;
use crate::agent::{Authorize, JoinLink, MakeInvite};
use crate::console::act::Started;
use crate::console::form::Posted;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{bounds, parts};
use crate::error::Words;

const HOUR: u64 = 60 * 60;
/// How long a link may work.
const LIFETIMES: [(u64, &str); 4] =
    [(HOUR, "1 hour"), (24 * HOUR, "1 day"), (7 * 24 * HOUR, "7 days"), (30 * 24 * HOUR, "30 days")];
const USUAL: u64 = 7 * 24 * HOUR;

/// What was typed into the two forms; it stays when it did not work.
#[derive(Default)]
pub(super) struct Typed {
    invite_scopes: Vec<String>,
    lifetime: Option<u64>,
    invite_bounds: bounds::Typed,
    newcomer: String,
    join_scopes: Vec<String>,
    join_bounds: bounds::Typed,
    peer: String,
    text: String,
}

/// Both forms.
pub(super) fn forms(room: &Room, typed: &Typed) -> Markup {
    html! {
        div.columns {
            section.card #invite { h2 { "Invite somebody" } (make_form(room, typed)) }
            section.card #join { h2 { "I was given a link or an address" } (join_form(room, typed)) }
        }
    }
}

fn make_form(room: &Room, typed: &Typed) -> Markup {
    let lifetime = typed.lifetime.unwrap_or(USUAL);
    html! {
        form.stack method="post" action=(room.at("invite")) {
            (parts::secret(room))
            (parts::scope_boxes("May write to you about", &typed.invite_scopes, "Nothing ticked means message: any mail, freely written."))
            (bounds::fields(&typed.invite_bounds))
            label.field { span { "The link works for" } select name="lifetime" { @for (secs, name) in LIFETIMES { option value=(secs) selected[secs == lifetime] { (name) } } } }
            details open[!typed.newcomer.is_empty()] {
                summary { "For somebody who has no agent yet …" }
                label.field { span { "A join link of your relay" span.faint { " (may stay empty)" } } input type="text" name="join" value=(typed.newcomer) autocomplete="off" spellcheck="false" placeholder="https://relay.example.org/join#…"; }
                p.hint { "Where your relay wants a token of every newcomer, its operator makes you such a link. The invite brings its token along, so that whoever takes it up registers at your relay and is paired with you in one go: " code { "a2a init LINK --name NAME" } ". Where your relay takes everybody, leave it empty." }
            }
            p.row { button { "Make an invite …" } span.hint { "A link and a QR code that work once, for one person." } }
        }
    }
}

fn join_form(room: &Room, typed: &Typed) -> Markup {
    html! {
        form.stack method="post" action=(room.at("authorize")) {
            (parts::secret(room))
            label.field { span { "Link or address" } input type="text" name="peer" value=(typed.peer) required autocomplete="off" spellcheck="false" placeholder="https://relay.example.org/invite#… or bob@relay.example.org"; }
            (parts::scope_boxes("May write to you about", &typed.join_scopes, "Nothing ticked means what the invite names."))
            (bounds::fields(&typed.join_bounds))
            label.field { span { "A line for the other owner" span.faint { " (only with an address)" } } input type="text" name="text" value=(typed.text) autocomplete="off"; }
            p.row { button { "Go on …" } span.hint { "You see whose it is before anything happens." } }
        }
    }
}

/// `POST invite`
pub(in crate::console) async fn make(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let begun = async {
        let scopes = parts::read_scopes(&fields)?;
        let expires_in = fields.one("lifetime").parse().ok().map(Duration::from_secs);
        let bounds = bounds::Typed::from(&fields).read()?;
        let newcomer =
            fields.filled("join").map(|typed| JoinLink::parse(&typed).ok_or_else(no_join_link)).transpose()?;
        Started::Invite(MakeInvite { scopes, expires_in, bounds, newcomer }).begin(&room).await
    };
    match begun.await {
        Ok(response) => response,
        Err(words) => {
            let lifetime = fields.one("lifetime").parse().ok();
            let typed = Typed {
                invite_scopes: parts::named_scopes(&fields),
                lifetime,
                invite_bounds: (&fields).into(),
                newcomer: fields.one("join").to_owned(),
                ..Typed::default()
            };
            again(&room, &headers, typed, &words).await
        }
    }
}

fn no_join_link() -> Words {
    Words {
        what: "that is no join link".to_owned(),
        next: "It ends with /join# and a token; the operator of your relay makes them. To pair only, leave it empty."
            .to_owned(),
    }
}

/// `POST authorize`
pub(in crate::console) async fn authorize(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let begun = async {
        let scopes = Some(parts::read_scopes(&fields)?).filter(|scopes| !scopes.is_empty());
        let wanted = Authorize {
            peer: fields.one("peer").to_owned(),
            scopes,
            text: fields.filled("text"),
            bounds: bounds::Typed::from(&fields).read()?,
        };
        Started::Authorize(wanted).begin(&room).await
    };
    match begun.await {
        Ok(response) => response,
        Err(words) => {
            let (peer, text) = (fields.one("peer").to_owned(), fields.one("text").to_owned());
            let typed = Typed {
                join_scopes: parts::named_scopes(&fields),
                join_bounds: (&fields).into(),
                peer,
                text,
                ..Typed::default()
            };
            again(&room, &headers, typed, &words).await
        }
    }
}

async fn again(room: &Room, headers: &HeaderMap, typed: Typed, words: &Words) -> Response {
    let typed = network::Typed { invite: typed, ..network::Typed::default() };
    let page = network::shown(room, &typed, Some(words)).await.map(Page::refusing);
    room.show(headers, Place::Network, page).await
}
