//! Sending what waits: per peer in order, peers side by side, each envelope under a lease.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::counter::Counter;
use a2a_proto::id::LaneId;
use a2a_proto::time::Timestamp;
use tokio::task::JoinSet;

use super::deposit::{self, Outcome};
use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, random};
use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, Trouble, notices};
use crate::store::clock_back::FARTHEST;
use crate::store::messages::{self, State};
use crate::store::outbox::{self, Route, Waiting};
use crate::store::peers::{self, Peer, PeerKey, PeerState};
use crate::store::{StoreError, Tx};

const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(300);

/// Sends everything whose turn it is, until nothing more can go. Returns how many envelopes went.
pub(in crate::agent) async fn all(core: &Arc<Core>) -> u64 {
    rounds(core, None).await
}

/// As [`all`], for one peer.
pub(in crate::agent) async fn peer(core: &Arc<Core>, peer: PeerKey) -> u64 {
    rounds(core, Some(peer)).await
}

async fn rounds(core: &Arc<Core>, only: Option<PeerKey>) -> u64 {
    let mut sent = 0;
    let mut running = JoinSet::new();
    loop {
        for waiting in lease(core, only).await {
            let core = Arc::clone(core);
            running.spawn(async move { one(&core, waiting).await });
        }
        match running.join_next().await {
            Some(Ok(true)) => sent += 1,
            Some(_) => {}
            None => return sent,
        }
    }
}

async fn lease(core: &Arc<Core>, only: Option<PeerKey>) -> Vec<Waiting> {
    let holder = core.holder;
    let until = core.now().plus(deposit::lease_time());
    let leased = core.write(move |tx, ctx| {
        // Most rounds find nothing; they must not write.
        outbox::lease(tx, &holder, ctx.now, until, only).map_err(Trouble::from)
    });
    leased.await.unwrap_or_default()
}

/// Sends one leased envelope and notes what became of it; true when the relay took it.
async fn one(core: &Arc<Core>, waiting: Waiting) -> bool {
    let key = waiting.peer;
    let Ok(Some(peer)) = core.read(move |tx, _| peers::by_key(tx, key).map_err(Trouble::from)).await else {
        return false;
    };
    let outcome = deposit::attempt(core, &waiting, &peer).await;
    let (taken, holder) = (matches!(outcome, Outcome::Taken), core.holder);
    let tried = Tried { waiting, way: way_of(&peer), outcome };
    let noted = core.write(move |tx, ctx| note(tx, ctx, &holder, tried).map_err(Trouble::from)).await;
    if let Err(error) = &noted {
        tracing::warn!(%error, "what became of an envelope could not be noted; it will be sent again");
    }
    taken && noted.is_ok()
}

/// A try that came to an end.
struct Tried {
    waiting: Waiting,
    /// The way to the peer when it began.
    way: Way,
    outcome: Outcome,
}

/// The lane that the peer gave us, and the terms that said it last: it may say the same lane again, once its relay has it again.
type Way = (Option<LaneId>, Option<Counter>);

fn way_of(peer: &Peer) -> Way {
    (peer.record.deposit.as_ref().map(|offer| offer.lane), peer.record.terms_taken)
}

fn note(tx: &Tx<'_>, ctx: Ctx<'_>, holder: &[u8; 16], tried: Tried) -> Result<(), StoreError> {
    let Tried { waiting, way, outcome } = tried;
    let peer = peers::by_key(tx, waiting.peer)?;
    // Whatever the lane said: through the one that the peer told us of meanwhile it may go at once.
    let is_stale = waiting.route == Route::Lane && peer.as_ref().is_none_or(|peer| way != way_of(peer));
    match outcome {
        Outcome::Taken => taken(tx, ctx, &waiting, holder),
        _ if is_stale => outbox::put_back(tx, waiting.id, holder, ctx.now, "the peer changed its lane"),
        Outcome::Later { reason, after } => {
            let next = next_attempt(ctx.now, waiting.attempts, after);
            outbox::put_back(tx, waiting.id, holder, next, &reason)?;
            set_message(tx, &waiting, State::Waiting, Some(&reason))
        }
        Outcome::Impossible(reason) => {
            outbox::take_out(tx, waiting.id, holder)?;
            set_message(tx, &waiting, State::Refused, Some(&reason))
        }
        Outcome::Refused => peer.map_or(Ok(()), |peer| refused(tx, ctx, peer)),
    }
}

/// The relay has it: it leaves the line.
pub(in crate::agent) fn taken(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    waiting: &Waiting,
    holder: &[u8; 16],
) -> Result<(), StoreError> {
    if !outbox::take_out(tx, waiting.id, holder)? {
        return Ok(());
    }
    set_message(tx, waiting, State::Queued, None)?;
    if let Some(message) = waiting.message {
        messages::note_queued(tx, message, ctx.now)?;
    }
    if let Some(mut peer) = peers::by_key(tx, waiting.peer)? {
        peer.last_contact = Some(ctx.now);
        peers::update(tx, &peer)?;
    }
    Ok(())
}

/// A receipt may have come before our relay call ended, so a message only moves forward.
fn set_message(tx: &Tx<'_>, waiting: &Waiting, state: State, reason: Option<&str>) -> Result<(), StoreError> {
    let Some(id) = waiting.message else { return Ok(()) };
    match messages::by_id(tx, id)? {
        Some(message) if message.state == State::Waiting => messages::set_state(tx, id, state, reason),
        _ => Ok(()),
    }
}

/// As a refusal of an envelope, for a chunk that went through a lane.
pub(in crate::agent) fn lane_refused(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey, lane: LaneId) -> Result<(), StoreError> {
    let peer = peers::by_key(tx, key)?;
    // Through another lane, given meanwhile, it may go.
    let same = peer.filter(|peer| peer.record.deposit.as_ref().is_some_and(|offer| offer.lane == lane));
    same.map_or(Ok(()), |peer| refused(tx, ctx, peer))
}

/// Notes that an envelope was refused by the way to the peer that there was when the try began.
#[cfg(test)]
pub(in crate::agent) fn refused_since(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    holder: &[u8; 16],
    waiting: Waiting,
    begun: &Peer,
) -> Result<(), StoreError> {
    note(tx, ctx, holder, Tried { waiting, way: way_of(begun), outcome: Outcome::Refused })
}

/// The peer's relay gave its one refusal: the pair is over from the other side.
pub(in crate::agent) fn refused(tx: &Tx<'_>, ctx: Ctx<'_>, mut peer: Peer) -> Result<(), StoreError> {
    let name = peer.record.petname.clone();
    let text = format!("{name} no longer accepts mail from you.");
    for message in outbox::drop_of_peer(tx, peer.key)? {
        messages::set_state(tx, message, State::Refused, Some(&text))?;
    }
    if peer.state == PeerState::Paired {
        peer.state = PeerState::Refused;
        peers::update(tx, &peer)?;
        notices::tell(tx, ctx, &format!("refused {}", peer.key.0), NoticeKind::Refused, text)?;
        audit::note(tx, ctx, Note::new("refused_by_peer").about(name))?;
    }
    Ok(())
}

/// Twice as long after every failure, with jitter, or what the relay asked for within bounds.
pub(in crate::agent) fn next_attempt(now: Timestamp, attempts: u64, after: Option<Duration>) -> Timestamp {
    let doublings = u32::try_from(attempts.min(16)).unwrap_or(16);
    let wait = FIRST_WAIT.saturating_mul(1 << doublings).min(LONGEST_WAIT);
    let jitter = random::<1>().map_or(0, |[byte]| u32::from(byte));
    let wait = wait + wait.saturating_mul(jitter) / 1024;
    now.plus(after.unwrap_or(Duration::ZERO).max(wait).min(FARTHEST))
}
