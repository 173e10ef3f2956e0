//! Writing: to whom, about what, the text and files. What was typed stays when it could not be sent; files are chosen anew.

use std::sync::Arc;

use a2a_proto::intent::Intent;
use a2a_proto::limits::{MAX_ATTACHMENT_BYTES, MAX_ATTACHMENTS};
use a2a_proto::scope::Scope;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use crate::agent::{
    self, Hand, IntentOffer, Outcome, OutgoingFile, PairState, PairView, Policy, SendError, SendStatus, Sent,
};
use crate::console::act::Started;
use crate::console::form::Fields;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::upload::Upload;
use crate::console::{parts, schema_form};
use crate::error::Words;
use crate::words;

/// A message that is being written.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub(in crate::console) struct Draft {
    pub(super) to: String,
    pub(super) scope: String,
    pub(super) subject: String,
    pub(super) body: String,
    #[serde(rename = "reply")]
    pub(super) reply_to: String,
    /// The kind of request; empty for a plain message.
    pub(super) intent: String,
    /// What was filled in of the request's own form.
    #[serde(skip)]
    pub(super) typed: Fields,
}

/// `GET compose`
pub(in crate::console) async fn blank(
    State(room): State<Arc<Room>>,
    Query(draft): Query<Draft>,
    headers: HeaderMap,
) -> Response {
    let page = written(&room, &draft, None).await;
    room.show(&headers, Place::Compose, page).await
}

/// `POST send`
pub(in crate::console) async fn send(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    mut upload: Upload,
) -> Response {
    let draft = typed(upload.fields());
    let sent = sent(&room, &draft, &mut upload).await;
    upload.finish().await;
    match sent {
        Ok(Outcome::Done(sent)) => room.go(&format!("thread/{}", draft.to), how_it_went(&sent)),
        Ok(Outcome::Pending(action)) => room.go_on(&format!("decide/{}", action.id)),
        Err(words) => {
            let page = written(&room, &draft, Some(&words)).await.map(Page::refusing);
            room.show(&headers, Place::Compose, page).await
        }
    }
}

fn typed(fields: &Fields) -> Draft {
    let text = |name: &str| fields.one(name).to_owned();
    Draft {
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

async fn sent(room: &Room, draft: &Draft, upload: &mut Upload) -> Result<Outcome<Sent>, Words> {
    let message = message(room, draft).await?;
    let files = handed_over(room, upload).await?;
    let message = agent::Draft { attachments: files.clone(), ..message };
    let outcome = match room.agent.send(message.clone()).await {
        // what the owner said no to before is asked anew
        Err(SendError::Declined) => room.agent.send(message.clone()).await,
        outcome => outcome,
    };
    match outcome {
        Ok(Outcome::Pending(action)) => {
            room.remember(&action.id, Started::Send(message));
            Ok(Outcome::Pending(action))
        }
        Ok(done) => Ok(done),
        Err(error) => {
            room.agent.forget_files(&files).await;
            Err(error.into())
        }
    }
}

/// The files that the owner chose or dropped. That this is the owner's act is what lets them come from any folder, so it
/// takes the PIN where there is one.
async fn handed_over(room: &Room, upload: &mut Upload) -> Result<Vec<OutgoingFile>, Words> {
    let Some(mut chosen) = upload.file().await? else { return Ok(Vec::new()) };
    let mut handover = room.agent.hand_over(parts::word(upload.fields())).await?;
    loop {
        handover.take(&chosen.name, chosen.bytes).await?;
        match upload.file().await? {
            Some(next) => chosen = next,
            None => return Ok(handover.finish().await?),
        }
    }
}

/// What was typed, as a message.
async fn message(room: &Room, draft: &Draft) -> Result<agent::Draft, Words> {
    let scope = Some(draft.scope.as_str()).filter(|scope| !scope.is_empty()).map(str::parse::<Scope>);
    let reply_to = Some(draft.reply_to.as_str()).filter(|id| !id.is_empty()).map(str::parse);
    let unreadable =
        |what: &str| Words { what: format!("the {what} cannot be read"), next: "Open the page again.".to_owned() };
    let request = chosen(&offers(room, &draft.to).await?, draft).map(|offer| request(offer, draft)).transpose()?;
    let (intent, payload) = request.unzip();
    Ok(agent::Draft {
        recipient: draft.to.clone(),
        subject: Some(draft.subject.trim().to_owned()).filter(|subject| !subject.is_empty()),
        body: draft.body.clone(),
        scope: scope.transpose().map_err(|_| unreadable("scope"))?,
        reply_to: reply_to.transpose().map_err(|_| unreadable("message to answer"))?,
        intent,
        payload,
        hand: Hand::Owner,
        attachments: Vec::new(),
    })
}

/// What the recipient takes; nothing where it is not known whom is meant.
async fn offers(room: &Room, to: &str) -> Result<Vec<IntentOffer>, Words> {
    if to.is_empty() { Ok(Vec::new()) } else { Ok(room.agent.intents_of(to).await?) }
}

fn chosen<'a>(offers: &'a [IntentOffer], draft: &Draft) -> Option<&'a IntentOffer> {
    offers.iter().find(|offer| offer.intent.as_str() == draft.intent)
}

fn request(offer: &IntentOffer, draft: &Draft) -> Result<(Intent, Value), Words> {
    let payload = schema_form::payload(&offer.schema, &draft.typed)
        .map_err(|what| Words { what, next: "Mend that field, then send again.".to_owned() })?;
    Ok((offer.intent.clone(), payload))
}

fn how_it_went(sent: &Sent) -> String {
    match &sent.status {
        SendStatus::Queued => format!("Sealed, and on its way: {}'s relay has it.", sent.peer),
        SendStatus::Waiting { reason } => {
            format!("Sealed and kept here; it goes by itself later. {}", parts::sentence(reason))
        }
    }
}

async fn written(room: &Room, draft: &Draft, failed: Option<&Words>) -> Result<Page, Words> {
    let pairs = room.agent.peers().await?.pairs;
    let pairs: Vec<PairView> = pairs.into_iter().filter(|pair| pair.state == PairState::Paired).collect();
    let named = pairs.iter().find(|pair| pair.agent_id.to_string() == draft.to || pair.petname == draft.to);
    let chosen_pair = named.or(pairs.first().filter(|_| pairs.len() == 1));
    let policy = room.agent.policy().await?;
    let offers = match chosen_pair {
        Some(pair) => offers(room, &pair.agent_id.to_string()).await?,
        None => Vec::new(),
    };
    let main = html! {
        header.head { div { h1 { "Compose" } p.lead { "Signed with your agent's key, sealed for the one who reads it." } } }
        @if let Some(words) = failed { (parts::alert(words)) }
        @if pairs.is_empty() { (nobody(room)) } @else { (recipients(room, &pairs, chosen_pair)) }
        @if let Some(pair) = chosen_pair { (kinds(room, pair, draft, &offers)) section.card { (fields(room, pair, draft, &offers, policy)) } }
    };
    Ok(Page::new(Place::Compose, "Compose", main))
}

fn nobody(room: &Room) -> Markup {
    html! {
        section.empty {
            h2 { "There is nobody to write to yet" }
            p { "You write to agents that you are paired with. It takes one link, handed over once." }
            p.row { a.button href=(room.at("network#invite")) { "Make an invite" } a.button.quiet href=(room.at("network#join")) { "I was given a link" } }
        }
    }
}

fn recipients(room: &Room, pairs: &[PairView], chosen: Option<&PairView>) -> Markup {
    html! {
        form.inline method="get" action=(room.at("compose")) {
            label.field {
                span { "To" }
                select name="to" data-submit {
                    @if chosen.is_none() { option value="" { "Choose whom to write to" } }
                    @for pair in pairs { option value=(pair.agent_id) selected[chosen == Some(pair)] { (pair.petname) } }
                }
            }
            noscript { button.quiet { "Choose" } }
        }
    }
}

/// A plain message, or one of the requests that this peer takes.
fn kinds(room: &Room, pair: &PairView, draft: &Draft, offers: &[IntentOffer]) -> Markup {
    html! {
        form.inline method="get" action=(room.at("compose")) {
            input type="hidden" name="to" value=(pair.agent_id);
            label.field {
                span { "Kind" }
                select name="intent" data-submit {
                    option value="" { "Plain text" }
                    @for offer in offers { option value=(offer.intent) selected[offer.intent.as_str() == draft.intent] { (offer.intent) } }
                }
            }
            noscript { button.quiet { "Choose" } }
        }
    }
}

/// The form that writes to one peer.
pub(in crate::console) fn fields(
    room: &Room,
    pair: &PairView,
    draft: &Draft,
    offers: &[IntentOffer],
    policy: Policy,
) -> Markup {
    let offer = chosen(offers, draft);
    html! {
        form.stack method="post" action=(room.at("send")) enctype="multipart/form-data" data-draft {
            (parts::secret(room))
            input type="hidden" name="to" value=(pair.agent_id);
            @if !draft.reply_to.is_empty() {
                input type="hidden" name="reply" value=(draft.reply_to);
                p.faint { "In answer to " a href={ "#m-" (draft.reply_to) } { "this message" } "." }
            }
            (scopes(pair, draft))
            label.field { span { "Subject" span.faint { " (may stay empty)" } } input type="text" name="subject" value=(draft.subject) maxlength="256" autocomplete="off"; }
            @if let Some(offer) = offer {
                input type="hidden" name="intent" value=(offer.intent);
                fieldset.request { legend { "Request: " (offer.intent) } (schema_form::draw(&offer.schema, &draft.typed)) }
            }
            label.field { span { "Message" @if offer.is_some() { span.faint { " (may stay empty)" } } } textarea name="body" rows="6" { (draft.body) } }
            (files(policy))
            p.row { button { "Send to " (pair.petname) } span.hint { "Ctrl and Enter sends too." } }
        }
    }
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
