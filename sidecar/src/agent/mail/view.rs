//! A stored message as faces see it.

use std::collections::HashMap;

use a2a_proto::content::{Body, Content, Parts};
use a2a_proto::id::AgentId;
use a2a_proto::limits::ENVELOPE_LIFETIME;

use crate::agent::me::Ctx;
use crate::agent::{Direction, InboxMessage, MessageState, RequestPart, Untrusted, attachments, guard, intents};
use crate::store::messages::{Message, State, Way};
use crate::store::peers::{self, PeerKey};
use crate::store::{StoreError, Tx};

/// Names of peers, looked up once a page.
#[derive(Default)]
pub(in crate::agent) struct Names(HashMap<PeerKey, (String, AgentId)>);

impl Names {
    /// What we call a peer.
    pub(super) fn petname(&mut self, tx: &Tx<'_>, key: PeerKey) -> Result<String, StoreError> {
        Ok(self.of(tx, key)?.0)
    }

    fn of(&mut self, tx: &Tx<'_>, key: PeerKey) -> Result<(String, AgentId), StoreError> {
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let peer = peers::by_key(tx, key)?.ok_or(StoreError::Unreadable { table: "messages" })?;
        let name = (peer.record.petname, peer.record.agent_id);
        self.0.insert(key, name.clone());
        Ok(name)
    }
}

/// The view of a message.
pub(in crate::agent) fn view(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    names: &mut Names,
    message: Message,
) -> Result<InboxMessage, StoreError> {
    let (from, from_id) = match message.way {
        Way::In => names.of(tx, message.peer)?,
        Way::Out => ("you".into(), *ctx.me.id()),
    };
    let quarantined = (message.way == Way::In && message.state == State::Refused).then(|| reason(&message));
    // Kept is what was signed; shown is nothing of it.
    let is_shown = quarantined.is_none();
    let parts = parts(&message)?;
    let files = if is_shown { attachments::view(tx, &message, &parts)? } else { Vec::new() };
    let request = parts.request.filter(|_| is_shown).map(|request| RequestPart {
        is_ready: intents::is_ready(request.intent.as_str()),
        intent: request.intent,
        payload: Untrusted::new(request.payload),
    });
    let rule = guard::rule_of(tx, message.peer, &message.record.scope)?;
    Ok(InboxMessage {
        message_id: message.message_id,
        direction: direction(message.way),
        from,
        from_id,
        state: own_state(ctx, &message),
        unread: message.state == State::Unread,
        subject: message.record.subject.filter(|subject| is_shown && !subject.is_empty()).map(Untrusted::new),
        body: Untrusted::new(if is_shown { message.record.body } else { String::new() }),
        scope: message.record.scope,
        verified: true,
        sent_at: message.sent_at,
        received_at: message.stored_at,
        reply_to: message.reply_to,
        request,
        attachments: files,
        quarantined,
        rule,
    })
}

/// What a message carries beside its text, out of its signed bytes.
pub(in crate::agent) fn parts(message: &Message) -> Result<Parts, StoreError> {
    let content = Content::parse(&message.record.content.0);
    match content.map_err(|_| StoreError::Unreadable { table: "messages" })?.body {
        Body::Message { parts, .. } => Ok(parts),
        _ => Ok(Parts::default()),
    }
}

fn reason(message: &Message) -> String {
    message.reason.clone().unwrap_or_else(|| "it has not been tried yet".into())
}

fn direction(way: Way) -> Direction {
    match way {
        Way::In => Direction::Received,
        Way::Out => Direction::Sent,
    }
}

fn own_state(ctx: Ctx<'_>, message: &Message) -> Option<MessageState> {
    if message.way == Way::In {
        return None;
    }
    let reason = || reason(message);
    match message.state {
        State::Unread | State::Shown => None,
        State::Waiting => Some(MessageState::Waiting(reason())),
        State::Queued if has_expired(ctx, message) => Some(MessageState::Expired),
        State::Queued => Some(MessageState::Queued),
        State::Delivered => Some(MessageState::Delivered),
        State::Read => Some(MessageState::Read),
        State::Answered => Some(MessageState::Answered),
        State::Refused => Some(MessageState::Refused(reason())),
    }
}

/// Whether the peer's relay no longer has a message that it took and the peer never confirmed.
fn has_expired(ctx: Ctx<'_>, message: &Message) -> bool {
    message.queued_at.is_some_and(|at| ctx.now.since(at) > ENVELOPE_LIFETIME)
}
