//! What never arrived: asked for after a day, and sealed again by whoever is asked, the same contents byte for byte.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::content::{Body, Content};
use a2a_proto::counter::Counter;

use super::write;
use crate::agent::Trouble;
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::store::messages::{self, Message, State};
use crate::store::peers::{self, Gap, Peer, PeerKey, PeerState};
use crate::store::{StoreError, Tx, sessions};

/// So long a gap may close by itself, and so long an answer may take before it is asked for again.
const PATIENCE: Duration = Duration::from_secs(24 * 60 * 60);
/// After so many questions the gap is let go: receipts and the like are not kept by their senders.
const MOST_QUESTIONS: u32 = 3;
/// More ranges than this are asked for another time.
const MOST_RANGES: usize = 8;
/// What one answer holds at most.
const MOST_CONTENTS: usize = 256;
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How often a peer is answered in an hour: each question costs us many envelopes.
const MOST_ANSWERS: usize = MOST_RANGES;

/// Asks every peer for what has been missing for a day.
pub(in crate::agent) async fn ask_all(core: &Arc<Core>) -> Result<(), Trouble> {
    core.write(|tx, ctx| {
        for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
            ask(tx, ctx, peer)?;
        }
        Ok(())
    })
    .await
}

/// Asks one peer, if it is time; lets the gap go after the last question.
pub(in crate::agent) fn ask(tx: &Tx<'_>, ctx: Ctx<'_>, mut peer: Peer) -> Result<(), Trouble> {
    let Some(gap) = peer.record.gap.filter(|gap| ctx.now.since(gap.asked.unwrap_or(gap.since)) >= PATIENCE) else {
        return Ok(());
    };
    if gap.times >= MOST_QUESTIONS {
        return let_go(tx, ctx, peer);
    }
    if sessions::of_peer(tx, peer.key)?.is_empty() {
        return Ok(());
    }
    let missing = peer.record.missing.len();
    for (epoch, from, to) in ranges(&peer.record.missing).into_iter().take(MOST_RANGES) {
        write::control(tx, ctx, &mut peer, Body::Resend { epoch, from, to })?;
    }
    peer.record.gap = Some(Gap { asked: Some(ctx.now), times: gap.times + 1, ..gap });
    peers::update(tx, &peer)?;
    let note = Note::new("resend_asked").about(&peer.record.petname);
    Ok(audit::note(tx, ctx, note.saying(format!("{missing} missing")))?)
}

fn let_go(tx: &Tx<'_>, ctx: Ctx<'_>, mut peer: Peer) -> Result<(), Trouble> {
    let missing = peer.record.missing.len();
    peer.record.missing.clear();
    peer.record.gap = None;
    peers::update(tx, &peer)?;
    let note = Note::new("gap_let_go").about(&peer.record.petname);
    Ok(audit::note(tx, ctx, note.saying(format!("{missing} never came")))?)
}

/// Neighbours as ranges; the positions are in order, because a chain only grows.
fn ranges(missing: &[Counter]) -> Vec<(u32, u64, u64)> {
    let mut ranges: Vec<(u32, u64, u64)> = Vec::new();
    for position in missing {
        match ranges.last_mut() {
            Some((epoch, _, to)) if *epoch == position.epoch && *to + 1 == position.number => *to += 1,
            _ => ranges.push((position.epoch, position.number, position.number)),
        }
    }
    ranges
}

/// Seals again what a peer asks for, as far as we keep it and it does not wait in the outbox anyway.
pub(in crate::agent) fn answer(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    (epoch, from, to): (u32, u64, u64),
) -> Result<(), Trouble> {
    peer.record.resent_at.retain(|at| ctx.now.since(*at) < HOUR);
    if peer.state != PeerState::Paired || peer.record.resent_at.len() >= MOST_ANSWERS {
        return Ok(());
    }
    peer.record.resent_at.push(ctx.now);
    peers::update(tx, peer)?;
    let wanted = messages::sent_between(tx, peer.key, epoch, (from, to), MOST_CONTENTS)?;
    let count = wanted.len();
    for message in wanted {
        seal_again(tx, ctx, peer, &message, "the peer missed it, and it is sent again")?;
    }
    let note = Note::new("resent").about(&peer.record.petname);
    Ok(audit::note(tx, ctx, note.saying(format!("{count} asked for by the peer")))?)
}

/// Puts every message without a receipt into the outbox again, in the newest session.
pub(in crate::agent) fn unconfirmed(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer) -> Result<(), Trouble> {
    for message in messages::unconfirmed(tx, peer.key)? {
        seal_again(tx, ctx, peer, &message, "it is sent again after a new start")?;
    }
    Ok(())
}

/// Lets every message without a receipt wait until our terms have been told, see [`unsealed`].
pub(in crate::agent) fn after_terms(tx: &Tx<'_>, peer: PeerKey) -> Result<(), StoreError> {
    for message in messages::unconfirmed(tx, peer)? {
        messages::set_state(tx, message.id, State::Waiting, Some("it is sent again after a new start"))?;
    }
    Ok(())
}

/// Seals what waits and stands in no envelope.
pub(in crate::agent) fn unsealed(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer) -> Result<(), Trouble> {
    for message in messages::unconfirmed(tx, peer.key)?.into_iter().filter(|message| message.state == State::Waiting) {
        seal_again(tx, ctx, peer, &message, "it is sent again after a new start")?;
    }
    Ok(())
}

fn seal_again(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, message: &Message, why: &str) -> Result<(), Trouble> {
    let content = Content::parse(&message.record.content.0)
        .map_err(|_| Trouble::from(StoreError::Unreadable { table: "messages" }))?;
    write::seal_again(tx, ctx, peer, &content, message.id)?;
    if message.state == State::Queued {
        messages::set_state(tx, message.id, State::Waiting, Some(why))?;
    }
    Ok(())
}
