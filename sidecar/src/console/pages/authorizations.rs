//! Authorizations: what waits for the owner, what was granted, and the log of what was decided.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::rules;
use crate::agent::{AuditEntry, AuditQuery, AuditReport, PairState, PairView, PendingAction, RequestView};
use crate::console::form::Fields;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{bounds, parts};
use crate::error::Words;
use crate::words;

/// How many entries of the log are shown, and how many when asked for more.
const FEW: usize = 30;
const MANY: usize = 1_000;

/// What of the log is asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Wanted {
    verify: bool,
    all: bool,
}

/// `GET authorizations`
pub(in crate::console) async fn page(
    State(room): State<Arc<Room>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let page = shown(&room, &wanted, None, &Fields::default()).await;
    room.show(&headers, Place::Authorizations, page).await
}

/// The page, with what could not be done and what was typed of a rule.
pub(super) async fn failed(room: &Room, words: &Words, typed: &Fields) -> Result<Page, Words> {
    shown(room, &Wanted::default(), Some(words), typed).await
}

async fn shown(room: &Room, wanted: &Wanted, failed: Option<&Words>, rule: &Fields) -> Result<Page, Words> {
    let pending = room.agent.pending().await?;
    let peers = room.agent.peers().await?;
    let limit = if wanted.all { MANY } else { FEW };
    let log = room.agent.audit(AuditQuery { limit: Some(limit), ..AuditQuery::default() }).await?;
    let allowed = room.agent.rules().await?;
    let policy = room.agent.policy().await?;
    let report = if wanted.verify { Some(room.agent.verify_audit().await?) } else { None };
    let main = html! {
        header.head { div { h1 { "Authorizations" } p.lead { "Your agent asks; you decide, here or in a terminal, and nobody for you." } } }
        @if let Some(words) = failed { (parts::alert(words)) }
        (waiting(room, &pending, &peers.requests))
        (grants(room, &peers.pairs))
        (rules::section(room, &allowed, &peers.pairs, policy, rule))
        (decisions(room, &log, report.as_ref(), limit))
    };
    Ok(Page::new(Place::Authorizations, "Authorizations", main))
}

fn waiting(room: &Room, pending: &[PendingAction], requests: &[RequestView]) -> Markup {
    html! {
        section {
            h2 { "Waiting for you" }
            @if pending.is_empty() && requests.is_empty() { p.faint { "Nothing waits. When your agent wants to pair, invite or publish, it is put to you here." } }
            ul.lines {
                @for action in pending {
                    li {
                        a.grow href=(room.at(&format!("decide/{}", action.id))) { (action.title) }
                        span.faint { code { (action.id) } ", lapses " (words::within(action.expires_at, room.now())) }
                    }
                }
                @for request in requests {
                    li {
                        a.grow href=(room.at(&format!("network#request-{}", request.request_id))) { "Somebody asks to pair: " (request.safety_words.join(" ")) }
                        span.faint { "lapses " (words::within(request.expires_at, room.now())) }
                    }
                }
            }
        }
    }
}

fn grants(room: &Room, pairs: &[PairView]) -> Markup {
    let live: Vec<&PairView> = pairs.iter().filter(|pair| pair.state == PairState::Paired).collect();
    html! {
        section {
            h2 { "Grants" }
            @if live.is_empty() { p.faint { "Nobody may write to your agent. " a href=(room.at("network#invite")) { "Invite somebody" } "." } }
            @else {
                div.wide tabindex="0" role="region" aria-label="Grants" {
                    table {
                        thead { tr { th scope="col" { "Peer" } th scope="col" { "May write to you about" } th scope="col" { "You may write about" } th scope="col" { "Since" } } }
                        tbody {
                            @for pair in live {
                                tr {
                                    th scope="row" { a href=(room.at(&format!("peer/{}", pair.agent_id))) { (pair.petname) } }
                                    td { (parts::scopes(&pair.granted)) (bounds::shown(pair.bounds, room.now())) }
                                    td { (parts::scopes(&pair.granted_to_us)) }
                                    td { (parts::time(pair.since, room.now())) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn decisions(room: &Room, log: &[AuditEntry], report: Option<&AuditReport>, limit: usize) -> Markup {
    html! {
        section #log {
            header.row.apart {
                h2 { "Decisions" }
                a.button.quiet href=(room.at("authorizations?verify=true#log")) { "Verify the log" }
            }
            p.hint { "Every entry names the one before it by its hash and is signed by this device, so that none can be changed unseen." }
            @if let Some(report) = report { (verdict(report)) }
            @if log.is_empty() { p.faint { "Nothing was decided yet." } }
            @else {
                ol.log { @for entry in log.iter().rev() { (line(room, entry)) } }
                @if log.len() == limit && limit == FEW { p.center { a href=(room.at("authorizations?all=true#log")) { "Earlier decisions" } } }
            }
        }
    }
}

fn verdict(report: &AuditReport) -> Markup {
    let class = if report.is_sound() { "verdict good" } else { "verdict bad" };
    html! {
        p class=(class) role="status" {
            (report.summary)
            @if !report.is_sound() { " Somebody or something changed this computer's records. Keep a copy of the data folder, and look at who had access to it." }
        }
    }
}

fn line(room: &Room, entry: &AuditEntry) -> Markup {
    html! {
        li {
            span.number { "#" (entry.number) }
            span.what { (parts::event(entry)) }
            (parts::time(entry.at, room.now()))
            code.hash title=(entry.hash) { (&entry.hash[..entry.hash.len().min(8)]) }
        }
    }
}
