//! Asking: a message, and the wait for its answer.
//!
//! A wait may be cut off at any moment, by the client or by a crash, and asked for again: what was asked already, and has no
//! answer that anybody saw, is not sent a second time.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::Request;
use a2a_proto::id::MessageId;
use tokio::time::Instant;

use super::send;
use super::view::{Names, parts, view};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{Asked, Draft, MessageState, Outcome, SendError, Trouble, resolve};
use crate::store::messages::{self, Message, State, Way};
use crate::store::{StoreError, Tx};

/// How often we look whether the answer came; other processes may take it in.
const GLANCE: Duration = Duration::from_millis(200);
/// The same words to the same peer are the same question for so long.
const SAME_QUESTION: Duration = Duration::from_secs(24 * 60 * 60);
/// A question is looked for among so many of the latest messages.
const LOOKED_THROUGH: usize = 200;

/// Asks, unless it was asked already, and waits for the answer; `tell` hears how far the question got.
pub(in crate::agent) async fn ask(
    core: &Arc<Core>,
    draft: Draft,
    at_most: Duration,
    tell: impl Fn(&MessageState) + Send + Sync,
) -> Result<Outcome<Asked>, SendError> {
    let started = Instant::now();
    match put(core, draft).await? {
        Outcome::Pending(action) => Ok(Outcome::Pending(action)),
        Outcome::Done((message_id, already)) => {
            Ok(Outcome::Done(wait(core, message_id, already, started + at_most, tell).await?))
        }
    }
}

/// The question's name, and whether it had been put before.
async fn put(core: &Arc<Core>, draft: Draft) -> Result<Outcome<(MessageId, bool)>, SendError> {
    // A client that lost patience may ask again while its first call is still sending.
    let _one_at_a_time = core.asking.lock().await;
    let again = draft.clone();
    let before = core.read(move |tx, ctx| asked_before(tx, ctx, &again).map_err(Trouble::from)).await?;
    match before {
        Some(message) => Ok(Outcome::Done((message.message_id, true))),
        None => Ok(match send::send(core, draft, &|_| {}).await? {
            Outcome::Done(sent) => Outcome::Done((sent.message_id, false)),
            Outcome::Pending(action) => Outcome::Pending(action),
        }),
    }
}

/// The same question, if it was put within a day and nobody has seen an answer to it.
fn asked_before(tx: &Tx<'_>, ctx: Ctx<'_>, draft: &Draft) -> Result<Option<Message>, StoreError> {
    let Some(peer) = resolve::peer(tx, &draft.recipient)? else { return Ok(None) };
    for message in messages::thread(tx, peer.key, None, LOOKED_THROUGH)? {
        let is_recent = message.way == Way::Out && ctx.now.since(message.stored_at) < SAME_QUESTION;
        if !is_recent || message.state == State::Refused || !is_same(&message, draft)? {
            continue;
        }
        let answer = messages::answer_to(tx, peer.key, message.message_id)?;
        let is_open = answer.is_none_or(|answer| answer.state == State::Unread);
        return Ok(Some(message).filter(|_| is_open));
    }
    Ok(None)
}

fn is_same(message: &Message, draft: &Draft) -> Result<bool, StoreError> {
    let record = &message.record;
    let subject = draft.subject.as_deref().filter(|subject| !subject.is_empty());
    let has_scope = draft.scope.as_ref().is_none_or(|scope| *scope == record.scope);
    if record.body != draft.body
        || record.subject.as_deref() != subject
        || message.reply_to != draft.reply_to
        || !has_scope
    {
        return Ok(false);
    }
    let parts = parts(message)?;
    let names = draft.attachments.iter().map(|file| file.path.file_name().and_then(|name| name.to_str()));
    if !parts.attachments.iter().map(|file| Some(file.name.as_str())).eq(names) {
        return Ok(false);
    }
    let wanted = draft.intent.clone().map(|intent| Request { intent, payload: send::payload_text(draft) });
    Ok(parts.request == wanted)
}

async fn wait(
    core: &Arc<Core>,
    question: MessageId,
    already: bool,
    deadline: Instant,
    tell: impl Fn(&MessageState) + Send + Sync,
) -> Result<Asked, SendError> {
    let mut told = None;
    loop {
        let (mut asked, answer) = core.read(move |tx, ctx| stand(tx, ctx, question)).await?;
        asked.already = already;
        if let Some(answer) = answer {
            core.note_shown([answer]);
            return Ok(asked);
        }
        let is_over = matches!(asked.state, MessageState::Refused(_) | MessageState::Expired);
        if is_over || Instant::now() >= deadline {
            return Ok(asked);
        }
        if told.as_ref() != Some(&asked.state) {
            tell(&asked.state);
            told = Some(asked.state);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// How a question stands, and the local number of its answer.
fn stand(tx: &Tx<'_>, ctx: Ctx<'_>, message_id: MessageId) -> Result<(Asked, Option<i64>), Trouble> {
    let gone = || Trouble::Internal("a written message is gone");
    let message = messages::by_name(tx, message_id)?.ok_or_else(gone)?;
    let peer = message.peer;
    let mut names = Names::default();
    let answer = messages::answer_to(tx, peer, message_id)?.filter(|answer| answer.state != State::Refused);
    let id = answer.as_ref().map(|answer| answer.id);
    let answer = answer.map(|answer| view(tx, ctx, &mut names, answer)).transpose()?;
    let (petname, scope) = (names.petname(tx, peer)?, message.record.scope.clone());
    let state = view(tx, ctx, &mut names, message)?.state.ok_or_else(gone)?;
    Ok((Asked { message_id, peer: petname, scope, state, already: false, answer }, id))
}
