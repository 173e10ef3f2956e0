//! Everybody we deal with.

use std::sync::Arc;

use a2a_proto::address::{Address, AddressWho};

use crate::agent::core::Core;
use crate::agent::me::{Ctx, words};
use crate::agent::{
    BlockedView, Bounds, PairState, PairView, PeerList, ReadError, RequestKind, RequestView, Untrusted, WaitingView,
};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::requests::{self, Kind, Request};
use crate::store::{StoreError, Tx, messages, undo};

/// Lists pairs, requests, our own requests, and who is blocked.
pub(in crate::agent) async fn list(core: &Arc<Core>) -> Result<PeerList, ReadError> {
    core.read(|tx, ctx| {
        let mut list = PeerList { own_words: ctx.me.safety_words(), ..PeerList::default() };
        for peer in peers::all(tx)? {
            sort_in(tx, ctx, &mut list, &peer)?;
        }
        let requests = requests::all(tx)?.into_iter().filter(|request| request.expires_at > ctx.now);
        list.requests = requests.map(request_view).collect();
        Ok(list)
    })
    .await
}

fn sort_in(tx: &Tx<'_>, ctx: Ctx<'_>, list: &mut PeerList, peer: &Peer) -> Result<(), StoreError> {
    list.pairs.extend(pair(tx, ctx, peer)?);
    match peer.state {
        PeerState::Paired | PeerState::Refused | PeerState::Revoked => {}
        PeerState::Requested => list.waiting.push(waiting_view(peer)),
        PeerState::Blocked => list.blocked.push(blocked_view(tx, ctx, peer)?),
    }
    Ok(())
}

/// The pair with a peer, also one that ended; none with somebody who only asked, was asked or is blocked.
pub(in crate::agent) fn pair(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<Option<PairView>, StoreError> {
    let state = match peer.state {
        PeerState::Paired => PairState::Paired,
        PeerState::Refused => PairState::Refused,
        PeerState::Revoked => PairState::Revoked,
        PeerState::Requested | PeerState::Blocked => return Ok(None),
    };
    pair_view(tx, ctx, peer, state).map(Some)
}

fn pair_view(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, state: PairState) -> Result<PairView, StoreError> {
    let record = &peer.record;
    Ok(PairView {
        petname: record.petname.clone(),
        agent_id: record.agent_id,
        address: address(peer),
        safety_words: words(&record.agent_id),
        state,
        granted: record.granted.clone(),
        bounds: Bounds { until: record.granted_until, daily: record.daily },
        granted_to_us: record.granted_to_us.clone(),
        granted_to_us_until: record.granted_to_us_until,
        since: record.since,
        verified_at: record.verified_at,
        told_of_reading: !record.untold_of_reading,
        undo_until: undo::until(tx, peer.key, ctx.now)?,
        last_contact: peer.last_contact,
        unread: messages::unread(tx, Some(peer.key))?,
        waiting: messages::waiting(tx, Some(peer.key))?,
    })
}

fn address(peer: &Peer) -> String {
    Address { who: AddressWho::Id(peer.record.agent_id), relay: peer.record.relay.clone() }.to_string()
}

fn waiting_view(peer: &Peer) -> WaitingView {
    WaitingView {
        petname: peer.record.petname.clone(),
        agent_id: peer.record.agent_id,
        address: address(peer),
        granted: peer.record.granted.clone(),
        asked_at: peer.record.since,
    }
}

fn blocked_view(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<BlockedView, StoreError> {
    let record = &peer.record;
    let undo_until = undo::until(tx, peer.key, ctx.now)?;
    Ok(BlockedView { petname: record.petname.clone(), agent_id: record.agent_id, since: record.since, undo_until })
}

fn request_view(request: Request) -> RequestView {
    let record = request.record;
    RequestView {
        request_id: request.request_id,
        kind: match request.kind {
            Kind::Knock => RequestKind::Knock,
            Kind::Reset => RequestKind::Reset,
        },
        agent_id: record.agent_id,
        safety_words: words(&record.agent_id),
        size_bytes: record.text.len(),
        display_name: Untrusted::new(record.display_name),
        text: Untrusted::new(record.text),
        requested: record.requested,
        offered: record.offered,
        received_at: request.received_at,
        expires_at: request.expires_at,
    }
}
