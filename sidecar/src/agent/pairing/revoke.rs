//! Ending or narrowing a pair, at once and without asking.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::id::AgentId;
use a2a_proto::scope::Scope;
use tokio::time::Instant;

use super::enrol::forget_pair;
use super::{requests as request_rules, scope_words, terms, undo};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::mail::flush;
use crate::agent::me::Ctx;
use crate::agent::{Revoke, RevokeError, Revoked, RevokedState, Trouble, free_busy, resolve, tasks};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::{StoreError, Tx, held, lanes, requests};

/// How long another process that is telling our relay is waited for.
const PATIENCE: Duration = Duration::from_secs(10);
const GLANCE: Duration = Duration::from_millis(20);

/// What a revocation changed here.
pub(in crate::agent) struct Changed {
    state: RevokedState,
    peer: String,
    agent_id: AgentId,
    remaining: Vec<Scope>,
    lanes: Vec<Task>,
}

/// Revokes, then has our relay told. The peer's mail is dropped here from the first moment.
pub(in crate::agent) async fn revoke(core: &Arc<Core>, request: Revoke) -> Result<Revoked, RevokeError> {
    let changed = core.write(move |tx, ctx| change(tx, ctx, &request)).await?;
    tasks::run(core).await;
    flush::all(core).await;
    let relay_told = is_told(core, changed.lanes).await?;
    Ok(Revoked {
        state: changed.state,
        peer: changed.peer,
        agent_id: changed.agent_id,
        remaining: changed.remaining,
        relay_told,
    })
}

/// Whether our relay closed the lanes. Another process of ours that is telling it is waited for: who hears that the relay was
/// told counts on it.
async fn is_told(core: &Arc<Core>, lanes: Vec<Task>) -> Result<bool, Trouble> {
    let lanes: Arc<[Task]> = lanes.into();
    let deadline = Instant::now() + PATIENCE;
    loop {
        let looked_for = Arc::clone(&lanes);
        let (told, under_way) = core.read(move |tx, ctx| standing(tx, ctx, &looked_for).map_err(Trouble::from)).await?;
        if told || !under_way || Instant::now() >= deadline {
            return Ok(told);
        }
        tokio::time::sleep(GLANCE).await;
    }
}

/// Whether these tasks are all done, and whether one of them is being done.
fn standing(tx: &Tx<'_>, ctx: Ctx<'_>, tasks: &[Task]) -> Result<(bool, bool), StoreError> {
    let (mut told, mut under_way) = (true, false);
    for task in tasks {
        told &= !task_rows::waits(tx, task)?;
        under_way |= task_rows::is_leased(tx, task, ctx.now)?;
    }
    Ok((told, under_way))
}

/// Everything that a revocation changes here.
pub(in crate::agent) fn change(tx: &Tx<'_>, ctx: Ctx<'_>, request: &Revoke) -> Result<Changed, RevokeError> {
    if let Some(found) = requests::find(tx, &request.peer.trim().to_uppercase())? {
        return decline(tx, ctx, &found);
    }
    let peer = resolve::peer(tx, &request.peer)?.ok_or(RevokeError::UnknownPeer)?;
    match &request.scopes {
        Some(scopes) if !request.block => narrow(tx, ctx, peer, scopes),
        _ => end(tx, ctx, peer, request.block),
    }
}

fn decline(tx: &Tx<'_>, ctx: Ctx<'_>, request: &requests::Request) -> Result<Changed, RevokeError> {
    let peer = request_rules::decline(tx, ctx, request)?;
    Ok(Changed {
        state: RevokedState::Declined,
        peer,
        agent_id: request.record.agent_id,
        remaining: Vec::new(),
        lanes: Vec::new(),
    })
}

fn narrow(tx: &Tx<'_>, ctx: Ctx<'_>, mut peer: Peer, scopes: &[Scope]) -> Result<Changed, RevokeError> {
    if let Some(missing) = scopes.iter().find(|scope| !peer.record.granted.contains(scope)) {
        return Err(RevokeError::NotGranted { scope: missing.to_string() });
    }
    let remaining: Vec<Scope> = peer.record.granted.iter().filter(|scope| !scopes.contains(scope)).cloned().collect();
    if remaining.is_empty() || peer.state != PeerState::Paired {
        return end(tx, ctx, peer, false);
    }
    undo::keep_narrowed(tx, ctx, &peer)?;
    peer.record.granted.clone_from(&remaining);
    terms::tell(tx, ctx, &mut peer, None).map_err(Trouble::from)?;
    peers::update(tx, &peer)?;
    let said = format!("took away {}; left {}", scope_words(scopes), scope_words(&remaining));
    audit::note(tx, ctx, Note::new("narrowed").about(&peer.record.petname).saying(said))?;
    Ok(Changed {
        state: RevokedState::Narrowed,
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        remaining,
        lanes: Vec::new(),
    })
}

fn end(tx: &Tx<'_>, ctx: Ctx<'_>, mut peer: Peer, block: bool) -> Result<Changed, RevokeError> {
    let open = lanes::open_of_peer(tx, peer.key)?;
    undo::keep_ended(tx, ctx, &peer)?;
    forget_pair(tx, ctx, &peer, "you ended this pair before it was sent")?;
    free_busy::forget_peer(tx, peer.key)?;
    held::delete_of_peer(tx, peer.key)?;
    let was_pair = matches!(peer.state, PeerState::Paired | PeerState::Refused);
    peer.state = if block { PeerState::Blocked } else { PeerState::Revoked };
    peer.record.granted.clear();
    peer.record.deposit = None;
    peer.record.since = if was_pair { peer.record.since } else { ctx.now };
    peers::update(tx, &peer)?;
    let event = if block { "blocked" } else { "revoked" };
    audit::note(tx, ctx, Note::new(event).about(&peer.record.petname).saying(peer.record.agent_id.to_string()))?;
    Ok(Changed {
        state: if block { RevokedState::Blocked } else { RevokedState::Revoked },
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        remaining: Vec::new(),
        lanes: open.into_iter().map(|lane| Task::CloseLane(lane.lane)).collect(),
    })
}
