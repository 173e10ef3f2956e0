//! The frame of every page: where one is, what waits, how the relay is, and the last decision.

use maud::{DOCTYPE, Markup, html};

use super::assets::{ICON, SCRIPT, STYLE};
use super::live::Reach;
use super::parts;
use super::room::{Page, Room};
use crate::agent::{AuditEntry, Glance};
use crate::error::Words;

/// Which part of the console a page belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Inbox,
    Compose,
    Network,
    Authorizations,
    Settings,
    /// None of them.
    Nowhere,
}

const PLACES: [(Place, &str, &str); 5] = [
    (Place::Inbox, "inbox", "Inbox"),
    (Place::Compose, "compose", "Compose"),
    (Place::Network, "network", "Network"),
    (Place::Authorizations, "authorizations", "Authorizations"),
    (Place::Settings, "settings", "Settings"),
];

/// What the frame says beside the page.
pub(super) struct Frame<'a> {
    pub(super) room: &'a Room,
    /// How things stand; none while there is no agent.
    pub(super) glance: Option<&'a Glance>,
    pub(super) reach: Reach,
    pub(super) said: Vec<String>,
}

/// A page in its frame.
pub(super) fn framed(frame: &Frame<'_>, page: &Page) -> Markup {
    let revision = frame.glance.map_or("", |glance| &glance.revision);
    let body = html! {
        a.skip href="#main" { "Skip to the page" }
        header.side {
            a.brand href=(frame.room.at("inbox")) { span.logo { "a2a" } span.sub { "your agent's private mailbox" } }
            nav aria-label="Pages" { ul { @for (place, path, name) in PLACES { (tab(frame, page, place, path, name)) } } }
            (corner(frame))
        }
        div.stage {
            div #said role="status" { @for words in &frame.said { p.said { (words) } } }
            main #main tabindex="-1" data-still[page.is_still] { (page.main) }
            (ticker(frame))
        }
        p.fresh role="status" { button #fresh type="button" hidden { "Something changed here. Show it" } }
        p #copied .unseen role="status" {}
    };
    let live = html! { body data-live=(frame.room.at("live")) data-revision=(revision) data-proof=(frame.room.gate.proof()) { (body) } };
    document(&page.title, None, &live)
}

fn tab(frame: &Frame<'_>, page: &Page, place: Place, path: &str, name: &str) -> Markup {
    let glance = frame.glance;
    let count = match place {
        Place::Inbox => glance.map(|glance| ("unread", glance.unread, "unread")),
        Place::Network => glance.map(|glance| ("pairs", glance.pairs, "paired")),
        Place::Authorizations => glance.map(|glance| ("pending", glance.pending, "waiting for you")),
        Place::Compose | Place::Settings | Place::Nowhere => None,
    };
    let current = (place == page.place).then_some("page");
    html! {
        li {
            a href=(frame.room.at(path)) aria-current=[current] {
                (icon(place))
                span.name { (name) }
                @if let Some((what, number, words)) = count {
                    span.count data-count=(what) hidden[number == 0] { (number) span.unseen { " " (words) } }
                }
            }
        }
    }
}

/// The corner: whether we are connected, since when nothing was asked, and what stands.
fn corner(frame: &Frame<'_>) -> Markup {
    let pulled = frame.glance.and_then(|glance| glance.pulled_at);
    let waiting = frame.glance.map_or(0, |glance| glance.waiting);
    html! {
        section.corner aria-label="Connection" {
            p.reach data-reach=(frame.reach.word()) { span.dot aria-hidden="true" {} span #reach { (frame.reach.words()) } }
            p.faint { span #pulled { @if let Some(at) = pulled { "pulled " (parts::time(at, frame.room.now())) } @else { "nothing pulled yet" } } }
            p.faint #waiting hidden[waiting == 0] { span data-count="waiting" { (waiting) } " waiting to be sent" }
        }
    }
}

fn ticker(frame: &Frame<'_>) -> Markup {
    let last = frame.glance.and_then(|glance| glance.last_decision.as_ref());
    html! {
        footer.ticker {
            a href=(frame.room.at("authorizations#log")) {
                span.label { "Last decision" }
                span #ticker { @match last { Some(entry) => (decision(entry, frame.room)), None => "none yet" } }
            }
        }
    }
}

/// An entry of the audit log in one short line.
pub(super) fn decision(entry: &AuditEntry, room: &Room) -> Markup {
    html! { (parts::brief(entry)) " · " (parts::time(entry.at, room.now())) }
}

/// What failed, and what to do now.
pub(super) fn failure(words: &Words) -> Markup {
    html! {
        section.empty {
            h1 { "That did not work" }
            (parts::alert(words))
        }
    }
}

/// The page that the link opens: it leads on, by itself.
pub(super) fn entrance(inbox: &str) -> Markup {
    let body = html! {
        body.alone { main.empty { h1 { "Opening your console" } p { a.button href=(inbox) { "Open the inbox" } } } }
    };
    document("Opening", Some(inbox), &body)
}

/// The link a second time.
pub(super) fn opened_before() -> Markup {
    let body = html! {
        body.alone {
            main.empty {
                h1 { "This link no longer opens" }
                p { "A link to the console works once, for ten minutes. For a fresh one run " code { "a2a console" } ", or press Enter in the terminal where it runs." }
                p.faint { "If it was not you who opened it, end the console: with Ctrl-C in its terminal. If a notification opened it, close the AI client that told you, or stop " code { "a2a watch" } "." }
            }
        }
    };
    document("Link used up", None, &body)
}

/// Whoever has no business here, and whoever mistyped.
pub(super) fn nothing_here() -> Markup {
    let body = html! {
        body.alone {
            main.empty {
                h1 { "There is nothing here" }
                p { "Open the console with the link that " code { "a2a console" } " gives you in a terminal." }
            }
        }
    };
    document("Nothing here", None, &body)
}

/// After the owner closed the console.
pub(super) fn closed() -> Markup {
    let body = html! {
        body.alone {
            main.empty {
                h1 { "The console is closed" }
                p { "Your agent goes on as before. Run " code { "a2a console" } " to look again." }
            }
        }
    };
    document("Closed", None, &body)
}

fn document(title: &str, goes_to: Option<&str>, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                @if let Some(path) = goes_to { meta http-equiv="refresh" content={ "0;url=" (path) }; }
                title { (title) " · a2a" }
                link rel="icon" type="image/svg+xml" href=(ICON.path);
                link rel="stylesheet" href=(STYLE.path);
                script src=(SCRIPT.path) defer {}
            }
            (body)
        }
    }
}

fn icon(place: Place) -> Markup {
    let path = match place {
        Place::Inbox => "M3 13h5l1.5 3h5L16 13h5M3 13 6 5h12l3 8v6H3z",
        Place::Compose => "M4 20l1-4L16 5l3 3L8 19zM14 7l3 3",
        Place::Network => {
            "M12 8a3 3 0 1 0 0-6 3 3 0 0 0 0 6M5 22a3 3 0 1 0 0-6 3 3 0 0 0 0 6M19 22a3 3 0 1 0 0-6 3 3 0 0 0 0 6M10.5 7.600 6.500 16.400M13.500 7.600l4 8.800"
        }
        Place::Authorizations => "M12 2l8 3v6c0 5-3.500 9-8 11-4.500-2-8-6-8-11V5zM8.500 12l2.500 2.500 4.500-5",
        Place::Settings => {
            "M4 7h9M19 7h1M4 17h1M11 17h9M16 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6M8 20a3 3 0 1 0 0-6 3 3 0 0 0 0 6"
        }
        Place::Nowhere => "",
    };
    html! { svg.icon viewBox="0 0 24 24" aria-hidden="true" focusable="false" { path d=(path) {} } }
}
