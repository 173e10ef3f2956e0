//! The inbox by conversation, and one conversation.

use std::sync::Arc;

use a2a_proto::id::MessageId;
use axum::extract::{Path, Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;

use super::draft::{self, Draft};
use crate::agent::{
    Direction, MarkRead, Marked, Notice, PairState, ThreadPage, ThreadQuery, ThreadSummary, Whereabouts,
};
use crate::console::form::Posted;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{message, parts};
use crate::error::Words;
use crate::words;

/// How many messages stand on one page.
const PAGE: usize = 50;

/// `GET inbox`
pub(in crate::console) async fn list(State(room): State<Arc<Room>>, headers: HeaderMap) -> Response {
    let page = listed(&room).await;
    room.show(&headers, Place::Inbox, page).await
}

async fn listed(room: &Room) -> Result<Page, Words> {
    let threads = room.agent.threads().await?;
    let notices = room.agent.glance().await?.notices;
    let unread: u64 = threads.iter().map(|thread| thread.pair.unread).sum();
    let main = html! {
        header.head {
            div { h1 { "Inbox" } p.lead { @if unread > 0 { (words::count(unread, "new message")) } @else { "Everything here was seen." } } }
            (check_button(room))
        }
        (good_to_know(&notices, room))
        @if threads.is_empty() { (nobody(room)) } @else { (conversations(room, &threads, None)) }
    };
    Ok(Page::new(Place::Inbox, "Inbox", main))
}

fn check_button(room: &Room) -> Markup {
    html! { form method="post" action=(room.at("check")) { (parts::secret(room)) button.quiet { "Check now" } } }
}

fn good_to_know(notices: &[Notice], room: &Room) -> Markup {
    html! {
        @if !notices.is_empty() {
            section.notices aria-label="Good to know" {
                @for notice in notices { p { (parts::prose(&notice.text)) " " span.faint { (parts::time(notice.at, room.now())) } } }
            }
        }
    }
}

fn nobody(room: &Room) -> Markup {
    html! {
        section.empty {
            h2 { "Nobody writes here yet" }
            p { "Mail comes from agents that you are paired with, and from nobody else. Invite somebody, or take up an invite that you were given." }
            p.row { a.button href=(room.at("network#invite")) { "Make an invite" } a.button.quiet href=(room.at("network#join")) { "I was given a link" } }
        }
    }
}

/// The conversations as a list; the one that is open is marked.
fn conversations(room: &Room, threads: &[ThreadSummary], open: Option<&str>) -> Markup {
    html! {
        ul.threads {
            @for thread in threads {
                @let id = thread.pair.agent_id.to_string();
                li {
                    a.thread.unread[thread.pair.unread > 0] href=(room.at(&format!("thread/{id}"))) aria-current=[(open == Some(&id)).then_some("true")] {
                        span.avatar aria-hidden="true" { (first_letter(&thread.pair.petname)) }
                        span.who { (thread.pair.petname) @if thread.pair.state != PairState::Paired { " " span.mark.plain { "ended" } } }
                        @if let Some(last) = &thread.last { span.when { (parts::time(last.received_at, room.now())) } }
                        @match &thread.last { Some(last) => (message::snippet(last)), None => span.snippet.faint { "Nothing was written yet" } }
                        @if thread.pair.unread > 0 { span.count { (thread.pair.unread) span.unseen { " unread" } } }
                    }
                }
            }
        }
    }
}

fn first_letter(name: &str) -> String {
    name.chars().next().map(|letter| letter.to_uppercase().to_string()).unwrap_or_default()
}

/// Where in a conversation, and which message is being answered.
#[derive(Deserialize)]
pub(in crate::console) struct Where {
    before: Option<String>,
    reply: Option<String>,
}

/// `GET thread/{peer}`
pub(in crate::console) async fn thread(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    Query(place): Query<Where>,
    headers: HeaderMap,
) -> Response {
    let page = conversation(&room, &peer, place).await;
    room.show(&headers, Place::Inbox, page).await
}

async fn conversation(room: &Room, peer: &str, place: Where) -> Result<Page, Words> {
    let query =
        ThreadQuery { peer: peer.to_owned(), limit: Some(PAGE), cursor: place.before.clone(), message_id: None };
    let page = room.agent.thread(query, MarkRead(false)).await?;
    let threads = room.agent.threads().await?;
    let policy = room.agent.policy().await?;
    let id = page.agent_id.to_string();
    let pair = threads.iter().find(|thread| thread.pair.agent_id == page.agent_id).map(|thread| &thread.pair);
    let places = room.agent.whereabouts_of(page.messages.iter().map(|message| message.message_id).collect()).await?;
    let answers = pair.is_some_and(|pair| pair.state == PairState::Paired);
    let told = answers && pair.is_some_and(|pair| pair.told_of_reading);
    let draft = Draft { to: id.clone(), reply_to: place.reply.unwrap_or_default(), ..Draft::default() };
    let main = html! {
        div.split {
            aside aria-label="Conversations" { (conversations(room, &threads, Some(&id))) }
            div {
                header.head { div { h1 { (page.peer) } p.lead { a href=(room.at(&format!("peer/{id}"))) { "Safety words, scopes and more" } } } (mark_form(room, &page, told, place.before.as_deref())) }
                (said(room, &page, &places, answers))
                @if place.before.is_none() {
                    @if let Some(pair) = pair.filter(|_| answers) { section #answer { h2 { "Write to " (page.peer) } (draft::answer(room, pair, &draft, policy)) } }
                    @else { p.faint { "This pair ended: nothing can be written any more." } }
                }
            }
        }
    };
    Ok(Page::new(Place::Inbox, page.peer.clone(), main))
}

fn said(room: &Room, page: &ThreadPage, places: &[Whereabouts], answers: bool) -> Markup {
    let path = format!("thread/{}", page.agent_id);
    html! {
        @if let Some(cursor) = &page.next_cursor { p.center { a href=(room.at(&format!("{path}?before={cursor}"))) { "Earlier messages" } } }
        @if page.messages.is_empty() { p.faint { "Nothing was written yet. Your agent can, and so can you, below." } }
        @for message in &page.messages {
            @let reply = room.at(&format!("{path}?reply={}#answer", message.message_id));
            @let place = places.iter().find(|place| place.message_id == message.message_id).map(|place| place.line.as_str());
            (message::whole(message, place, room.now(), answers.then_some(reply.as_str())))
        }
    }
}

/// Looking does not use up what is new: that is for the agent, unless the owner says otherwise. The form names what this page
/// shows, so that nothing else is marked; it stands behind a fold, since nobody can take a receipt back.
pub(in crate::console) fn mark_form(room: &Room, page: &ThreadPage, told: bool, before: Option<&str>) -> Markup {
    let unread = page.messages.iter().filter(|message| message.unread && message.direction == Direction::Received);
    let shown: Vec<MessageId> = unread.map(|message| message.message_id).collect();
    let these = words::count(shown.len() as u64, "new message");
    html! {
        @if !shown.is_empty() {
            details.mark-read {
                summary { "Mark as read …" }
                p.hint { "Your agent is then not shown the " (these) " of this page as new. " (receipt(&page.peer, told)) " This cannot be taken back." }
                form method="post" action=(room.at(&format!("thread/{}/read", page.agent_id))) {
                    (parts::secret(room))
                    @for id in &shown { input type="hidden" name="shown" value=(id); }
                    @if let Some(before) = before { input type="hidden" name="before" value=(before); }
                    button.quiet { "Mark " (these) " as read" }
                }
            }
        }
    }
}

fn receipt(peer: &str, told: bool) -> String {
    if told { format!("{peer} gets a signed receipt.") } else { format!("{peer} is not told.") }
}

/// `POST thread/{peer}/read`
pub(in crate::console) async fn mark_read(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let shown = fields.all("shown").filter_map(|id| id.parse().ok()).collect();
    match room.agent.mark_read(&peer, shown).await {
        Ok(done) => room.go(&back(&peer, fields.one("before")), how_it_went(&done)),
        Err(error) => room.show(&headers, Place::Inbox, Err(error.into())).await,
    }
}

/// The page that the form stood on.
fn back(peer: &str, before: &str) -> String {
    let is_place = !before.is_empty() && before.bytes().all(|byte| byte.is_ascii_digit() || b".-".contains(&byte));
    if is_place { format!("thread/{peer}?before={before}") } else { format!("thread/{peer}") }
}

fn how_it_went(done: &Marked) -> String {
    match done.count {
        0 => "Nothing is marked: it was read meanwhile, or is being shown to your agent just now.".to_owned(),
        count => format!("{} marked as read. {}", words::count(count, "message"), receipt(&done.peer, done.told)),
    }
}

/// `POST check`
pub(in crate::console) async fn check(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(_): Posted,
) -> Response {
    let done = async {
        room.agent.hurry().await?;
        room.agent.sync().await
    };
    match done.await {
        Ok(report) if !report.problems.is_empty() => {
            let problems = report.problems.iter().map(|problem| parts::sentence(problem)).collect::<Vec<_>>().join(" ");
            room.go("inbox", format!("{problems} What waits here goes by itself once the relay answers."))
        }
        Ok(report) if report.messages > 0 => {
            room.go("inbox", format!("{} came.", words::count(report.messages, "message")))
        }
        Ok(_) => room.go("inbox", "Nothing new at the relay."),
        Err(error) => room.show(&headers, Place::Inbox, Err(error.into())).await,
    }
}
