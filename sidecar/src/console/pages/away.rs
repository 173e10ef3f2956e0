//! Away: what each peer that writes is told, once and sealed, while the owner is not there.

use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::settings;
use crate::agent::{AwayView, Policy};
use crate::console::form::{Fields, Posted};
use crate::console::parts;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::error::Words;
use crate::{present, words};

/// Where on the settings the section stands.
const HERE: &str = "settings#away";

/// What was typed; it stays when it did not work.
#[derive(Debug, Default, Clone)]
pub(in crate::console) struct Typed {
    text: String,
    until: String,
}

impl From<&Fields> for Typed {
    fn from(fields: &Fields) -> Self {
        Self { text: fields.one("text").replace("\r\n", "\n"), until: fields.one("until").trim().to_owned() }
    }
}

/// The section of the settings.
pub(in crate::console) fn section(room: &Room, away: Option<&AwayView>, typed: &Typed, policy: Policy) -> Markup {
    html! {
        section.card #away {
            header.row.apart {
                h2 { "Away" }
                @match away { Some(_) => span.mark.warn { "you are away" }, None => span.mark.plain { "you are here" } }
            }
            @match away {
                Some(away) => (standing(room, away)),
                None => p.hint { "While you are away, each peer that writes is told so, once and sealed, in your words and without asking you again." },
            }
            @match away {
                Some(_) => details open[!typed.text.is_empty()] { summary { "Say something else …" } (form(room, typed, policy, "Tell them this instead")) },
                None => (form(room, typed, policy, "I am away")),
            }
        }
    }
}

fn standing(room: &Room, away: &AwayView) -> Markup {
    html! {
        p { "Since " (parts::time(away.since, room.now())) ", " @match away.until { Some(until) => { "until " time datetime=(words::rfc3339(until)) { (words::date(until)) } }, None => "until you say otherwise" } ". Each peer that writes is told, once:" }
        blockquote { (present::neutralise(&away.text).as_str()) }
        p.faint { @if away.told.is_empty() { "Nobody wrote since, so nobody was told." } @else { "Told so far: " (away.told.join(", ")) "." } }
        form method="post" action=(room.at("away/end")) { (parts::secret(room)) button.quiet { "I am back" } }
    }
}

fn form(room: &Room, typed: &Typed, policy: Policy, button: &str) -> Markup {
    html! {
        form.stack method="post" action=(room.at("away")) {
            (parts::secret(room))
            label.field { span { "What they are told" } textarea.few name="text" rows="3" required placeholder="I am back on Monday; what cannot wait goes to Mira." { (typed.text) } }
            label.field { span { "Until, that day included" span.faint { " (UTC; empty: until you are back)" } } input type="date" name="until" value=(typed.until) autocomplete="off"; }
            (parts::pin(policy))
            p.row { button.quiet { (button) } span.hint { "It is sent without being shown to you again, so write what anybody whom you are paired with may read." } }
        }
    }
}

/// `POST away`
pub(in crate::console) async fn begin(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let typed = Typed::from(&fields);
    match begun(&room, &typed, &fields).await {
        Ok(()) => room.go(HERE, "You are away. Each peer that writes is told."),
        Err(words) => {
            let page = settings::failed(&room, &words, typed).await.map(Page::refusing);
            room.show(&headers, Place::Settings, page).await
        }
    }
}

async fn begun(room: &Room, typed: &Typed, fields: &Fields) -> Result<(), Words> {
    let until = Some(typed.until.as_str()).filter(|until| !until.is_empty());
    let until = until.map(|typed| words::read_end(typed).ok_or_else(no_day)).transpose()?;
    room.agent.go_away(&typed.text, until, parts::word(fields)).await?;
    Ok(())
}

fn no_day() -> Words {
    Words { what: "that is no end of an absence".to_owned(), next: "Say a day such as 2027-01-31, or none.".to_owned() }
}

/// `POST away/end`
pub(in crate::console) async fn end(State(room): State<Arc<Room>>, headers: HeaderMap, Posted(_): Posted) -> Response {
    match room.agent.come_back().await {
        Ok(true) => room.go(HERE, "Welcome back. Peers are no longer told that you are away."),
        Ok(false) => room.go(HERE, "You were not away any more."),
        Err(error) => room.show(&headers, Place::Settings, Err(error.into())).await,
    }
}
