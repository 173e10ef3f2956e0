//! One peer in full: who it is, what each may write about, its name here, and the end of the pair.

use std::sync::Arc;

use a2a_proto::time::Timestamp;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};

use super::kept::{Form, Kept};
use super::{habits, network, takes};
use crate::agent::{
    Authorize, Bounds, Explanation, PairState, PairView, PeerList, Policy, Revoke, Revoked, RevokedState,
};
use crate::console::act::Started;
use crate::console::form::{Fields, Posted};
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::{bounds, parts};
use crate::error::Words;
use crate::words;

/// `GET peer/{peer}`
pub(in crate::console) async fn page(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
) -> Response {
    let page = shown(&room, &peer, None, &Kept::default()).await;
    room.show(&headers, Place::Network, page).await
}

async fn shown(room: &Room, peer: &str, failed: Option<&Words>, kept: &Kept) -> Result<Page, Words> {
    let PeerList { pairs, own_words, .. } = room.agent.peers().await?;
    let pair = pairs.into_iter().find(|pair| pair.agent_id.to_string() == peer).ok_or_else(takes::no_such_peer)?;
    let policy = room.agent.policy().await?;
    let id = pair.agent_id;
    let limits = room.agent.limits(&id.to_string()).await?;
    let (why, offers) = (room.agent.explain(peer).await?, room.agent.intents_of(peer).await?);
    let main = html! {
        p.crumbs { a href=(room.at("network")) { "Network" } }
        header.head { div { h1 { (pair.petname) } p.lead { (network::state(pair.state)) " " (parts::time(pair.since, room.now())) } } a.button.quiet href=(room.at(&format!("thread/{id}"))) { "Read the conversation" } }
        @if let Some(words) = failed { (parts::alert(words)) }
        (how_mail_goes(&why))
        (identity(&pair, room.now()))
        @if pair.state == PairState::Paired { (verification(room, &pair, &own_words, policy, kept)) }
        @if pair.state == PairState::Paired { (scopes(room, &pair, kept)) }
        @if let Some(until) = pair.undo_until { (undo_card(room, &pair, until, policy)) }
        @if pair.state == PairState::Paired { (habits::budget(room, &pair, &limits, policy, kept)) (habits::receipts(room, &pair)) (takes::known(room, &pair, &offers)) }
        (name(room, &pair, policy, kept))
        @if pair.state == PairState::Paired { (end(room, &pair, kept)) }
    };
    Ok(Page::new(Place::Network, pair.petname.clone(), main))
}

/// The page again, with what did not work and what was typed there.
pub(super) async fn refused(room: &Room, headers: &HeaderMap, peer: &str, words: &Words, kept: &Kept) -> Response {
    let page = shown(room, peer, Some(words), kept).await.map(Page::refusing);
    room.show(headers, Place::Network, page).await
}

/// Why mail goes, or why it does not.
pub(in crate::console) fn how_mail_goes(why: &Explanation) -> Markup {
    html! { section.card #why { h2 { "How mail goes" } p { (parts::prose(&why.text)) } } }
}

/// What bounds the grant that the peer made us.
fn ours(pair: &PairView) -> Bounds {
    Bounds { until: pair.granted_to_us_until, daily: None }
}

pub(in crate::console) fn identity(pair: &PairView, now: Timestamp) -> Markup {
    html! {
        section.card {
            h2 { "Who it is" }
            p.hint { "Six words that stand for its key. If the person reads you the same six, over the phone say, nobody stands between you." }
            (parts::safety_words(&pair.safety_words))
            dl.facts {
                dt { "Agent" } dd { (parts::copyable("agent-id", &pair.agent_id.to_string(), "the id")) }
                dt { "Address" } dd { code { (pair.address) } }
                dt { "You may write about" } dd { (parts::scopes(&pair.granted_to_us)) (bounds::shown(ours(pair), now)) }
                dt { "Mail" } dd { (words::count(pair.unread, "new message")) ", " (pair.waiting) " waiting to be sent" }
            }
        }
    }
}

pub(in crate::console) fn scopes(room: &Room, pair: &PairView, kept: &Kept) -> Markup {
    let is_ticked =
        |scope: &str| kept.of(Form::Narrow).is_some_and(|fields| fields.all("scope").any(|one| one == scope));
    html! {
        section.card {
            h2 { "What it may write to you about" }
            p { (parts::scopes(&pair.granted)) (bounds::shown(pair.bounds, room.now())) }
            (change(room, pair, kept.of(Form::Grant)))
            form.stack method="post" action=(room.at(&format!("peer/{}/revoke", pair.agent_id))) {
                (parts::secret(room))
                input type="hidden" name="act" value="narrow";
                fieldset.boxes {
                    legend { "Take away" }
                    div.ticks { @for scope in &pair.granted { label.tick { input type="checkbox" name="scope" value=(scope) checked[is_ticked(&scope.to_string())]; span { (scope) } } } }
                }
                p.row { button.quiet { "Take the ticked scopes away" } span.hint { "Takes effect at once. Its end and number a day stay." } }
            }
        }
    }
}

/// The whole grant anew, once more shown before it holds: as it was typed, else as it stands.
fn change(room: &Room, pair: &PairView, typed: Option<&Fields>) -> Markup {
    let (scopes, bounds) = match typed {
        Some(fields) => (parts::named_scopes(fields), fields.into()),
        None => (pair.granted.iter().map(ToString::to_string).collect(), pair.bounds.into()),
    };
    html! {
        details open[typed.is_some()] {
            summary { "Change it: more scopes, an end, a number a day …" }
            form.stack method="post" action=(room.at(&format!("peer/{}/grant", pair.agent_id))) {
                (parts::secret(room))
                (parts::scope_boxes("May write to you about", &scopes, "What you tick replaces what it has now."))
                (bounds::fields(&bounds))
                p.row { button { "Change the grant …" } span.hint { "You see it once more before it holds, and the peer is told." } }
            }
        }
    }
}

/// `POST peer/{peer}/grant`
pub(in crate::console) async fn grant(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match begin_grant(&room, &peer, &fields).await {
        Ok(response) => response,
        Err(words) => refused(&room, &headers, &peer, &words, &Kept::new(Form::Grant, fields)).await,
    }
}

async fn begin_grant(room: &Room, peer: &str, fields: &Fields) -> Result<Response, Words> {
    Started::Authorize(regrant(peer, fields)?).begin(room).await
}

/// What is asked for: the peer by its id, so that no other name is mistaken for it.
pub(in crate::console) fn regrant(peer: &str, fields: &Fields) -> Result<Authorize, Words> {
    let scopes = parts::read_scopes(fields)?;
    if scopes.is_empty() {
        return Err(Words {
            what: "no scope was ticked".to_owned(),
            next: "Tick what it may write about, or end the pair below.".to_owned(),
        });
    }
    let bounds = bounds::Typed::from(fields).read()?;
    Ok(Authorize { peer: peer.to_owned(), scopes: Some(scopes), text: None, bounds })
}

fn name(room: &Room, pair: &PairView, policy: Policy, kept: &Kept) -> Markup {
    let name = kept.of(Form::Name).map_or(pair.petname.as_str(), |fields| fields.one("name"));
    html! {
        section.card {
            h2 { "What you call it" }
            form.inline method="post" action=(room.at(&format!("peer/{}/rename", pair.agent_id))) {
                (parts::secret(room))
                label.field { span { "Name" } input type="text" name="name" value=(name) required maxlength="64" autocomplete="off" spellcheck="false"; }
                (parts::pin(policy))
                button.quiet { "Rename" }
            }
        }
    }
}

/// What the other person reads out is typed, so that looking alone verifies nothing.
pub(in crate::console) fn verification(
    room: &Room,
    pair: &PairView,
    own_words: &[String],
    policy: Policy,
    kept: &Kept,
) -> Markup {
    let typed = kept.of(Form::Words);
    let is_open = pair.verified_at.is_none() || typed.is_some();
    html! {
        section.card #verify {
            header.row.apart {
                h2 { "Verified?" }
                @match pair.verified_at {
                    Some(at) => span.mark.good { "compared " (parts::time(at, room.now())) },
                    None => span.mark.warn { "not compared" },
                }
            }
            details open[is_open] data-drawn[is_open] {
                summary { "Compare over the phone, by video or face to face …" }
                p { "Read them your words, and type the six that they read to you from their own screen." }
                (parts::safety_words(own_words))
                form.stack method="post" action=(room.at(&format!("peer/{}/verify", pair.agent_id))) {
                    (parts::secret(room))
                    label.field { span { "Their six words" } input type="text" name="words" value=[typed.map(|fields| fields.one("words"))] required maxlength="120" autocomplete="off" autocapitalize="none" spellcheck="false"; }
                    (parts::pin(policy))
                    p.row { button.quiet { "Compare" } }
                }
            }
        }
    }
}

/// `POST peer/{peer}/verify`
pub(in crate::console) async fn verify(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match room.agent.verify(&peer, fields.one("words"), parts::word(&fields)).await {
        Ok(name) => room.go(&format!("peer/{peer}"), format!("The same: {name} is verified.")),
        Err(error) => refused(&room, &headers, &peer, &error.into(), &Kept::new(Form::Words, fields)).await,
    }
}

/// Gives back what was taken away last.
fn undo_card(room: &Room, pair: &PairView, until: Timestamp, policy: Policy) -> Markup {
    let what = match pair.state {
        PairState::Paired => "Scopes were taken away from it.",
        PairState::Refused | PairState::Revoked => "This pair was ended on this side.",
    };
    html! {
        section.card {
            h2 { "Take it back" }
            p { (what) " You can undo that " (words::within(until, room.now())) " at the latest; nothing has to be agreed upon anew." }
            form.stack method="post" action=(room.at(&format!("peer/{}/undo", pair.agent_id))) {
                (parts::secret(room))
                (parts::pin(policy))
                p.row { button.quiet { "Undo" } span.hint { "If they ended the pair too meanwhile, it stays over." } }
            }
        }
    }
}

/// `POST peer/{peer}/undo`
pub(in crate::console) async fn undo(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match room.agent.undo(&peer, parts::word(&fields)).await {
        Ok(done) => {
            let said = format!("{} may write to you again about: {}.", done.peer, words::scopes(&done.scopes));
            room.go(&format!("peer/{peer}"), said)
        }
        Err(error) => refused(&room, &headers, &peer, &error.into(), &Kept::default()).await,
    }
}

/// The button stands behind a fold, which is the question.
fn end(room: &Room, pair: &PairView, kept: &Kept) -> Markup {
    let typed = kept.of(Form::End);
    html! {
        section.card.danger {
            details open[typed.is_some()] {
                summary { "End this pair …" }
                p { "Its lane into your mailbox is closed at your relay at once. " (pair.petname) " learns it with its next message. You can undo it for 7 days; after that, one of you invites the other." }
                form.stack method="post" action=(room.at(&format!("peer/{}/revoke", pair.agent_id))) {
                    (parts::secret(room))
                    input type="hidden" name="act" value="end";
                    label.tick.alone { input type="checkbox" name="block" value="yes" checked[typed.is_some_and(|fields| fields.has("block"))]; span { "Also drop whatever it sends from now on, requests included" } }
                    p.row { button.bad { "End the pair with " (pair.petname) } }
                }
            }
        }
    }
}

/// `POST peer/{peer}/revoke`
pub(in crate::console) async fn revoke(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    let done = async {
        let wanted = wanted(&peer, &fields)?;
        Ok::<_, Words>(room.agent.revoke(wanted).await?)
    };
    match done.await {
        Ok(done) => room.go(&format!("peer/{peer}"), how_it_went(&done)),
        Err(words) => {
            let form = if fields.one("act") == "end" { Form::End } else { Form::Narrow };
            refused(&room, &headers, &peer, &words, &Kept::new(form, fields)).await
        }
    }
}

/// What is taken away.
pub(in crate::console) fn wanted(peer: &str, fields: &Fields) -> Result<Revoke, Words> {
    let peer = peer.to_owned();
    match fields.one("act") {
        "end" => Ok(Revoke { peer, scopes: None, block: fields.has("block") }),
        _ => match parts::read_scopes(fields)? {
            scopes if scopes.is_empty() => Err(Words {
                what: "no scope was ticked".to_owned(),
                next: "Tick what it may no longer write about.".to_owned(),
            }),
            scopes => Ok(Revoke { peer, scopes: Some(scopes), block: false }),
        },
    }
}

fn how_it_went(done: &Revoked) -> String {
    let what = match done.state {
        RevokedState::Revoked => format!("The pair with {} is over.", done.peer),
        RevokedState::Narrowed => format!("{} may now write about: {}.", done.peer, words::scopes(&done.remaining)),
        RevokedState::Declined => format!("{} was declined.", done.peer),
        RevokedState::Blocked => format!("The pair with {} is over, and it is not heard again.", done.peer),
    };
    match done.relay_told {
        true => what,
        false => format!("{what} Your relay could not be told yet; what comes from it is dropped here."),
    }
}

/// `POST peer/{peer}/rename`
pub(in crate::console) async fn rename(
    State(room): State<Arc<Room>>,
    Path(peer): Path<String>,
    headers: HeaderMap,
    Posted(fields): Posted,
) -> Response {
    match room.agent.rename(&peer, fields.one("name"), parts::word(&fields)).await {
        Ok(name) => room.go(&format!("peer/{peer}"), format!("It is called {name} from now on.")),
        Err(error) => refused(&room, &headers, &peer, &error.into(), &Kept::new(Form::Name, fields)).await,
    }
}
