//! Where one message is and why, in one line that claims no more than is known.

use std::sync::Arc;

use a2a_proto::id::MessageId;
use a2a_proto::time::Timestamp;

use super::view::{Names, view};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{MessageState, ReadError, Whereabouts};
use crate::store::messages::{self, Message, State, Way};
use crate::store::peers::{self, Peer};
use crate::store::{Tx, outbox};
use crate::words::{ago, within};

/// Where the message of that name is.
pub(in crate::agent) async fn find(core: &Arc<Core>, message_id: MessageId) -> Result<Whereabouts, ReadError> {
    core.read(move |tx, ctx| of(tx, ctx, &mut Names::default(), message_id)).await
}

/// Where each of these messages is, at one moment.
pub(in crate::agent) async fn find_all(
    core: &Arc<Core>,
    message_ids: Vec<MessageId>,
) -> Result<Vec<Whereabouts>, ReadError> {
    core.read(move |tx, ctx| {
        let mut names = Names::default();
        message_ids.into_iter().map(|message_id| of(tx, ctx, &mut names, message_id)).collect()
    })
    .await
}

fn of(tx: &Tx<'_>, ctx: Ctx<'_>, names: &mut Names, message_id: MessageId) -> Result<Whereabouts, ReadError> {
    let message = messages::by_name(tx, message_id)?.ok_or(ReadError::UnknownMessage)?;
    let peer = peers::by_key(tx, message.peer)?.ok_or(ReadError::UnknownPeer)?;
    let state = view(tx, ctx, names, message.clone())?.state;
    let line = match message.way {
        Way::In => received(ctx, &peer, &message),
        Way::Out => sent(tx, ctx, &peer, &message, state.as_ref())?,
    };
    Ok(Whereabouts { message_id, peer: peer.record.petname, state, line })
}

fn received(ctx: Ctx<'_>, peer: &Peer, message: &Message) -> String {
    let (name, when) = (&peer.record.petname, ago(message.stored_at, ctx.now));
    let shown = match message.state {
        State::Unread => "not shown to anybody yet",
        State::Refused => "kept but not shown, because it is not what this agent takes",
        _ => "shown",
    };
    format!("On this computer: it came from {name} {when}, and is {shown}.")
}

fn sent(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    message: &Message,
    state: Option<&MessageState>,
) -> Result<String, ReadError> {
    let (name, relay) = (&peer.record.petname, &peer.record.relay);
    let written = ago(message.stored_at, ctx.now);
    Ok(match state {
        Some(MessageState::Waiting(reason)) => waiting(tx, ctx, message, reason)?,
        Some(MessageState::Queued) => {
            let since = message.queued_at.map_or(written, |at| ago(at, ctx.now));
            format!(
                "At {name}'s relay ({relay}) since {since}: {name}'s sidecar has not confirmed it yet; it may be offline."
            )
        }
        Some(MessageState::Expired) => {
            format!("Expired: {name}'s relay keeps mail 30 days, and {name}'s sidecar never confirmed it in that time.")
        }
        Some(MessageState::Delivered) => format!(
            "On {name}'s computer, by a signed receipt. No word that it was shown: it may not have been, or {name} sends no such receipts."
        ),
        Some(MessageState::Read) => format!("Shown on {name}'s side, by a signed receipt. Not answered yet."),
        Some(MessageState::Answered) => match messages::answer_to(tx, peer.key, message.message_id)? {
            Some(answer) => format!("Answered by {name} with message {}.", answer.message_id),
            None => format!("Answered by {name}."),
        },
        Some(MessageState::Refused(reason)) => format!("Refused: {reason}."),
        None => format!("Written {written}."),
    })
}

fn waiting(tx: &Tx<'_>, ctx: Ctx<'_>, message: &Message, reason: &str) -> Result<String, ReadError> {
    let line = outbox::of_message(tx, message.id)?;
    let tries = line.as_ref().map_or(0, |line| line.attempts);
    let next = line.map_or(Timestamp::EPOCH, |line| line.next_attempt);
    let when = match next.since(ctx.now).as_secs() {
        0 => "the next try is due now".to_owned(),
        _ => format!("the next try is {}", within(next, ctx.now)),
    };
    let tried = match tries {
        0 => "not tried yet".to_owned(),
        1 => "tried once".to_owned(),
        many => format!("tried {many} times"),
    };
    Ok(format!("On this computer, {tried}: {reason}. It goes by itself; {when}."))
}
