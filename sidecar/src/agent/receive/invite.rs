//! Somebody redeems an invite of ours: paired at once, because the owner agreed when the invite was made.

use a2a_proto::handshake::{FirstFlight, Purpose, Responded};

use super::first_flight::{self, Unopened, greeting, remember_until};
use super::hold::{Why, hold};
use super::reset::{drop_old_device, is_by_old_device};
use super::{Taken, chain};
use crate::agent::audit::{self, Note};
use crate::agent::me::Ctx;
use crate::agent::pairing::enrol::{Enrolment, Introduction, enrol};
use crate::agent::pairing::scope_words;
use crate::agent::{Bounds, NoticeKind, Trouble, notices, reset};
use crate::store::invites::{self, Invite};
use crate::store::lanes::Lane;
use crate::store::peers::{self, Peer, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{StoreError, Tx, lanes, replays, sessions};

/// Opens a first flight on an invite's lane and pairs with whoever proves to hold the invite.
pub(super) fn take(tx: &Tx<'_>, ctx: Ctx<'_>, lane: &Lane, envelope: &[u8]) -> Result<Taken, Trouble> {
    let Ok(flight) = FirstFlight::parse(envelope) else {
        return Ok(Taken::Dropped);
    };
    let Some(invite) = named(tx, lane, &flight)? else {
        return Ok(hold(tx, ctx, None, Why::NotForUs, envelope)?);
    };
    match first_flight::open(tx, ctx, &flight, Some(&invite))? {
        Err(Unopened::Replay) => Ok(Taken::Dropped),
        Err(Unopened::NotForUs) => Ok(hold(tx, ctx, None, Why::NotForUs, envelope)?),
        Ok(responded) => judge(tx, ctx, lane, &invite, &flight, &responded),
    }
}

/// The open invite that both the lane and the flight name.
fn named(tx: &Tx<'_>, lane: &Lane, flight: &FirstFlight) -> Result<Option<Invite>, StoreError> {
    let named = flight.invite_id().copied().filter(|id| lane.invite == Some(*id));
    let Some(id) = named else { return Ok(None) };
    Ok(invites::find(tx, id)?.filter(|invite| invite.open))
}

fn judge(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    lane: &Lane,
    invite: &Invite,
    flight: &FirstFlight,
    responded: &Responded,
) -> Result<Taken, Trouble> {
    replays::note(tx, &flight.replay_key(), remember_until(ctx.now))?;
    if responded.purpose != Purpose::Invite {
        return Ok(Taken::Dropped);
    }
    if invite.record.mends.is_some_and(|wanted| wanted != responded.peer) {
        audit::note(tx, ctx, Note::new("dropped").saying("an invite made for another agent"))?;
        return Ok(Taken::Dropped);
    }
    match peers::by_agent(tx, &responded.peer)?.map(|peer| (peer.state, peer)) {
        Some((PeerState::Blocked, peer)) => {
            audit::note(
                tx,
                ctx,
                Note::new("dropped").about(peer.record.petname).saying("an invite, by a blocked agent"),
            )?;
            Ok(Taken::Dropped)
        }
        Some((_, peer)) if is_by_old_device(&peer, responded) => drop_old_device(tx, ctx, &peer),
        Some((PeerState::Paired | PeerState::Refused, peer)) if invite.record.mends.is_some() => {
            mend(tx, ctx, lane, invite, peer, responded)
        }
        Some((PeerState::Paired, peer)) => hold_for(tx, ctx, lane, invite, &peer, responded),
        _ => pair(tx, ctx, lane, invite, responded),
    }
}

/// By somebody who is paired with us it is a new start that waits for the owner: that peer may have ended the pair
/// without our knowing. The invite is used up by it; what comes through its lane meanwhile waits for the owner too.
fn hold_for(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    lane: &Lane,
    invite: &Invite,
    peer: &Peer,
    responded: &Responded,
) -> Result<Taken, Trouble> {
    lanes::set_peer(tx, lane.lane, peer.key)?;
    invites::use_up(tx, invite)?;
    super::reset::hold_request(tx, ctx, peer, responded)
}

/// Goes on with the pair: the owner made this invite for this peer.
fn mend(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    lane: &Lane,
    invite: &Invite,
    mut peer: Peer,
    responded: &Responded,
) -> Result<Taken, Trouble> {
    let Some(start) = super::knock::record(responded) else { return Ok(Taken::Dropped) };
    lanes::set_peer(tx, lane.lane, peer.key)?;
    invites::use_up(tx, invite)?;
    peer.record.relay.clone_from(&start.relay);
    reset::begin_anew(tx, ctx, &mut peer, &start)?;
    let name = &peer.record.petname;
    let text = format!("{name} took up the invite that you made for it; your pair goes on.");
    notices::tell(tx, ctx, &format!("paired {}", peer.key.0), NoticeKind::Paired, text)?;
    audit::note(tx, ctx, Note::new("pair_mended").about(name))?;
    Ok(Taken::Other)
}

fn pair(tx: &Tx<'_>, ctx: Ctx<'_>, lane: &Lane, invite: &Invite, responded: &Responded) -> Result<Taken, Trouble> {
    let content = responded.opened.content();
    let Some(said) = greeting(content) else {
        return Ok(Taken::Dropped);
    };
    let enrolment = Enrolment {
        agent_id: responded.peer,
        certificate: Some(&responded.certificate),
        introduction: Introduction { handle: None, display_name: Some(said.display_name.to_owned()) },
        relay: said.relay.clone(),
        granted: invite.record.scopes.clone(),
        bounds: Bounds { until: invite.record.until, daily: invite.record.daily },
        granted_to_us: said.granted.to_vec(),
        deposit: Some(&responded.reply_lane),
        received: Some(chain::end(content, responded.opened.digest())),
    };
    let mut peer = enrol(tx, ctx, PeerState::Paired, &enrolment)?;
    peer.last_contact = Some(ctx.now);
    peers::update(tx, &peer)?;
    sessions::save(tx, peer.key, &responded.session, ctx.now)?;
    lanes::set_peer(tx, lane.lane, peer.key)?;
    invites::use_up(tx, invite)?;
    tasks::add(tx, &Task::OpenLane(peer.key), ctx.now)?;
    announce(tx, ctx, &peer)?;
    Ok(Taken::Other)
}

fn announce(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<(), StoreError> {
    let (name, scopes) = (&peer.record.petname, scope_words(&peer.record.granted));
    let text = format!("{name} redeemed your invite and may now write to you about: {scopes}.");
    notices::tell(tx, ctx, &format!("paired {}", peer.key.0), NoticeKind::Paired, text)?;
    let said = format!("redeemed an invite; granted {scopes}; {}", peer.record.agent_id);
    audit::note(tx, ctx, Note::new("paired").about(name).saying(said))
}
