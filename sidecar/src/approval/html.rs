//! The approval page as HTML: no script, no external file, everything of a peer escaped and marked.

use a2a_proto::time::Timestamp;
use data_encoding::BASE64;
use maud::{DOCTYPE, Markup, html};
use sha2::{Digest as _, Sha256};

use super::Decision;
use crate::agent::{Approved, PendingAction, Policy};
use crate::loopback;

/// Where the form goes.
pub(super) const DECIDE: &str = "/decide";
const STYLE: &str = include_str!("style.css");

/// The policy of every answer: nothing but our one style sheet, no frame, no foreign form target.
pub(super) fn content_security_policy() -> String {
    let style = BASE64.encode(&Sha256::digest(STYLE.as_bytes()));
    format!(
        "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; \
         frame-ancestors 'none'; base-uri 'none'"
    )
}

/// What is asked, with the two buttons.
pub(super) fn question(
    action: &PendingAction,
    form_secret: &str,
    now: Timestamp,
    failed: Option<(&str, &str)>,
) -> Markup {
    let body = html! {
        @if let Some((what, next)) = failed {
            div.failed role="alert" { p { b { (what) } } p { (next) } }
        }
        h1 { (action.title) }
        @if failed.is_some() { p.lead { "It still waits: nothing is lost. Try again here, or decline it." } }
        @else { p.lead { "Your agent asks. Nothing happens unless you approve it here." } }
        dl { @for detail in &action.details { (loopback::detail(detail)) } }
        form method="post" action=(DECIDE) {
            input type="hidden" name="form" value=(form_secret);
            @if action.policy == Policy::Pin { (loopback::pin_field()) }
            div.choice {
                button name="decision" value="decline" formnovalidate { "Decline" }
                button.yes name="decision" value="approve" { "Approve" }
            }
        }
        footer {
            p { "Waiting as " code { (action.id) } ", for another " (minutes_left(action, now)) ". In a terminal: " code { "a2a approve " (action.id) } }
            p { "This page comes from a2a on this computer and is only for you." }
        }
    };
    page("Approve?", &body)
}

/// What the decision came to.
pub(super) fn approved(approved: &Approved) -> Markup {
    let body = html! {
        h1 { "Approved" }
        p { (approved.summary) }
        @if let Some(invite) = &approved.invite {
            p { "Send this link to the one person it is for. It works once." }
            p { code.copy tabindex="0" { (invite) } }
        }
        p.lead { "Your agent can go on. You may close this page." }
    };
    page("Approved", &body)
}

/// The owner said no.
pub(super) fn declined() -> Markup {
    let body = html! {
        h1 { "Declined" }
        p { "Nothing was done." }
        p.lead { "You may close this page." }
    };
    page("Declined", &body)
}

/// The link a second time.
pub(super) fn opened_before() -> Markup {
    notice(
        "This link was already opened",
        "It works once. Decide in the tab it opened, or run `a2a approve` in a terminal. If it was not you who opened it, decline there.",
    )
}

/// Something else than a decision, in words: what happened, and what to do now.
pub(super) fn notice(what: &str, next: &str) -> Markup {
    let body = html! {
        h1 { (what) }
        p.lead { (next) }
    };
    page("a2a", &body)
}

/// The page that a second decision meets.
pub(super) fn already(decision: Decision) -> Markup {
    let what = match decision {
        Decision::Approved => "This was approved already",
        Decision::Declined => "This was declined already",
        Decision::Expired => "This request has expired",
    };
    notice(what, "Nothing changed. You may close this page.")
}

fn page(title: &str, body: &Markup) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) " · a2a" }
                style { (maud::PreEscaped(STYLE)) }
            }
            body {
                main {
                    p.mark { b { "a2a" } "your agent's private mailbox" }
                    (body)
                }
            }
        }
    }
}

fn minutes_left(action: &PendingAction, now: Timestamp) -> String {
    match action.expires_at.since(now).as_secs().div_ceil(60) {
        0 | 1 => "minute".to_owned(),
        minutes => format!("{minutes} minutes"),
    }
}
