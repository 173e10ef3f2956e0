//! Changing what a peer is granted: more scopes, an end, a number a day. Taking away alone needs no owner: see `revoke`.

use std::sync::Arc;

use a2a_proto::id::AgentId;
use a2a_proto::scope::Scope;

use super::{fits, scope_words, terms, tidy_scopes};
use crate::agent::audit::{self, Note};
use crate::agent::consent::Action;
use crate::agent::core::Core;
use crate::agent::mail::flush;
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Bounds, Trouble, resolve};
use crate::store::Tx;
use crate::store::peers::{self, Peer, PeerState};

/// What the owner is asked; none when nobody whom we are paired with goes by that name.
pub(in crate::agent) async fn action(
    core: &Arc<Core>,
    who: &str,
    scopes: Option<Vec<Scope>>,
    bounds: Bounds,
) -> Result<Option<Action>, AuthorizeError> {
    let who = who.to_owned();
    let peer = core.read(move |tx, _| resolve::peer(tx, &who).map_err(Trouble::from)).await?;
    let Some(peer) = peer.filter(|peer| peer.state == PeerState::Paired) else { return Ok(None) };
    let before = peer.record.granted;
    let granted = tidy_scopes(scopes.unwrap_or_else(|| before.clone()));
    if !fits(&granted) {
        return Err(AuthorizeError::TooManyScopes { most: a2a_proto::limits::MAX_SCOPES });
    }
    Ok(Some(Action::Regrant { agent_id: peer.record.agent_id, petname: peer.record.petname, before, granted, bounds }))
}

/// Changes the grant that the owner approved and tells the peer.
pub(in crate::agent) async fn regrant(
    core: &Arc<Core>,
    agent_id: AgentId,
    granted: Vec<Scope>,
    bounds: Bounds,
    by: ApprovedBy,
) -> Result<Authorized, AuthorizeError> {
    let peer = core.write(move |tx, ctx| change(tx, ctx, &agent_id, granted, bounds, by)).await?;
    flush::peer(core, peer.key).await;
    Ok(Authorized {
        state: AuthorizedState::Paired,
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        scopes: peer.record.granted,
    })
}

/// Everything that changes here.
pub(in crate::agent) fn change(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    agent_id: &AgentId,
    granted: Vec<Scope>,
    bounds: Bounds,
    by: ApprovedBy,
) -> Result<Peer, AuthorizeError> {
    let known = peers::by_agent(tx, agent_id)?.filter(|peer| peer.state == PeerState::Paired);
    let mut peer = known.ok_or(AuthorizeError::UnknownRequest)?;
    peer.record.granted = granted;
    (peer.record.granted_until, peer.record.daily) = (bounds.until, bounds.daily);
    peers::update(tx, &peer)?;
    terms::tell(tx, ctx, &mut peer, None).map_err(Trouble::from)?;
    let note = Note::new("regranted").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(scope_words(&peer.record.granted)).by(by))?;
    Ok(peer)
}
