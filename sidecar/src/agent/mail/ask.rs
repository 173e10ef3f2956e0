//! Asking: a message, and the wait for its answer.
//!
//! A wait may be cut off at any moment, by the client or by a crash, and asked for again: what was asked already, and has no
//! answer that anybody saw, is not sent a second time.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::{Attachment, Request};
use a2a_proto::id::MessageId;
use tokio::time::Instant;

use super::send;
use super::view::{Names, parts, view};
use crate::agent::attachments;
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{Asked, Draft, MessageState, Outcome, OutgoingFile, SendError, Trouble, resolve};
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
    let before = look(core, draft.clone()).await?;
    match before {
        Some(message) => Ok(Outcome::Done((message.message_id, true))),
        None => Ok(match send::send(core, draft, &|_| {}).await? {
            Outcome::Done(sent) => Outcome::Done((sent.message_id, false)),
            Outcome::Pending(action) => Outcome::Pending(action),
        }),
    }
}

/// The same question, if it was put before. Files of the same names are sealed, to see whether they are the same.
async fn look(core: &Arc<Core>, mut draft: Draft) -> Result<Option<Message>, SendError> {
    let before = stored(core, draft.clone()).await?;
    if before.is_none() || draft.attachments.is_empty() {
        return Ok(before);
    }
    let sealed = attachments::make_ready(core, &mut draft, &|_| {}).await?;
    let before = stored(core, draft).await;
    attachments::forget_sealed(core, &sealed);
    Ok(before?)
}

async fn stored(core: &Arc<Core>, draft: Draft) -> Result<Option<Message>, Trouble> {
    core.read(move |tx, ctx| asked_before(tx, ctx, &draft).map_err(Trouble::from)).await
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
    if parts.attachments.len() != draft.attachments.len()
        || !parts.attachments.iter().zip(&draft.attachments).all(|(sent, file)| is_same_file(sent, file))
    {
        return Ok(false);
    }
    let wanted = draft.intent.clone().map(|intent| Request { intent, payload: send::payload_text(draft) });
    Ok(parts.request == wanted)
}

/// By its bytes, where it is known what they are.
fn is_same_file(sent: &Attachment, file: &OutgoingFile) -> bool {
    match &file.ready {
        Some(ready) => (&sent.name, sent.digest) == (&ready.attachment.name, ready.attachment.digest),
        None => file.path.file_name().and_then(|name| name.to_str()) == Some(sent.name.as_str()),
    }
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
    let answer = messages::answer_to(tx, peer, message_id)?;
    let id = answer.as_ref().map(|answer| answer.id);
    let answer = answer.map(|answer| view(tx, ctx, &mut names, answer)).transpose()?;
    let (petname, scope) = (names.petname(tx, peer)?, message.record.scope.clone());
    let state = view(tx, ctx, &mut names, message)?.state.ok_or_else(gone)?;
    Ok((Asked { message_id, peer: petname, scope, state, already: false, answer }, id))
}

#[cfg(test)]
mod tests {
    use a2a_proto::attachment::AttachmentKey;

    use super::*;
    use crate::agent::attachments::Prepared;
    use crate::agent::mail::send::write_down;
    use crate::agent::testing::{Side, pair};

    fn question(files: Vec<OutgoingFile>) -> Draft {
        Draft { recipient: "bob".into(), body: "Which day?".into(), attachments: files, ..Draft::default() }
    }

    fn before(alice: &Side, draft: &Draft) -> Option<MessageId> {
        let found = alice.act(|tx, ctx| asked_before(tx, ctx, draft).map_err(Trouble::from)).unwrap();
        found.map(|message| message.message_id)
    }

    fn answers(bob: &Side, asked: MessageId, body: &str) {
        let draft = Draft { recipient: "alice".into(), body: body.into(), reply_to: Some(asked), ..Draft::default() };
        bob.act(|tx, ctx| write_down(tx, ctx, draft)).unwrap();
    }

    fn set(alice: &Side, body: &str, state: State) {
        let message = alice.thread("bob").into_iter().find(|message| message.record.body == body).unwrap();
        alice.act(|tx, _| messages::set_state(tx, message.id, state, None).map_err(Trouble::from)).unwrap();
    }

    fn answer(alice: &Side, asked: MessageId) -> Option<String> {
        let (asked, _) = alice.act(|tx, ctx| stand(tx, ctx, asked)).unwrap();
        asked.answer.map(|answer| answer.body.expose_to_present().to_owned())
    }

    #[test]
    fn an_answer_that_is_not_shown_is_none_and_hides_none() {
        let (mut alice, mut bob) = pair(&["message"]);
        let asked = alice.act(|tx, ctx| write_down(tx, ctx, question(Vec::new()))).unwrap().message_id;
        bob.take_all(&alice.post());
        answers(&bob, asked, "kept back");
        alice.take_all(&bob.post());
        set(&alice, "kept back", State::Refused);
        assert_eq!(before(&alice, &question(Vec::new())), Some(asked), "not sent a second time");
        assert_eq!(answer(&alice, asked), None);

        answers(&bob, asked, "Monday");
        answers(&bob, asked, "kept back too");
        alice.take_all(&bob.post());
        set(&alice, "kept back too", State::Refused);
        assert_eq!(answer(&alice, asked).as_deref(), Some("Monday"));
        assert_eq!(before(&alice, &question(Vec::new())), Some(asked), "nobody saw the answer");
        set(&alice, "Monday", State::Shown);
        assert_eq!(before(&alice, &question(Vec::new())), None, "it was seen");
    }

    #[test]
    fn another_file_of_the_same_name_makes_another_question() {
        let file = |digest: u8| {
            let key = AttachmentKey::from_bytes([digest; 32]);
            let attachment = Attachment { name: "plan.pdf".into(), size: 9, digest: [digest; 32], key };
            let ready = Some(Prepared { attachment, spool: "spool".into(), found: Vec::new() });
            OutgoingFile { path: "/papers/plan.pdf".into(), ready }
        };
        let (alice, _bob) = pair(&["message"]);
        let asked = alice.act(|tx, ctx| write_down(tx, ctx, question(vec![file(1)]))).unwrap().message_id;
        assert_eq!(before(&alice, &question(vec![file(1)])), Some(asked));
        assert_eq!(before(&alice, &question(vec![file(2)])), None);
        assert_eq!(before(&alice, &question(vec![file(1), file(1)])), None);
        let unread = OutgoingFile { ready: None, ..file(1) };
        assert_eq!(before(&alice, &question(vec![unread])), Some(asked), "by its name, until its bytes are known");
    }
}
