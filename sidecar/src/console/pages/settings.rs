//! Settings: who the agent is, its relay, where its key rests, recovery, how it fares, and the end of this console.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::{IntoResponse as _, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::{away, clients, notifications, recovery, takes};
use crate::agent::{Check, Health, PairState, PairView, Policy, RelayState, Whoami};
use crate::console::form::Posted;
use crate::console::room::{Page, Room};
use crate::console::shell::{self, Place};
use crate::console::{parts, qr};
use crate::error::Words;
use crate::present;

/// Whether the checks are asked for.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Wanted {
    check: bool,
}

/// `GET settings`
pub(in crate::console) async fn page(
    State(room): State<Arc<Room>>,
    Query(wanted): Query<Wanted>,
    headers: HeaderMap,
) -> Response {
    let page = shown(&room, &wanted, None, &away::Typed::default()).await;
    room.show(&headers, Place::Settings, page).await
}

/// The page after something on it did not work.
pub(super) async fn failed(room: &Room, words: &Words, typed: away::Typed) -> Result<Page, Words> {
    shown(room, &Wanted::default(), Some(words), &typed).await
}

async fn shown(room: &Room, wanted: &Wanted, failed: Option<&Words>, typed: &away::Typed) -> Result<Page, Words> {
    let (me, hook) = tokio::join!(room.agent.whoami(), notifications::hook(room));
    let me = me?;
    let (card, peers_only) = (room.agent.own_card().await?, room.agent.peers_only().await?);
    let (kept, pairs) = (room.agent.kept_backup().await?, room.agent.peers().await?.pairs);
    let on_desktop = room.agent.notifies().await?;
    let absence = room.agent.absence().await?;
    let (seen, watching) = on_this_computer(room).await.unzip();
    let hosts = room.agent.allowed_relays().await?.hosts;
    let (policy, places) = (room.agent.policy().await?, room.places()?);
    let checks = if wanted.check { Some(room.agent.examine().await) } else { None };
    let main = html! {
        header.head { div { h1 { "Settings" } p.lead { "Who your agent is, and how it fares." } } }
        @if let Some(words) = failed { (parts::alert(words)) }
        (identity(&me))
        (relay(&me, &hosts))
        (away::section(room, absence.as_ref(), typed, policy))
        (clients::section(seen.as_deref()))
        (notifications::section(room, seen.as_deref(), watching.as_ref(), on_desktop, &hook))
        (takes::own(room, card.as_ref(), peers_only.as_ref()))
        (receipts(room, &pairs))
        (yes(policy))
        (recovery::section(room, &me.recovery, &kept, &places, policy))
        (health(room, checks.as_deref()))
        (console(room))
    };
    Ok(Page::new(Place::Settings, "Settings", main))
}

/// Who learns that its mail was read; it is changed where everything of a peer is.
pub(in crate::console) fn receipts(room: &Room, pairs: &[PairView]) -> Markup {
    let live: Vec<&PairView> = pairs.iter().filter(|pair| pair.state == PairState::Paired).collect();
    html! {
        section.card #receipts {
            h2 { "Receipts" }
            p.hint { "That mail arrived is always confirmed to whoever sent it, signed. That it was read is told as you say, peer by peer." }
            @if live.is_empty() { p.faint { "There is nobody to tell. " a href=(room.at("network#invite")) { "Invite somebody" } "." } }
            @else {
                ul.checks.clients {
                    @for pair in live {
                        li {
                            @if pair.told_of_reading { span.mark.good { "told" } } @else { span.mark.plain { "not told" } }
                            a href=(room.at(&format!("peer/{}#receipts", pair.agent_id))) { (pair.petname) }
                        }
                    }
                }
            }
        }
    }
}

/// What the owner's yes takes.
pub(in crate::console) fn yes(policy: Policy) -> Markup {
    html! {
        section.card #yes {
            header.row.apart {
                h2 { "Your yes" }
                @match policy { Policy::Pin => span.mark.good { "takes your PIN" }, Policy::Confirm => span.mark.plain { "no PIN" } }
            }
            @match policy {
                Policy::Pin => p { "Whoever approves something, here or in a terminal, types it. To choose another: " code { "a2a pin change" } ", to do without: " code { "a2a pin remove" } },
                Policy::Confirm => p { "A press of a button here, or a word in a terminal, approves. A program that runs as you can do the same; to have every yes take a PIN: " code { "a2a pin set" } },
            }
        }
    }
}

/// What stands in files of this computer, read beside everything else that goes on.
async fn on_this_computer(room: &Room) -> Option<(Vec<clients::Seen>, notifications::Watching)> {
    let computer = room.computer.clone()?;
    let read = move || (clients::look(&computer), notifications::watching(&computer));
    tokio::task::spawn_blocking(read).await.ok()
}

fn identity(me: &Whoami) -> Markup {
    html! {
        section.card {
            h2 { "Identity" }
            div.beside {
                div {
                    p.hint { "Read these six words to whom you pair with; they stand for your key." }
                    (parts::safety_words(&me.safety_words))
                    dl.facts {
                        dt { "Name" } dd { (present::own(&me.display_name).as_str()) }
                        dt { "Address" } dd { (parts::copyable("address", &me.address.to_string(), "the address")) }
                        dt { "Agent" } dd { (parts::copyable("agent-id", &me.agent_id.to_string(), "the id")) }
                        dt { "Key" } dd { "in the " (me.vault) "; to see or change what opens it: " code { "a2a vault" } }
                    }
                }
                (qr::picture(&me.address.to_string(), "Your address as a QR code"))
            }
        }
    }
}

fn relay(me: &Whoami, hosts: &[String]) -> Markup {
    html! {
        section.card {
            h2 { "Relay" }
            p { code { (me.relay) } " " (reachable(&me.relay_state)) }
            p.hint { "To move to another one with every pair: " code { "a2a relay move RELAY-URL" } }
            @if let RelayState::Away(reason) = &me.relay_state { p.faint { (parts::sentence(reason)) " Mail waits here and goes by itself." } }
            @if !hosts.is_empty() {
                p { "Relays of others that may be called although they are at a private address: " @for host in hosts { code { (host) } " " } }
                p.hint { "Change them in a terminal: " code { "a2a relay allow HOST" } ", " code { "a2a relay forget HOST" } "." }
            }
        }
    }
}

fn reachable(state: &RelayState) -> Markup {
    match state {
        RelayState::Reachable => html! { span.mark.good { "reachable" } },
        RelayState::Away(_) => html! { span.mark.warn { "away" } },
    }
}

fn health(room: &Room, checks: Option<&[Check]>) -> Markup {
    html! {
        section.card #health {
            header.row.apart { h2 { "Health" } a.button.quiet href=(room.at("settings?check=true#health")) { "Check everything" } }
            @match checks {
                None => p.hint { "Looks at the vault, the store, the audit log, the relay, the clock and the prekeys, and says what to do where something is wrong." },
                Some(checks) => ul.checks { @for check in checks { (checked(check)) } },
            }
        }
    }
}

fn checked(check: &Check) -> Markup {
    let (class, word) = match check.health {
        Health::Ok => ("mark good", "ok"),
        Health::Warn => ("mark warn", "look"),
        Health::Fail => ("mark bad", "fails"),
    };
    html! {
        li {
            span class=(class) { (word) }
            span { b { (check.subject) } ": " (parts::prose(&check.finding)) @if let Some(next) = &check.next_step { br; span.faint { (parts::prose(next)) } } }
        }
    }
}

fn console(room: &Room) -> Markup {
    html! {
        section.card {
            h2 { "This console" }
            p { "Served by a2a " (env!("CARGO_PKG_VERSION")) " on this computer, to this browser only, for as long as " code { "a2a console" } " runs; if a notification opened it, until ten minutes after you last looked." }
            form method="post" action=(room.at("close")) { (parts::secret(room)) button.quiet { "Close the console" } }
        }
    }
}

/// `POST close`
pub(in crate::console) async fn close(State(room): State<Arc<Room>>, Posted(_): Posted) -> Response {
    room.closed.cancel();
    shell::closed().into_response()
}
