//! What we take from peers only: said to each inside its session, so that no relay, and nobody else, knows of it.
//!
//! The owner's list is told to every peer once in every session: a peer that was restored has lost it. What a peer told
//! us stands before its card where both name a request.

use std::sync::Arc;

use a2a_proto::card::{Capability, VerifiedCard};
use a2a_proto::content::{Body, Content};
use a2a_proto::counter::Counter;
use a2a_proto::id::MessageId;
use a2a_proto::limits::MAX_CAPABILITIES;

use super::audit::{self, Note};
use super::consent::Action;
use super::core::{Core, rng};
use super::mail::write::{self, WriteError};
use super::me::Ctx;
use super::{ApprovedBy, CardError, PeersOnly, Published, ReadError, Trouble, card};
use crate::store::peer_capabilities::{self as lists, OwnList, TheirList};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::{StoreError, Tx, cards, identity};

/// What the owner is asked about the list.
pub(super) fn action(core: &Arc<Core>, capabilities: Vec<Capability>) -> Result<Action, CardError> {
    if capabilities.len() > MAX_CAPABILITIES {
        return Err(CardError::TooMany { most: MAX_CAPABILITIES });
    }
    for number in 1..=capabilities.len() {
        card::check(core, &capabilities[..number])?;
        if !fits(core.ctx(), &capabilities[..number]) {
            let reason = "with it the list is longer than one sealed message; publish a card for the rest".into();
            return Err(CardError::BadCapability { number, reason });
        }
    }
    Ok(Action::TellPeers { capabilities })
}

fn fits(ctx: Ctx<'_>, capabilities: &[Capability]) -> bool {
    let body = said(ctx, u64::MAX, capabilities);
    let (message_id, position) = (MessageId::new(ctx.now, &mut rng()), Counter::new(0, 0));
    Content { message_id, position, previous: [0; 32], sent_at: ctx.now, body }.check().is_ok()
}

fn said(ctx: Ctx<'_>, number: u64, capabilities: &[Capability]) -> Body {
    let counter = Counter::new(ctx.me.certificate.epoch(), number);
    Body::Capabilities { counter, capabilities: capabilities.to_vec() }
}

/// Sets the list that the owner approved; an empty one takes it back. Peers are told by what sends next.
pub(super) async fn set(
    core: &Arc<Core>,
    capabilities: Vec<Capability>,
    by: ApprovedBy,
) -> Result<Published, CardError> {
    let done = core.write(move |tx, ctx| replace(tx, ctx, capabilities, by)).await?;
    core.nudge.notify_one();
    Ok(done)
}

/// The same in one transaction.
pub(super) fn replace(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    capabilities: Vec<Capability>,
    by: ApprovedBy,
) -> Result<Published, Trouble> {
    let (count, before) = (capabilities.len(), lists::own(tx)?);
    let number = before.map_or(0, |list| list.number) + 1;
    lists::set_own(tx, &OwnList { number, capabilities, at: ctx.now })?;
    let event = if count == 0 { "peers_card_withdrawn" } else { "peers_card_set" };
    audit::note(tx, ctx, Note::new(event).saying(format!("{count} entries")).by(by))?;
    Ok(Published { capabilities: count, listed: false, updated_at: ctx.now })
}

/// Tells every peer that does not have it yet.
pub(super) async fn tell(core: &Arc<Core>) -> Result<(), Trouble> {
    while core.read(|tx, _| Ok::<_, Trouble>(next(tx)?.is_some())).await? {
        core.write(tell_next).await?;
    }
    Ok(())
}

fn next(tx: &Tx<'_>) -> Result<Option<(OwnList, Peer)>, StoreError> {
    let Some(list) = lists::own(tx)? else { return Ok(None) };
    let Some(key) = lists::untold(tx, &list)? else { return Ok(None) };
    Ok(peers::by_key(tx, key)?.map(|peer| (list, peer)))
}

/// Seals the list for the next peer, in the transaction that notes that it was told.
pub(super) fn tell_next(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), Trouble> {
    let Some((list, mut peer)) = next(tx)? else { return Ok(()) };
    match write::control(tx, ctx, &mut peer, said(ctx, list.number, &list.capabilities)) {
        Err(WriteError::Trouble(trouble)) => return Err(trouble),
        // It is no reason to stop everything else; the next list, or the next session, is another try.
        Err(WriteError::NoSession | WriteError::Seal(_)) => {
            tracing::info!("a peer could not be told what we take");
            lists::note_untold(tx, peer.key, list.number)?;
        }
        Ok(()) => lists::note_told(tx, peer.key, list.number)?,
    }
    Ok(())
}

/// Takes what a peer says, when it is newer than what we have.
pub(super) fn take(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    counter: Counter,
    capabilities: &[Capability],
) -> Result<(), StoreError> {
    let is_peer = matches!(peer.state, PeerState::Paired | PeerState::Requested);
    let known = lists::of_peer(tx, peer.key)?;
    let is_retired = counter.epoch < peer.record.epoch;
    if !is_peer || is_retired || known.as_ref().is_some_and(|known| known.counter() >= counter) {
        return Ok(());
    }
    lists::put(tx, peer.key, &TheirList::new(counter, capabilities.to_vec(), ctx.now))?;
    if known.map_or_else(Vec::new, |known| known.capabilities) == capabilities {
        return Ok(());
    }
    let note = Note::new("peer_capabilities").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(format!("{} entries", capabilities.len())))
}

/// Our list, and who has it; none when there is none.
pub(super) async fn own(core: &Arc<Core>) -> Result<Option<PeersOnly>, ReadError> {
    core.read(|tx, _| {
        let Some(list) = lists::own(tx)?.filter(|list| !list.capabilities.is_empty()) else { return Ok(None) };
        let mut told = Vec::new();
        for key in lists::told(tx, list.number)? {
            let peer = peers::by_key(tx, key)?.filter(|peer| peer.state == PeerState::Paired);
            told.extend(peer.map(|peer| peer.record.petname));
        }
        let capabilities = list.capabilities.iter().map(|one| card::entry(one, true)).collect();
        Ok(Some(PeersOnly { capabilities, updated_at: list.at, told }))
    })
    .await
}

/// What a peer told us, while it is our peer.
pub(super) fn of_peer(tx: &Tx<'_>, peer: &Peer) -> Result<Option<TheirList>, StoreError> {
    if peer.state != PeerState::Paired {
        return Ok(None);
    }
    Ok(lists::of_peer(tx, peer.key)?.filter(|list| !list.capabilities.is_empty()))
}

/// Everything that a peer takes from us: what it told us, then what else its card says.
pub(super) fn all_of(tx: &Tx<'_>, peer: peers::PeerKey) -> Result<Vec<Capability>, StoreError> {
    let told = lists::of_peer(tx, peer)?.map_or_else(Vec::new, |list| list.capabilities);
    Ok(merged(told, cards::of_peer(tx, peer)?.map_or_else(Vec::new, |card| card.capabilities)))
}

/// Everything that we take from a peer, in the same order.
pub(super) fn all_of_ours(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Vec<Capability>, StoreError> {
    let card = identity::load(tx)?.and_then(|record| record.card);
    let card = card.and_then(|card| VerifiedCard::parse(&card.0, ctx.me.id()).ok());
    let published = card.map_or_else(Vec::new, |card| card.card().capabilities.clone());
    Ok(merged(lists::own(tx)?.map_or_else(Vec::new, |list| list.capabilities), published))
}

/// The first of each name.
pub(super) fn merged(mut first: Vec<Capability>, then: Vec<Capability>) -> Vec<Capability> {
    let more: Vec<_> = then.into_iter().filter(|one| first.iter().all(|known| known.id != one.id)).collect();
    first.extend(more);
    first
}
