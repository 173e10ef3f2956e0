//! One act that waits for the owner: exactly what is approved, and the two buttons.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use maud::{Markup, html};

use crate::agent::{Approved, PendingAction, Way, Word};
use crate::console::act::Started;
use crate::console::form::Posted;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{parts, qr};
use crate::error::Words;
use crate::{loopback, words};

/// `GET decide/{id}`
pub(in crate::console) async fn question(
    State(room): State<Arc<Room>>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    let page = asked(&room, &id, None).await;
    room.show(&headers, Place::Authorizations, page).await
}

async fn asked(room: &Room, id: &str, failed: Option<&Words>) -> Result<Page, Words> {
    let waiting = room.agent.pending().await?;
    let action = waiting.into_iter().find(|action| action.id.eq_ignore_ascii_case(id)).ok_or_else(|| match failed {
        Some(words) => words.clone(),
        None => Words {
            what: "nothing waits for you under this id".to_owned(),
            next: "It was decided or has lapsed; see what waits on the page Authorizations.".to_owned(),
        },
    })?;
    let main = html! {
        p.crumbs { a href=(room.at("authorizations")) { "Authorizations" } }
        @if let Some(words) = failed { (parts::alert(words)) }
        (card(room, &action))
    };
    Ok(Page::new(Place::Authorizations, "Approve?", main))
}

/// Everything that the approval covers.
pub(in crate::console) fn card(room: &Room, action: &PendingAction) -> Markup {
    html! {
        section.card.decision {
            h1 { (action.title) }
            p.lead { "Nothing happens unless you approve exactly this." }
            dl.details { @for detail in &action.details { (loopback::detail(detail)) } }
            form method="post" action=(room.at(&format!("decide/{}", action.id))) {
                (parts::secret(room))
                (parts::pin(action.policy))
                div.choice {
                    button.quiet name="decision" value="decline" formnovalidate { "Decline" }
                    button name="decision" value="approve" { "Approve" }
                }
            }
            p.faint { "Waits as " code { (action.id) } ", lapses " (words::within(action.expires_at, room.now())) "." }
        }
    }
}

/// `POST decide/{id}`
pub(in crate::console) async fn decide(
    State(room): State<Arc<Room>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match fields.one("decision") {
        "approve" => approve(&room, &headers, &id, parts::word(&fields)).await,
        _ => decline(&room, &headers, &id).await,
    }
}

async fn approve(room: &Room, headers: &HeaderMap, id: &str, word: Word) -> Response {
    match room.agent.approve(id, word).await {
        Ok(approved) => {
            let started = room.recall(id);
            let newcomer = started.as_ref().is_some_and(Started::brings_a_newcomer);
            if let Some(started) = started {
                started.take(room).await;
            }
            room.show(headers, Place::Authorizations, Ok(done(room, &approved, newcomer))).await
        }
        Err(error) => failed(room, headers, id, error.into()).await,
    }
}

async fn decline(room: &Room, headers: &HeaderMap, id: &str) -> Response {
    match room.agent.decline_action(id, Way::Page).await {
        Ok(()) => {
            if let Some(started) = room.recall(id) {
                started.drop_it(room).await;
            }
            room.go("authorizations", "Declined. Nothing was done.")
        }
        Err(error) => failed(room, headers, id, error.into()).await,
    }
}

async fn failed(room: &Room, headers: &HeaderMap, id: &str, words: Words) -> Response {
    let page = asked(room, id, Some(&words)).await.map(|page| Page { status: StatusCode::CONFLICT, ..page });
    room.show(headers, Place::Authorizations, page).await
}

fn done(room: &Room, approved: &Approved, newcomer: bool) -> Page {
    let main = html! {
        section.card.decision {
            h1 { "Done" }
            p { (approved.summary) }
            @if let Some(link) = &approved.invite {
                p { "Hand this link to the one person it is for, over something you trust. Whoever opens it first is paired with you. It is shown this once." }
                (parts::copyable("invite-link", link, "the link"))
                @if newcomer { p { "Who has no agent yet runs " code { "a2a init LINK --name NAME" } " with it, and is registered and paired at once. The token in it is spent by that." } }
                (qr::picture(link, "The invite as a QR code"))
            }
            p.row { a.button.quiet href=(room.at("network")) { "To the network" } a.button.quiet href=(room.at("authorizations")) { "What else waits" } }
        }
    };
    Page::new(Place::Authorizations, "Done", main)
}
