//! The network: the pairs as a picture and as a list, who asks, whom we asked, whom we do not hear.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::invite;
use crate::agent::{
    Authorize, AuthorizeError, BlockedView, PairState, PairView, PeerList, Policy, RequestKind, RequestView, Revoke,
    WaitingView,
};
use crate::console::act::Started;
use crate::console::form::{Fields, Posted};
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{bounds, parts, picture};
use crate::error::Words;
use crate::{present, words};

/// `GET network`
pub(in crate::console) async fn page(State(room): State<Arc<Room>>, headers: HeaderMap) -> Response {
    let page = shown(&room, &Typed::default(), None).await;
    room.show(&headers, Place::Network, page).await
}

/// What was typed into the forms of the page; it stays when something did not work.
#[derive(Default)]
pub(super) struct Typed {
    pub(super) invite: invite::Typed,
    pub(super) request: Option<Chosen>,
}

/// What the owner chose for one request: never what the stranger asked for instead.
pub(in crate::console) struct Chosen {
    request_id: String,
    scopes: Vec<String>,
    bounds: bounds::Typed,
}

impl Chosen {
    /// As it was posted.
    pub(in crate::console) fn new(request_id: &str, fields: &Fields) -> Self {
        let request_id = request_id.to_owned();
        Self { request_id, scopes: parts::named_scopes(fields), bounds: fields.into() }
    }
}

/// The page, with what was typed into its forms and why that did not work.
pub(super) async fn shown(room: &Room, typed: &Typed, failed: Option<&Words>) -> Result<Page, Words> {
    let peers = room.agent.peers().await?;
    let policy = room.agent.policy().await?;
    let nobody = peers.pairs.is_empty() && peers.waiting.is_empty() && peers.requests.is_empty();
    let main = html! {
        header.head { div { h1 { "Network" } p.lead { "Who may write to your agent, and to whom it may write." } } }
        @if let Some(words) = failed { (parts::alert(words)) }
        @if nobody { (alone()) } @else { (picture::network(room, &peers)) }
        (requests(room, &peers.requests, typed.request.as_ref()))
        (pairs(room, &peers))
        (waiting(room, &peers.waiting))
        (invite::forms(room, &typed.invite))
        (blocked(room, &peers.blocked, policy))
    };
    Ok(Page::new(Place::Network, "Network", main))
}

fn alone() -> Markup {
    html! {
        section.empty {
            h2 { "Your agent knows nobody yet" }
            p { "Two agents are paired once, with both owners' yes. Make an invite below and hand its link to one person, or take up a link that you were given." }
        }
    }
}

fn requests(room: &Room, requests: &[RequestView], chosen: Option<&Chosen>) -> Markup {
    html! {
        @if !requests.is_empty() {
            section {
                h2 { "Asking to pair" }
                p.hint { "Your agent was told that somebody asks, not what is written here. Compare the safety words with the person, over the phone for instance, before you accept." }
                @for request in requests { (request_card(room, request, chosen)) }
            }
        }
    }
}

/// One stranger's request: everything in it is the stranger's word, but for id and safety words.
pub(in crate::console) fn request_card(room: &Room, request: &RequestView, chosen: Option<&Chosen>) -> Markup {
    let id = &request.request_id;
    let (scopes, bounds) = match chosen.filter(|chosen| chosen.request_id.eq_ignore_ascii_case(id)) {
        Some(chosen) => (chosen.scopes.clone(), chosen.bounds.clone()),
        None => (request.requested.iter().map(ToString::to_string).collect(), bounds::Typed::default()),
    };
    html! {
        article.card.stranger id={ "request-" (id) } aria-labelledby={ "by-" (id) } {
            header.row.apart {
                h3 id={ "by-" (id) } { @match request.kind { RequestKind::Knock => "A stranger asks to pair", RequestKind::Reset => "A peer asks to begin afresh with new keys" } }
                span.faint { "came " (parts::time(request.received_at, room.now())) ", lapses " (words::within(request.expires_at, room.now())) }
            }
            (parts::safety_words(&request.safety_words))
            dl.facts {
                dt { "Agent" } dd { code { (request.agent_id) } }
                dt { "Calls itself" } dd.theirs { (present::line(&request.display_name).as_str()) }
                @if !request.text.is_empty() { dt { "Writes" } dd.theirs { (present::neutralise(&request.text).as_str()) } }
                dt { "Wants to write about" } dd { (parts::scopes(&request.requested)) }
                dt { "Lets you write about" } dd { (parts::scopes(&request.offered)) }
            }
            form.stack method="post" action=(room.at(&format!("request/{id}/approve"))) {
                (parts::secret(room))
                @if request.kind == RequestKind::Knock { (parts::scope_boxes("May write to you about", &scopes, "Only what you tick. You can take scopes away at any time.")) (bounds::fields(&bounds)) }
                p.row { button { "Accept …" } span.hint { "You see it once more before it holds." } }
            }
            (decline_form(room, request))
        }
    }
}

/// The button stands behind a fold, which is the question: what is declined is deleted.
fn decline_form(room: &Room, request: &RequestView) -> Markup {
    html! {
        details {
            summary { "Decline it …" }
            p {
                "The request is deleted, with what it says, and whoever sent it is not told. "
                @if request.kind == RequestKind::Knock { "A stranger whom you were never paired with is not heard again until you press " b { "Hear again" } " on this page or run " code { "a2a peers unblock" } ", and has to ask anew then." }
            }
            form method="post" action=(room.at(&format!("request/{}/decline", request.request_id))) {
                (parts::secret(room))
                button.bad { "Decline the request" }
            }
        }
    }
}

fn pairs(room: &Room, peers: &PeerList) -> Markup {
    html! {
        @if !peers.pairs.is_empty() {
            section {
                h2 { "Your peers" }
                ul.cards { @for pair in &peers.pairs { li { (pair_card(room, pair)) } } }
            }
        }
    }
}

fn pair_card(room: &Room, pair: &PairView) -> Markup {
    let id = pair.agent_id;
    html! {
        article.card.peer {
            header.row.apart {
                h3 { a href=(room.at(&format!("peer/{id}"))) { (pair.petname) } }
                (state(pair.state))
            }
            p.faint { @match pair.last_contact { Some(at) => { "last contact " (parts::time(at, room.now())) }, None => "no mail yet" } }
            dl.facts {
                dt { "May write to you" } dd { (parts::scopes(&pair.granted)) (bounds::shown(pair.bounds, room.now())) }
                dt { "You may write" } dd { (parts::scopes(&pair.granted_to_us)) }
            }
            p.row {
                @if pair.state == PairState::Paired { a.button.quiet href=(room.at(&format!("compose?to={id}"))) { "Write" } }
                a.button.quiet href=(room.at(&format!("peer/{id}"))) { "Manage" }
                @if pair.unread > 0 { a href=(room.at(&format!("thread/{id}"))) { (words::count(pair.unread, "new message")) } }
                @if pair.waiting > 0 { span.faint { (pair.waiting) " waiting to be sent" } }
            }
        }
    }
}

/// Where a pair stands, as a mark.
pub(super) fn state(state: PairState) -> Markup {
    match state {
        PairState::Paired => html! { span.mark.good { "paired" } },
        PairState::Refused => html! { span.mark.bad { "ended by them" } },
        PairState::Revoked => html! { span.mark.plain { "ended by you" } },
    }
}

fn waiting(room: &Room, waiting: &[WaitingView]) -> Markup {
    html! {
        @if !waiting.is_empty() {
            section #waiting-for {
                h2 { "Asked, not answered yet" }
                ul.lines { @for asked in waiting { li { b { (asked.petname) } " " (parts::scopes(&asked.granted)) " " span.faint { "asked " (parts::time(asked.asked_at, room.now())) } } } }
            }
        }
    }
}

fn blocked(room: &Room, blocked: &[BlockedView], policy: Policy) -> Markup {
    html! {
        @if !blocked.is_empty() {
            section {
                h2 { "Not heard" }
                p.hint { "What these agents send is dropped in silence." }
                ul.lines {
                    @for one in blocked {
                        li {
                            b { (one.petname) } " " span.faint { "since " (parts::time(one.since, room.now())) }
                            form method="post" action=(room.at("unblock")) {
                                (parts::secret(room)) input type="hidden" name="peer" value=(one.agent_id);
                                (parts::pin(policy))
                                button.quiet aria-label={ "Hear again: " (one.petname) } { "Hear again" }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// `POST request/{id}/approve`
pub(in crate::console) async fn approve(
    State(room): State<Arc<Room>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let begun = async {
        let requests = room.agent.peers().await?.requests;
        let kind = requests.iter().find(|request| request.request_id.eq_ignore_ascii_case(&id)).map(|found| found.kind);
        Started::Authorize(approval(&id, kind, &fields)?).begin(&room).await
    };
    match begun.await {
        Ok(response) => response,
        Err(words) => {
            let typed = Typed { request: Some(Chosen::new(&id, &fields)), ..Typed::default() };
            let page = shown(&room, &typed, Some(&words)).await.map(Page::refusing);
            room.show(&headers, Place::Network, page).await
        }
    }
}

/// What is asked for: what was ticked. Nothing ticked is not what the stranger asked for; a new start names no scopes.
pub(in crate::console) fn approval(id: &str, kind: Option<RequestKind>, fields: &Fields) -> Result<Authorize, Words> {
    let scopes = match (kind, parts::read_scopes(fields)?) {
        (Some(RequestKind::Reset), _) => None,
        (None, scopes) if scopes.is_empty() => return Err(AuthorizeError::UnknownRequest.into()),
        (_, scopes) if scopes.is_empty() => return Err(nothing_ticked()),
        (_, scopes) => Some(scopes),
    };
    let bounds = bounds::Typed::from(fields).read()?;
    Ok(Authorize { peer: id.to_owned(), scopes, bounds, ..Authorize::default() })
}

fn nothing_ticked() -> Words {
    Words {
        what: "no scope was ticked".to_owned(),
        next: "Tick what it may write to you about, or decline the request.".to_owned(),
    }
}

/// `POST request/{id}/decline`
pub(in crate::console) async fn decline(
    State(room): State<Arc<Room>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Posted(_): Posted,
) -> Response {
    match room.agent.revoke(Revoke { peer: id, ..Revoke::default() }).await {
        Ok(done) => room.go("network", format!("Declined. {} is not told.", done.peer)),
        Err(error) => room.show(&headers, Place::Network, Err(error.into())).await,
    }
}

/// `POST unblock`
pub(in crate::console) async fn unblock(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match room.agent.unblock(fields.one("peer"), parts::word(&fields)).await {
        Ok(name) => room.go("network", format!("{name} may ask to pair again.")),
        Err(error) => room.show(&headers, Place::Network, Err(error.into())).await,
    }
}
