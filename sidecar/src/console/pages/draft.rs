//! The form of a message. Whatever is chosen in it and whatever fails, what was typed stands in it again, files excepted.

use a2a_proto::limits::{MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS};
use a2a_proto::scope::Scope;
use maud::{Markup, html};
use serde::Deserialize;

use crate::agent::{IntentOffer, PairView, Policy};
use crate::console::form::Fields;
use crate::console::room::Room;
use crate::console::{parts, schema_form};
use crate::words;

/// What a form was drawn for: a browser may let the owner choose anew without telling us.
const DRAWN_TO: &str = "drawn_to";
const DRAWN_INTENT: &str = "drawn_intent";

/// A message that is being written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Draft {
    pub(super) to: String,
    pub(super) scope: String,
    pub(super) subject: String,
    pub(super) body: String,
    #[serde(rename = "reply")]
    pub(in crate::console) reply_to: String,
    /// The kind of request; empty for a plain message.
    pub(super) intent: String,
    /// What was filled in of the request's own form.
    #[serde(skip)]
    pub(super) typed: Fields,
}

impl From<&Fields> for Draft {
    fn from(fields: &Fields) -> Self {
        let text = |name: &str| fields.one(name).to_owned();
        Self {
            to: text("to"),
            scope: text("scope"),
            subject: text("subject"),
            // browsers send line ends as CRLF
            body: text("body").replace("\r\n", "\n"),
            reply_to: text("reply"),
            intent: text("intent"),
            typed: fields.clone(),
        }
    }
}

impl Draft {
    /// Whether it names another recipient or kind than the form was drawn for.
    pub(in crate::console) fn is_turned(&self) -> bool {
        self.is_turned_to_another() || self.typed.has(DRAWN_INTENT) && self.typed.one(DRAWN_INTENT) != self.intent
    }

    fn is_turned_to_another(&self) -> bool {
        self.typed.has(DRAWN_TO) && self.typed.one(DRAWN_TO) != self.to
    }

    /// The same; what it answers stays with whom it was for.
    pub(in crate::console) fn turned(mut self) -> Self {
        if self.is_turned_to_another() {
            self.reply_to.clear();
        }
        self
    }

    /// Whether something would be lost with it.
    pub(super) fn is_begun(&self) -> bool {
        let typed = [&self.subject, &self.body, &self.intent];
        typed.iter().any(|text| !text.is_empty())
    }
}

/// The request that a draft is, if the recipient takes such.
pub(super) fn chosen<'a>(offers: &'a [IntentOffer], draft: &Draft) -> Option<&'a IntentOffer> {
    offers.iter().find(|offer| offer.intent.as_str() == draft.intent)
}

/// The form that writes to one peer, in its conversation.
pub(in crate::console) fn answer(room: &Room, pair: &PairView, draft: &Draft, policy: Policy) -> Markup {
    html! {
        form.stack method="post" action=(room.at("send")) enctype="multipart/form-data" data-draft {
            (parts::secret(room))
            input type="hidden" name="to" value=(pair.agent_id);
            @if !draft.reply_to.is_empty() {
                input type="hidden" name="reply" value=(draft.reply_to);
                p.faint { "In answer to " a href={ "#m-" (draft.reply_to) } { "this message" } "." }
            }
            (scopes(pair, draft))
            (text(draft, None))
            (files(policy))
            (send(pair))
        }
    }
}

/// The form in which recipient and kind are chosen, too. Choosing draws it anew, with everything that was typed.
pub(in crate::console) fn sheet(
    room: &Room,
    live: &[&PairView],
    pair: Option<&PairView>,
    draft: &Draft,
    offers: &[IntentOffer],
    policy: Policy,
) -> Markup {
    let anew = room.at("compose");
    let action = if pair.is_some() { room.at("send") } else { anew.clone() };
    html! {
        form.stack method="post" action=(action) enctype="multipart/form-data" data-draft {
            (parts::secret(room))
            input type="hidden" name=(DRAWN_TO) value=(pair.map(|pair| pair.agent_id.to_string()).unwrap_or_default());
            input type="hidden" name=(DRAWN_INTENT) value=(draft.intent);
            div.inline {
                @if !live.is_empty() { (recipients(live, pair)) }
                @if let Some(pair) = pair { (kinds(pair, draft, offers)) } @else { input type="hidden" name="intent" value=(draft.intent); }
                noscript { button.quiet formaction=(anew) formnovalidate { "Choose" } }
            }
            @if !draft.reply_to.is_empty() {
                input type="hidden" name="reply" value=(draft.reply_to);
                p.faint { "In answer to an earlier message." }
            }
            @match pair { Some(pair) => (scopes(pair, draft)), None => input type="hidden" name="scope" value=(draft.scope); }
            (text(draft, chosen(offers, draft)))
            @match pair {
                Some(pair) => { (files(policy)) (send(pair)) }
                None => p.hint { "Nothing is sent before you choose whom to write to." }
            }
            // after the button that sends, which Enter presses
            button hidden formaction=(anew) formnovalidate data-redraws { "Choose" }
        }
    }
}

fn recipients(live: &[&PairView], chosen: Option<&PairView>) -> Markup {
    html! {
        label.field {
            span { "To" }
            select name="to" data-submit {
                @if chosen.is_none() { option value="" selected { "Choose whom to write to" } }
                @for pair in live { option value=(pair.agent_id) selected[chosen == Some(*pair)] { (pair.petname) } }
            }
        }
    }
}

/// A plain message, or one of the requests that this peer takes; one that it no longer takes stays chosen, and is not sent.
fn kinds(pair: &PairView, draft: &Draft, offers: &[IntentOffer]) -> Markup {
    let is_taken = draft.intent.is_empty() || chosen(offers, draft).is_some();
    html! {
        label.field {
            span { "Kind" }
            select name="intent" data-submit {
                option value="" selected[draft.intent.is_empty()] { "Plain text" }
                @for offer in offers { option value=(offer.intent) selected[offer.intent.as_str() == draft.intent] { (offer.intent) } }
                @if !is_taken { option value=(draft.intent) selected { (draft.intent) ", which " (pair.petname) " does not take" } }
            }
        }
    }
}

/// Subject, the request's own form, and the text.
fn text(draft: &Draft, offer: Option<&IntentOffer>) -> Markup {
    html! {
        label.field { span { "Subject" span.faint { " (may stay empty)" } } input type="text" name="subject" value=(draft.subject) maxlength="256" autocomplete="off"; }
        @match offer {
            Some(offer) => fieldset.request { legend { "Request: " (offer.intent) } (schema_form::draw(&offer.schema, &draft.typed)) },
            None => (carried(draft)),
        }
        label.field { span { "Message" @if offer.is_some() { span.faint { " (may stay empty)" } } } textarea name="body" rows="6" { (draft.body) } }
    }
}

/// What was filled in of a request whose form is not drawn: it comes back with that form.
fn carried(draft: &Draft) -> Markup {
    let filled: Vec<(&str, &str)> = schema_form::filled(&draft.typed).collect();
    html! {
        @for (name, value) in &filled { input type="hidden" name=(name) value=(value); }
        @if !draft.intent.is_empty() && !filled.is_empty() {
            details open data-drawn {
                summary { "What you filled in" }
                dl.facts { @for (name, value) in &filled { dt { (schema_form::label(name)) } dd { (value) } } }
            }
        }
    }
}

fn send(pair: &PairView) -> Markup {
    html! { p.row { button { "Send to " (pair.petname) } span.hint { "Ctrl and Enter sends too." } } }
}

/// Files stand last, so that everything else was read and checked when they come.
fn files(policy: Policy) -> Markup {
    let most = words::bytes(MAX_ATTACHMENT_BYTES);
    html! {
        div.files {
            @if policy == Policy::Pin {
                label.field { span { "Your PIN" span.faint { " (only if files go with it)" } } input type="password" name="pin" maxlength="64" autocomplete="off" spellcheck="false"; }
            }
            label.field {
                span { "Files" span.faint { " (at most " (MAX_ATTACHMENTS) ", each at most " (most) ")" } }
                input type="file" name="files" multiple data-most=(MAX_ATTACHMENTS) data-most-bytes=(MAX_ATTACHMENT_BYTES) data-most-words=(most);
            }
            p.hint { "Choose them, or drop them anywhere on this form. They are sealed here before they leave; what looks like a secret in them is shown to you first." }
            p.chosen role="status" hidden {}
        }
    }
}

fn scopes(pair: &PairView, draft: &Draft) -> Markup {
    let granted = &pair.granted_to_us;
    let is_chosen = |scope: &Scope| granted.len() == 1 || scope.to_string() == draft.scope;
    html! {
        fieldset.boxes {
            legend { "About" }
            @if granted.is_empty() { p.hint { (pair.petname) " has not granted you any scope; ask its owner for one." } }
            div.ticks {
                @for scope in granted {
                    label.tick { input type="radio" name="scope" value=(scope) checked[is_chosen(scope)] required; span { (scope) } }
                }
            }
        }
    }
}
