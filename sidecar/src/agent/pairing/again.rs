//! Lanes that our relay lost, since it works with an older copy of its store: opened again under the keys that our peers have.
//!
//! ```text
//!  ours, then the relay's list ─► lost ─► opened again under its key ─► our terms with that lane
//!                                             │                           └► a peer that was refused meanwhile is one again,
//!                                             └► taken: a new one            and tells its own terms
//! ```

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::api::{OpenLane, code};
use a2a_proto::id::{InviteId, LaneId};

use super::{lanes, terms};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, Trouble, notices, relays};
use crate::relay_client::RelayFailure;
use crate::store::lanes::{self as lane_rows, LaneRecord};
use crate::store::peers::{self, PeerKey, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{Tx, invites};

const ABOUT_TO_END: Duration = Duration::from_secs(60 * 60);

/// The lanes through which pairs write to us at the relay where we are. Another relay learns no key of them.
pub(in crate::agent) fn ours(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Vec<LaneId>, Trouble> {
    let relay = ctx.me.relay()?;
    Ok(lane_rows::of_pairs(tx)?.into_iter().filter(|lane| lane.relay == *relay).map(|lane| lane.lane).collect())
}

/// Has every lane of ours that is not there opened again; tells whether there is one.
pub(in crate::agent) fn note_lost(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    ours: &[LaneId],
    there: &[LaneId],
) -> Result<bool, Trouble> {
    let lost: Vec<LaneId> = ours.iter().copied().filter(|lane| !there.contains(lane)).collect();
    for lane in &lost {
        tasks::add(tx, &Task::OpenAgain(*lane), ctx.now)?;
    }
    Ok(!lost.is_empty())
}

/// The lanes of invites of ours that somebody may still take up there. One that is about to end may have ended by the relay's
/// clock.
pub(in crate::agent) fn invites(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<Vec<(InviteId, LaneId)>, Trouble> {
    let relay = ctx.me.relay()?;
    let held = lane_rows::of_invites(tx, ctx.now.plus(ABOUT_TO_END))?;
    Ok(held.into_iter().filter(|(_, lane)| lane.relay == *relay).map(|(invite, lane)| (invite, lane.lane)).collect())
}

/// Tells the owner, once, of invites that our relay lost: their links lead nowhere. They cannot be made good, since what
/// proves the right to one is in the link only.
pub(in crate::agent) fn note_lost_invites(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    ours: &[(InviteId, LaneId)],
    there: &[LaneId],
) -> Result<(), Trouble> {
    for (invite, lane) in ours.iter().filter(|(_, lane)| !there.contains(lane)) {
        let Some(known) = lane_rows::find(tx, *lane)?.filter(|known| known.open && known.peer.is_none()) else {
            continue;
        };
        lane_rows::close(tx, known.lane)?;
        if let Some(invite) = invites::find(tx, *invite)? {
            invites::use_up(tx, &invite)?;
        }
        audit::note(tx, ctx, Note::new("invite_lost"))?;
        notices::tell_again(tx, ctx, "invites lost", NoticeKind::Relay, |count| {
            let which = if count == 1 { "An invite link".into() } else { format!("{count} invite links") };
            format!(
                "{which} of yours that nobody had taken up lead nowhere any more: your relay works with an older copy of its \
                 store. Make new ones with `a2a invite`."
            )
        })?;
    }
    Ok(())
}

/// Opens a lane again, unless it is over, and tells its peer.
pub(in crate::agent) async fn open(core: &Arc<Core>, lane: LaneId) -> Result<(), Trouble> {
    let net = core.net()?;
    let wanted = core.read(move |tx, ctx| wanted(tx, ctx, lane)).await?;
    let Some(record) = wanted else {
        return core.write(move |tx, ctx| given_up(tx, ctx, lane)).await;
    };
    let again = OpenLane::Again { lane_id: lane, lane_key: record.key.0.as_slice().into() };
    match net.own.open_lane(&again).await {
        Ok(_) => core.write(move |tx, ctx| opened(tx, ctx, lane)).await,
        // Somebody else has one of this name now, or the relay is of a kind that cannot do it.
        Err(RelayFailure::Refused | RelayFailure::Problem(code::BAD_REQUEST)) => {
            core.write(move |tx, ctx| replace(tx, ctx, lane)).await
        }
        Err(failure) => Err(relays::trouble(net.client.own_relay(), &failure)),
    }
}

/// The lane, while a pair needs it here.
fn wanted(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId) -> Result<Option<LaneRecord>, Trouble> {
    let relay = ctx.me.relay()?;
    Ok(lane_rows::of_pair(tx, lane)?.map(|(_, record)| record).filter(|record| record.relay == *relay))
}

/// The pair ended, or we moved. An earlier try whose answer was lost may have opened it all the same.
pub(in crate::agent) fn given_up(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId) -> Result<(), Trouble> {
    tasks::done(tx, &Task::OpenAgain(lane))?;
    if lane_rows::of_pair(tx, lane)?.is_none() {
        tasks::add(tx, &Task::CloseLane(lane), ctx.now)?;
    }
    Ok(())
}

/// Tells the peer of a lane that our relay has again. A pair that ended meanwhile has it closed again.
pub(in crate::agent) fn opened(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId) -> Result<(), Trouble> {
    tasks::done(tx, &Task::OpenAgain(lane))?;
    match lane_rows::of_pair(tx, lane)? {
        Some((peer, _)) => tell(tx, ctx, peer),
        None => Ok(tasks::add(tx, &Task::CloseLane(lane), ctx.now)?),
    }
}

/// Tells our terms with the newest lane, also to a peer whose relay refused us: it may have been refused by ours, and ours
/// may have lost what it said. Whoever really ended the pair refuses this, too.
fn tell(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey) -> Result<(), Trouble> {
    let is_peer = |state| matches!(state, PeerState::Paired | PeerState::Refused);
    let Some(mut peer) = peers::by_key(tx, key)?.filter(|peer| is_peer(peer.state)) else { return Ok(()) };
    match lanes::newest(tx, key)? {
        // It is told once it is there.
        Some(newest) if tasks::waits(tx, &Task::OpenAgain(newest.lane))? => Ok(()),
        newest => Ok(terms::tell(tx, ctx, &mut peer, newest).map_err(Trouble::from)?),
    }
}

/// Gives the peer a new lane in the place of one that cannot be had again.
pub(in crate::agent) fn replace(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId) -> Result<(), Trouble> {
    tasks::done(tx, &Task::OpenAgain(lane))?;
    let Some((key, _)) = lane_rows::of_pair(tx, lane)? else { return Ok(()) };
    lane_rows::close(tx, lane)?;
    if peers::by_key(tx, key)?.is_some_and(|peer| peer.state == PeerState::Paired) {
        tasks::add(tx, &Task::OpenLane(key), ctx.now)?;
    }
    Ok(())
}
