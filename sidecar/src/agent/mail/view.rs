//! A stored message as faces see it.

use std::collections::HashMap;

use a2a_proto::id::AgentId;

use crate::agent::me::Ctx;
use crate::agent::{Direction, InboxMessage, MessageState, Untrusted};
use crate::store::messages::{Message, State, Way};
use crate::store::peers::{self, PeerKey};
use crate::store::{StoreError, Tx};

/// Names of peers, looked up once a page.
#[derive(Default)]
pub(super) struct Names(HashMap<PeerKey, (String, AgentId)>);

impl Names {
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
pub(super) fn view(tx: &Tx<'_>, ctx: Ctx<'_>, names: &mut Names, message: Message) -> Result<InboxMessage, StoreError> {
    let (from, from_id) = match message.way {
        Way::In => names.of(tx, message.peer)?,
        Way::Out => ("you".into(), *ctx.me.id()),
    };
    Ok(InboxMessage {
        message_id: message.message_id,
        direction: direction(message.way),
        from,
        from_id,
        state: own_state(&message),
        unread: message.state == State::Unread,
        subject: message.record.subject.filter(|subject| !subject.is_empty()).map(Untrusted::new),
        body: Untrusted::new(message.record.body),
        scope: message.record.scope,
        verified: true,
        sent_at: message.sent_at,
        received_at: message.stored_at,
        reply_to: message.reply_to,
    })
}

fn direction(way: Way) -> Direction {
    match way {
        Way::In => Direction::Received,
        Way::Out => Direction::Sent,
    }
}

fn own_state(message: &Message) -> Option<MessageState> {
    let reason = || message.reason.clone().unwrap_or_else(|| "it has not been tried yet".into());
    match message.state {
        State::Unread | State::Shown => None,
        State::Waiting => Some(MessageState::Waiting(reason())),
        State::Queued => Some(MessageState::Queued),
        State::Delivered => Some(MessageState::Delivered),
        State::Read => Some(MessageState::Read),
        State::Answered => Some(MessageState::Answered),
        State::Refused => Some(MessageState::Refused(reason())),
    }
}
