//! Small parts that several pages use: times, scopes, alerts, events, fields.

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use maud::{Markup, html};

use super::form::{Fields, SECRET};
use super::room::Room;
use crate::agent::{AuditEntry, Pin, Policy, Untrusted, Word};
use crate::error::{Explain, Words, for_a_person};
use crate::loopback;
use crate::present;
use crate::words;

/// Scopes that are offered to tick; any other can be typed.
pub(super) const SUGGESTED: [&str; 8] =
    ["message", "scheduling", "projects", "research", "code-review", "invoicing", "support", "casual"];

/// Longer than any petname is an id, which tells nobody anything at a glance.
const LONGEST_NAME: usize = 40;

/// A moment as people say it; the script keeps it true.
pub(super) fn time(at: Timestamp, now: Timestamp) -> Markup {
    html! { time datetime=(words::rfc3339(at)) title=(words::date(at)) { (words::ago(at, now)) } }
}

/// Scopes as a row of chips.
pub(super) fn scopes(scopes: &[Scope]) -> Markup {
    html! {
        span.chips {
            @if scopes.is_empty() { span.faint { "nothing" } }
            @for scope in scopes { span.chip { (scope) } }
        }
    }
}

/// What failed, and what to do now.
pub(super) fn alert(words: &Words) -> Markup {
    html! { div.alert role="alert" { p { b { (prose(&sentence(&words.what))) } } p { (prose(&sentence(&words.next))) } } }
}

/// The same of an error that leaves the rest of its page as it is.
pub(super) fn refused<E: Explain>(error: &E) -> Markup {
    alert(&Words { what: error.to_string(), next: for_a_person(&error.next_step()) })
}

/// Our own words, with what stands between backticks set as it is typed.
pub(super) fn prose(text: &str) -> Markup {
    html! { @for (place, part) in text.split('`').enumerate() { @if place % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// Begins with a capital and ends with a mark.
pub(super) fn sentence(text: &str) -> String {
    let mut letters = text.trim().chars();
    let Some(first) = letters.next() else { return String::new() };
    let text: String = first.to_uppercase().chain(letters).collect();
    if text.ends_with(['.', '!', '?', ':']) { text } else { text + "." }
}

/// The secret without which no form of ours does anything.
pub(super) fn secret(room: &Room) -> Markup {
    html! { input type="hidden" name=(SECRET) value=(room.gate.form_secret()); }
}

/// Where the owner types the PIN, when the policy asks for it.
pub(super) fn pin(policy: Policy) -> Markup {
    html! { @if policy == Policy::Pin { (loopback::pin_field()) } }
}

/// The owner's word on a page, with the PIN that was typed.
pub(super) fn word(fields: &Fields) -> Word {
    Word::on_page(Some(fields.one("pin").to_owned()).filter(|pin| !pin.is_empty()).map(Pin::new))
}

/// What was decided, about whom, and how the owner said yes.
pub(super) fn event(entry: &AuditEntry) -> Markup {
    html! {
        b { (entry.event.replace('_', " ")) }
        @if let Some(peer) = &entry.peer { " " (present::line(&Untrusted::new(peer)).as_str()) }
        @if let Some(detail) = &entry.detail { span.faint { " " (present::line(&Untrusted::new(detail)).as_str()) } }
        @if let Some(by) = &entry.approved_by { span.faint { " (" (by) ")" } }
    }
}

/// What was decided and about whom, in a few words.
pub(super) fn brief(entry: &AuditEntry) -> Markup {
    let named = entry.peer.as_ref().filter(|peer| peer.len() <= LONGEST_NAME);
    html! {
        b { (entry.event.replace('_', " ")) }
        @if let Some(peer) = named { " " (present::line(&Untrusted::new(peer)).as_str()) }
        @if let Some(by) = &entry.approved_by { span.faint { " (" (by) ")" } }
    }
}

/// The words two people compare.
pub(super) fn safety_words(words: &[String]) -> Markup {
    html! { ol.safety aria-label="Safety words" { @for word in words { li { (word) } } } }
}

/// A text to copy, with a button that the script brings to life.
pub(super) fn copyable(id: &str, text: &str, what: &str) -> Markup {
    html! {
        div.copy {
            code id=(id) tabindex="0" { (text) }
            button.quiet type="button" data-copy=(id) hidden aria-label={ "Copy " (what) } { "Copy" }
        }
    }
}

/// Boxes to tick for scopes, and a line for others. What was chosen stays chosen.
pub(super) fn scope_boxes(legend: &str, chosen: &[String], hint: &str) -> Markup {
    let others: Vec<&str> = chosen.iter().map(String::as_str).filter(|scope| !SUGGESTED.contains(scope)).collect();
    html! {
        fieldset.boxes {
            legend { (legend) }
            div.ticks {
                @for scope in SUGGESTED {
                    label.tick { input type="checkbox" name="scope" value=(scope) checked[chosen.iter().any(|one| one == scope)]; span { (scope) } }
                }
            }
            label.field { span { "Others, with spaces between" } input type="text" name="scopes" value=(others.join(" ")) autocomplete="off" spellcheck="false"; }
            p.hint { (hint) }
        }
    }
}

/// Scopes as they were ticked and typed, whatever they are.
pub(super) fn named_scopes(fields: &Fields) -> Vec<String> {
    let typed = fields.one("scopes").split([' ', ',', '\n', '\t']).filter(|name| !name.is_empty());
    fields.all("scope").chain(typed).map(str::to_owned).collect()
}

/// Scopes as they were ticked and typed; what cannot be one is told.
pub(super) fn read_scopes(fields: &Fields) -> Result<Vec<Scope>, Words> {
    named_scopes(fields).iter().map(|name| name.parse::<Scope>().map_err(|_| no_scope(name))).collect()
}

fn no_scope(name: &str) -> Words {
    Words {
        what: format!("\u{201c}{name}\u{201d} cannot be a scope"),
        next: "A scope is one word of a-z, 0-9 and -, such as code-review.".to_owned(),
    }
}
