//! Terms: what we grant a peer and where it deposits, told inside a session under a counter that only grows.

use std::sync::Arc;

use a2a_proto::api::OpenLane;
use a2a_proto::content::{Body, Heads};
use a2a_proto::counter::Counter;
use a2a_proto::lane::LaneOffer;

use super::lanes;
use crate::agent::Trouble;
use crate::agent::core::Core;
use crate::agent::mail::resend;
use crate::agent::mail::write::{self, WriteError};
use crate::agent::me::Ctx;
use crate::store::peers::{self, Peer, PeerKey, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{Tx, lanes as lane_rows, sessions};

/// Opens a lane for a peer at our relay and tells it our terms. Harmless when it is done twice.
pub(in crate::agent) async fn open_lane(core: &Arc<Core>, peer: PeerKey) -> Result<(), Trouble> {
    let offer = lanes::open(core, &OpenLane::Pair).await?;
    core.write(move |tx, ctx| opened(tx, ctx, peer, offer)).await
}

/// Takes a lane that our relay opened for a peer into use, unless it is not needed any more.
pub(in crate::agent) fn opened(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey, offer: LaneOffer) -> Result<(), Trouble> {
    let task = Task::OpenLane(peer);
    let current = peers::by_key(tx, peer)?.filter(|current| current.state == PeerState::Paired);
    lane_rows::insert(tx, &lanes::record(&offer), Some(peer), None, None)?;
    match current {
        // Another process did it meanwhile, or the pair is over.
        Some(mut current) if tasks::waits(tx, &task)? => {
            offer_it(tx, ctx, &mut current, offer)?;
        }
        _ => {
            lane_rows::close(tx, offer.lane)?;
            tasks::add(tx, &Task::CloseLane(offer.lane), ctx.now)?;
        }
    }
    Ok(tasks::done(tx, &task)?)
}

/// Tells the peer of its lane and sends what waited for that. Without a session the lane is kept all the same: a new start
/// comes first, which hands it over and seals what waits.
fn offer_it(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, lane: LaneOffer) -> Result<(), Trouble> {
    if sessions::of_peer(tx, peer.key)?.is_empty() {
        return Ok(());
    }
    tell(tx, ctx, peer, Some(lane))?;
    resend::unsealed(tx, ctx, peer)
}

/// Writes our terms, after our name where the peer does not have it yet. Without a session nothing can be told, and
/// what we changed holds all the same: the new start that comes first says what we grant.
pub(in crate::agent) fn tell(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    lane: Option<LaneOffer>,
) -> Result<(), WriteError> {
    if sessions::of_peer(tx, peer.key)?.is_empty() {
        return Ok(());
    }
    if !peer.record.greeted {
        write::control(tx, ctx, peer, hello(ctx, peer)?)?;
        peer.record.greeted = true;
    }
    peer.record.terms_sent += 1;
    let body = Body::Terms {
        counter: Counter::new(ctx.me.certificate.epoch(), peer.record.terms_sent),
        lane,
        granted: peer.record.granted.clone(),
        expires_at: peer.record.granted_until,
    };
    write::control(tx, ctx, peer, body)
}

fn hello(ctx: Ctx<'_>, peer: &Peer) -> Result<Body, WriteError> {
    Ok(Body::Hello {
        display_name: ctx.me.display_name.clone(),
        relay: ctx.me.relay()?.clone(),
        requested: Vec::new(),
        granted: peer.record.granted.clone(),
        text: String::new(),
        heads: Heads::default(),
    })
}
