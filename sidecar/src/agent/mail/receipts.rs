//! Receipts: owed in the transaction that received or showed a message, sealed together a little later.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::{Body, Receipt, ReceiptKind, RefusalReason};
use a2a_proto::limits::MAX_RECEIPTS;
use a2a_proto::time::Timestamp;

use super::write;
use crate::agent::Trouble;
use crate::agent::core::{Core, random};
use crate::agent::me::Ctx;
use crate::store::messages::{self, Message, State, Way};
use crate::store::peers::{self, PeerKey, PeerState};
use crate::store::receipts::{self, Owed, OwedKind};
use crate::store::{StoreError, Tx, sessions};

/// So that a relay cannot tell by the instant which deposit answers which collection.
const MOST_JITTER_MILLIS: u64 = 400;
/// How long receipts wait where there is no session to seal them in.
const NO_SESSION_WAIT: Duration = Duration::from_secs(10);

/// Owes a receipt, due in a moment.
pub(in crate::agent) fn owe(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey, owed: &Owed) -> Result<(), StoreError> {
    receipts::owe(tx, peer, owed, ctx.now.plus(jitter()))
}

fn jitter() -> Duration {
    let draw = random::<8>().map_or(0, u64::from_be_bytes);
    Duration::from_millis(draw % MOST_JITTER_MILLIS)
}

/// Seals what is due into one envelope a peer. With `now_or_later` also what is not due yet.
pub(in crate::agent) async fn seal_due(core: &Arc<Core>, all: bool) -> Result<(), Trouble> {
    let by = if all { core.now().plus(Duration::from_millis(MOST_JITTER_MILLIS)) } else { core.now() };
    let due = core.read(move |tx, _| receipts::due_peers(tx, by).map_err(Trouble::from)).await?;
    for peer in due {
        core.write(move |tx, ctx| seal_for(tx, ctx, peer)).await?;
    }
    Ok(())
}

pub(in crate::agent) fn seal_for(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey) -> Result<(), Trouble> {
    let owed = receipts::take(tx, key, MAX_RECEIPTS)?;
    let paired = peers::by_key(tx, key)?.filter(|peer| peer.state == PeerState::Paired);
    // Who is no peer any more gets no receipt.
    let Some(mut peer) = paired.filter(|_| !owed.is_empty()) else { return Ok(()) };
    if sessions::of_peer(tx, key)?.is_empty() {
        return wait_for_session(tx, ctx, key, &owed);
    }
    let body = Body::Receipts(owed.iter().map(receipt).collect());
    Ok(write::control(tx, ctx, &mut peer, body)?)
}

/// A new start with this peer comes first.
fn wait_for_session(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey, owed: &[Owed]) -> Result<(), Trouble> {
    for owed in owed {
        receipts::owe(tx, key, owed, ctx.now.plus(NO_SESSION_WAIT))?;
    }
    Ok(())
}

fn receipt(owed: &Owed) -> Receipt {
    let kind = match owed.kind {
        OwedKind::Delivered => ReceiptKind::Delivered,
        OwedKind::Read => ReceiptKind::Read,
        OwedKind::Refused => ReceiptKind::Refused(RefusalReason::OutsideGrant),
        OwedKind::RefusedExpired => ReceiptKind::Refused(RefusalReason::GrantExpired),
        OwedKind::NotTaken => ReceiptKind::Refused(RefusalReason::Policy),
    };
    Receipt { kind, message_id: owed.message_id, digest: owed.digest }
}

/// The moment at which something is due.
pub(in crate::agent) async fn next_due(core: &Arc<Core>) -> Option<Timestamp> {
    core.read(|tx, _| receipts::next_due(tx).map_err(Trouble::from)).await.ok().flatten()
}

/// Takes a peer's word on one of our messages. It must be about the very bytes that we sent.
pub(in crate::agent) fn take(tx: &Tx<'_>, peer: PeerKey, receipt: &Receipt) -> Result<(), StoreError> {
    let Some(message) = messages::find(tx, peer, Way::Out, receipt.message_id)? else {
        return Ok(());
    };
    if message.digest != receipt.digest {
        return Ok(());
    }
    match receipt.kind {
        ReceiptKind::Delivered => advance(tx, &message, State::Delivered),
        ReceiptKind::Read => advance(tx, &message, State::Read),
        ReceiptKind::Refused(reason) => refuse(tx, &message, reason),
        _ => Ok(()),
    }
}

/// The peer answered one of our messages.
pub(in crate::agent) fn answered(tx: &Tx<'_>, message: &Message) -> Result<(), StoreError> {
    advance(tx, message, State::Answered)
}

/// States only go forward, and a refusal is the end.
fn advance(tx: &Tx<'_>, message: &Message, state: State) -> Result<(), StoreError> {
    if rank(message.state) < rank(state) { messages::set_state(tx, message.id, state, None) } else { Ok(()) }
}

/// Mail that the peer confirmed once stays so, whatever it says of a copy.
fn refuse(tx: &Tx<'_>, message: &Message, reason: RefusalReason) -> Result<(), StoreError> {
    if rank(message.state) >= rank(State::Delivered) {
        return Ok(());
    }
    let why = match reason {
        RefusalReason::OutsideGrant => "it was outside what the peer grants",
        RefusalReason::GrantExpired => "the peer's grant has expired",
        _ => "the peer does not take such mail; if it carried a payload, read the peer's capabilities for its schema",
    };
    messages::set_state(tx, message.id, State::Refused, Some(why))
}

fn rank(state: State) -> u8 {
    match state {
        State::Unread | State::Shown | State::Waiting => 0,
        State::Queued => 1,
        State::Delivered => 2,
        State::Read => 3,
        State::Answered => 4,
        State::Refused => 5,
    }
}
