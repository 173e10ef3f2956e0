//! One message on a page: who wrote it, what is proven, what was said, how far it got.

use a2a_proto::time::Timestamp;
use maud::{Markup, html};

use super::parts;
use crate::agent::{AttachmentView, Direction, InboxMessage, MessageState};
use crate::{present, words};

/// Longer texts scroll in a box of their own, which the keyboard must reach.
const LONG: usize = 2_000;

/// The whole message; `reply` leads to the form that answers it.
pub(super) fn whole(message: &InboxMessage, whereabouts: Option<&str>, now: Timestamp, reply: Option<&str>) -> Markup {
    let theirs = message.direction == Direction::Received;
    let body = present::told(message);
    let is_long = body.as_str().len() > LONG;
    let anchor = format!("m-{}", message.message_id);
    html! {
        article.message.theirs[theirs].mine[!theirs].unread[message.unread] id=(anchor) aria-labelledby={ (anchor) "-by" } {
            header {
                b id={ (anchor) "-by" } { (message.from) }
                @if theirs { span.mark.good title="Its signature was checked with the key that is this peer's id" { "signed, verified" } }
                @if message.unread { span.mark.new { "new" } }
                span.chip { (message.scope) }
                (parts::time(message.received_at, now))
            }
            @if let Some(subject) = &message.subject { h3 { (present::line(subject).as_str()) } }
            @if let Some(why) = &message.quarantined { p.warn { "Kept but not shown: " (why) "." } }
            div.body tabindex=[is_long.then_some("0")] { (body.as_str()) }
            @for file in &message.attachments { (attached(file)) }
            footer {
                @if let Some(answered) = &message.reply_to { a.faint href={ "#m-" (answered) } { "in answer to an earlier message" } }
                @if let Some(state) = &message.state { (progress(state)) }
                @if let Some(line) = whereabouts { span.where data-ticks { (parts::prose(line)) } }
                @if let Some(path) = reply.filter(|_| theirs) { a href=(path) { "Answer this" } }
            }
        }
    }
}

/// A file of a message: what it is called, and how far it is.
fn attached(file: &AttachmentView) -> Markup {
    html! {
        p.attached {
            span.chip { "file" } " " (present::line(&file.name).as_str())
            span.faint { " " (words::bytes(file.size)) ", " (file.state.word().replace('_', " ")) }
            @if let Some(path) = &file.path { " " code { (path) } }
        }
    }
}

/// One line of it, for a list.
pub(super) fn snippet(message: &InboxMessage) -> Markup {
    let text = message.subject.as_ref().unwrap_or(&message.body);
    html! {
        span.snippet {
            @if message.direction == Direction::Sent { span.faint { "You: " } }
            (present::line(text).as_str())
        }
    }
}

/// How far a message of ours got, in a word or two; where it is and why stands beside it.
fn progress(state: &MessageState) -> Markup {
    let (class, words) = match state {
        MessageState::Waiting(_) => ("warn", "waiting here"),
        MessageState::Queued => ("plain", "at the peer's relay"),
        MessageState::Delivered => ("good", "delivered"),
        MessageState::Read => ("good", "read"),
        MessageState::Answered => ("good", "answered"),
        MessageState::Refused(_) => ("bad", "refused"),
        MessageState::Expired => ("bad", "expired"),
    };
    html! { span class={ "mark " (class) } { (words) } }
}
