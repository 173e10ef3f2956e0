//! Writing: to whom, about what, the text and files. What was typed stays whatever is chosen and whatever fails; files are
//! chosen anew.

use std::sync::Arc;

use a2a_proto::intent::Intent;
use a2a_proto::scope::Scope;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::Response;
use maud::{Markup, html};
use serde_json::Value;

use super::draft::{self, Draft, chosen};
use crate::agent::{self, Hand, IntentOffer, Outcome, OutgoingFile, PairState, PairView, SendError, SendStatus, Sent};
use crate::console::act::Started;
use crate::console::room::{Page, Room};
use crate::console::shell::Place;
use crate::console::upload::Upload;
use crate::console::{parts, schema_form};
use crate::error::Words;

/// `GET compose`
pub(in crate::console) async fn blank(
    State(room): State<Arc<Room>>,
    Query(draft): Query<Draft>,
    headers: HeaderMap,
) -> Response {
    let page = written(&room, &draft, None, None).await;
    room.show(&headers, Place::Compose, page).await
}

/// `POST compose`: the same draft, for whom and as what was just chosen.
pub(in crate::console) async fn again(State(room): State<Arc<Room>>, headers: HeaderMap, upload: Upload) -> Response {
    let draft = Draft::from(upload.fields()).turned();
    let note = lost(upload.finish().await);
    // nothing of it is at this address for whoever asks again, so the script leaves it alone
    let page = written(&room, &draft, None, note).await.map(Page::still);
    room.show(&headers, Place::Compose, page).await
}

/// `POST send`
pub(in crate::console) async fn send(
    State(room): State<Arc<Room>>,
    headers: HeaderMap,
    mut upload: Upload,
) -> Response {
    let draft = Draft::from(upload.fields());
    let sent = sent(&room, &draft, &mut upload).await;
    let note = lost(upload.finish().await);
    match sent {
        Ok(Outcome::Done(sent)) => room.go(&format!("thread/{}", draft.to), how_it_went(&sent)),
        Ok(Outcome::Pending(action)) => room.go_on(&format!("decide/{}", action.id)),
        Err(words) => {
            let page = written(&room, &draft.turned(), Some(&words), note).await.map(Page::refusing);
            room.show(&headers, Place::Compose, page).await
        }
    }
}

/// What of a form cannot be drawn again.
fn lost(has_files: bool) -> Option<&'static str> {
    has_files.then_some("The files that you had chosen are not kept. Choose them anew.")
}

async fn sent(room: &Room, draft: &Draft, upload: &mut Upload) -> Result<Outcome<Sent>, Words> {
    if draft.is_turned() {
        return Err(turned());
    }
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
    let (intent, payload) = request(&offers(room, &draft.to).await?, draft)?.unzip();
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

/// The request that was filled in; nothing for a plain message. What the peer does not take leaves as nothing else.
pub(in crate::console) fn request(offers: &[IntentOffer], draft: &Draft) -> Result<Option<(Intent, Value)>, Words> {
    if draft.intent.is_empty() {
        return Ok(None);
    }
    let offer = chosen(offers, draft).ok_or_else(not_taken)?;
    let payload = schema_form::payload(&offer.schema, &draft.typed)
        .map_err(|what| Words { what, next: "Mend that field, then send again.".to_owned() })?;
    Ok(Some((offer.intent.clone(), payload)))
}

fn not_taken() -> Words {
    Words {
        what: "this kind of request is not taken there, or no longer: nothing was sent".to_owned(),
        next: "Choose another kind, such as plain text. What you filled in stands below.".to_owned(),
    }
}

fn turned() -> Words {
    Words {
        what: "you chose another recipient or kind: nothing was sent".to_owned(),
        next: "The form is now drawn for it. Look once more, then send.".to_owned(),
    }
}

fn how_it_went(sent: &Sent) -> String {
    match &sent.status {
        SendStatus::Queued => format!("Sealed, and on its way: {}'s relay has it.", sent.peer),
        SendStatus::Waiting { reason } => {
            format!("Sealed and kept here; it goes by itself later. {}", parts::sentence(reason))
        }
    }
}

async fn written(room: &Room, draft: &Draft, failed: Option<&Words>, note: Option<&str>) -> Result<Page, Words> {
    let pairs = room.agent.peers().await?.pairs;
    let live: Vec<&PairView> = pairs.iter().filter(|pair| pair.state == PairState::Paired).collect();
    let (pair, why_not) = match recipient(&pairs, &draft.to) {
        Ok(pair) => (pair, None),
        Err(why) => (None, Some(why)),
    };
    let policy = room.agent.policy().await?;
    let offers = match pair {
        Some(pair) => offers(room, &pair.agent_id.to_string()).await?,
        None => Vec::new(),
    };
    let main = html! {
        header.head { div { h1 { "Compose" } p.lead { "Signed with your agent's key, sealed for the one who reads it." } } }
        @if let Some(words) = failed { (parts::alert(words)) }
        @if let Some(why) = &why_not { p.warn role="status" { (why) } }
        @if let Some(note) = note { p.warn role="status" { (note) } }
        @if live.is_empty() { (nobody(room)) }
        @if !live.is_empty() || draft.is_begun() { section.card { (draft::sheet(room, &live, pair, draft, &offers, policy)) } }
    };
    Ok(Page::new(Place::Compose, "Compose", main))
}

/// Whom a draft is for. One that names somebody is never turned to somebody else: why it cannot go there is told.
pub(in crate::console) fn recipient<'a>(pairs: &'a [PairView], to: &str) -> Result<Option<&'a PairView>, String> {
    if to.is_empty() {
        let mut live = pairs.iter().filter(|pair| pair.state == PairState::Paired);
        return Ok(live.next().filter(|_| live.next().is_none()));
    }
    let named = pairs.iter().find(|pair| pair.agent_id.to_string() == to || pair.petname == to);
    match named.map(|pair| (pair, pair.state)) {
        Some((pair, PairState::Paired)) => Ok(Some(pair)),
        Some((pair, PairState::Refused)) => Err(cannot_go(&format!("{} ended the pair.", pair.petname))),
        Some((pair, PairState::Revoked)) => Err(cannot_go(&format!("You ended the pair with {}.", pair.petname))),
        None => Err(cannot_go("You are not paired with whom this was for.")),
    }
}

fn cannot_go(why: &str) -> String {
    format!(
        "{why} Nothing can be written there now. What you typed stays below until you leave this page; choose whom it goes to instead, or copy it."
    )
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
