//! Accepting an invite: our first flight goes through the invite's lane, and mail may follow at once.

use std::sync::Arc;

use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{InviteFetch, OpenLane};
use a2a_proto::content::{Body, Heads};
use a2a_proto::handshake::{Initiation, InviteKeys, Purpose, initiate};
use a2a_proto::id::{AgentId, MessageId};
use a2a_proto::invite::{Invite, Voucher};
use a2a_proto::lane::LaneOffer;
use a2a_proto::prekey::{VerifiedBundle, VerifiedOneTime};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;

use super::enrol::{Enrolment, Introduction, enrol};
use super::{fits, lanes, scope_words, terms, tidy_scopes};
use crate::agent::audit::{self, Note};
use crate::agent::consent::Action;
use crate::agent::core::{Core, rng};
use crate::agent::mail::{flush, resend, write};
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Bounds, Trouble, card, relays};
use crate::relay_client::{BundleFor, RelayFailure};
use crate::store::outbox::Route;
use crate::store::peers::{self, Peer, PeerState};
use crate::store::{Tx, lanes as lane_rows, outbox};

/// What the owner is asked about an invite that we were given.
pub(in crate::agent) fn action(
    core: &Core,
    link: &str,
    invite: &Invite,
    scopes: Option<Vec<Scope>>,
    bounds: Bounds,
) -> Result<Action, AuthorizeError> {
    let granted = tidy_scopes(scopes.unwrap_or_else(|| invite.scopes.clone()));
    if !fits(&granted) {
        return Err(AuthorizeError::TooManyScopes { most: a2a_proto::limits::MAX_SCOPES });
    }
    if invite.agent == *core.me.id() {
        return Err(AuthorizeError::Ourselves);
    }
    let (agent_id, relay) = (invite.agent, invite.relay.clone());
    let name = invite.name.clone();
    Ok(Action::AcceptInvite { link: link.trim().to_owned(), agent_id, name, relay, granted, bounds })
}

/// An error when there is a pair with this agent that an invite by way of `relay` would not mend: one who moved, and
/// whom we have not heard of since, invites from its new home.
pub(in crate::agent) fn refuse_working(
    tx: &Tx<'_>,
    agent: &AgentId,
    relay: &RelayAuthority,
) -> Result<(), AuthorizeError> {
    match peers::by_agent(tx, agent)? {
        Some(peer) if peer.record.relay != *relay => Ok(()),
        _ => refuse_paired(tx, agent),
    }
}

/// An error when there is a pair with this agent.
pub(in crate::agent) fn refuse_paired(tx: &Tx<'_>, agent: &AgentId) -> Result<(), AuthorizeError> {
    match peers::by_agent(tx, agent)? {
        Some(peer) if peer.state == PeerState::Paired => {
            Err(AuthorizeError::AlreadyPaired { peer: peer.record.petname })
        }
        _ => Ok(()),
    }
}

/// An error when the invite lapsed.
pub(in crate::agent) fn refuse_expired(invite: &Invite, now: Timestamp) -> Result<(), AuthorizeError> {
    if invite.is_expired(now) { Err(AuthorizeError::InviteExpired) } else { Ok(()) }
}

/// Reads a link; the error says what is wrong with it, never what it was.
pub(in crate::agent) fn parse(link: &str) -> Result<Invite, AuthorizeError> {
    read(link).map_err(|error| AuthorizeError::BadInvite { reason: error.to_string() })
}

/// Reads a link and leaves alone what it brings along for newcomers.
pub(in crate::agent) fn read(link: &str) -> Result<Invite, a2a_proto::invite::InviteError> {
    Invite::parse(Voucher::split(link)?.0)
}

/// Accepts the invite that the owner approved.
pub(in crate::agent) async fn accept(
    core: &Arc<Core>,
    link: &str,
    (granted, bounds): (Vec<Scope>, Bounds),
    by: ApprovedBy,
) -> Result<Authorized, AuthorizeError> {
    let invite = parse(link)?;
    refuse_expired(&invite, core.now())?;
    let keys = fetch(core, &invite).await?;
    let mut introduction = card::introduction(core, &invite.relay, &invite.agent).await;
    introduction.display_name.get_or_insert_with(|| invite.name.clone());
    let lane = lanes::open(core, &OpenLane::Pair).await?;
    let taken = Taken { invite, keys, introduction, lane, granted, bounds };
    let peer = core.write(move |tx, ctx| write_down(tx, ctx, taken, by)).await?;
    flush::peer(core, peer.key).await;
    confirm(core, peer).await
}

/// What an acceptance is made of once the network was asked.
pub(in crate::agent) struct Taken {
    pub(in crate::agent) invite: Invite,
    pub(in crate::agent) keys: (VerifiedBundle, VerifiedOneTime),
    pub(in crate::agent) introduction: Introduction,
    pub(in crate::agent) lane: LaneOffer,
    pub(in crate::agent) granted: Vec<Scope>,
    pub(in crate::agent) bounds: Bounds,
}

async fn fetch(core: &Core, invite: &Invite) -> Result<(VerifiedBundle, VerifiedOneTime), AuthorizeError> {
    let ground = InviteFetch { invite_id: invite.id, token: *invite.secret.fetch_token() };
    let answer = core.net()?.client.bundle(&invite.relay, &invite.agent, BundleFor::Invite(&ground)).await;
    let answer = answer.map_err(|failure| match failure {
        RelayFailure::NotFound | RelayFailure::Refused => AuthorizeError::InviteUsed,
        other => relays::trouble(&invite.relay, &other).into(),
    })?;
    let wrong = || AuthorizeError::WrongKeys { relay: invite.relay.to_string() };
    let bundle = verified(core, &answer.bundle.0, &invite.agent, &invite.relay)?;
    let one_time = answer.one_time.ok_or(AuthorizeError::InviteUsed)?;
    let one_time = VerifiedOneTime::parse(&one_time.0, bundle.certificate(), &invite.id).map_err(|_| wrong())?;
    Ok((bundle, one_time))
}

/// A bundle that this agent signed and that is in its time.
pub(super) fn verified(
    core: &Core,
    bytes: &[u8],
    agent: &AgentId,
    relay: &RelayAuthority,
) -> Result<VerifiedBundle, AuthorizeError> {
    VerifiedBundle::parse(bytes, agent, core.now()).map_err(|_| AuthorizeError::WrongKeys { relay: relay.to_string() })
}

/// Writes the pair and its first flight down.
pub(in crate::agent) fn write_down(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    taken: Taken,
    by: ApprovedBy,
) -> Result<Peer, AuthorizeError> {
    let Taken { invite, keys: (bundle, one_time), introduction, lane, granted, bounds } = taken;
    refuse_working(tx, &invite.agent, &invite.relay)?;
    let_letters_go(tx, &invite.agent)?;
    let enrolment = Enrolment {
        agent_id: invite.agent,
        certificate: Some(bundle.certificate()),
        introduction,
        relay: invite.relay.clone(),
        granted: granted.clone(),
        bounds,
        granted_to_us: invite.scopes.clone(),
        deposit: Some(&invite.lane),
        received: None,
    };
    let mut peer = enrol(tx, ctx, PeerState::Paired, &enrolment)?;
    lane_rows::insert(tx, &lanes::record(&lane), Some(peer.key), None, None)?;
    let initiation = Initiation {
        device: &ctx.me.device,
        certificate: &ctx.me.certificate,
        bundle: &bundle,
        invite: Some(InviteKeys { one_time: &one_time, psk: invite.secret.psk() }),
        purpose: Purpose::Invite,
        reply_lane: &lane,
    };
    let wrong = |_| AuthorizeError::WrongKeys { relay: invite.relay.to_string() };
    let initiated = initiate(&mut rng(), &initiation).map_err(wrong)?;
    let hello = hello(ctx, &invite.scopes, &granted, "")?;
    let content = write::next(ctx, &peer, MessageId::new(ctx.now, &mut rng()), hello);
    peer.record.greeted = true;
    write::seal_first(tx, ctx, &mut peer, &content, initiated, Route::Lane).map_err(Trouble::from)?;
    if bounds.until.is_some() {
        // The hello says what we grant, not for how long.
        terms::tell(tx, ctx, &mut peer, None).map_err(Trouble::from)?;
    }
    resend::unconfirmed(tx, ctx, &mut peer)?;
    let note = Note::new("paired").about(&peer.record.petname);
    let said = format!("accepted an invite; granted {}", scope_words(&granted));
    audit::note(tx, ctx, note.saying(said).by(by))?;
    Ok(peer)
}

/// What waits for a peer whose pair is mended is sealed anew, not given up.
fn let_letters_go(tx: &Tx<'_>, agent: &AgentId) -> Result<(), Trouble> {
    if let Some(peer) = peers::by_agent(tx, agent)?.filter(|peer| peer.state == PeerState::Paired) {
        outbox::drop_of_peer(tx, peer.key)?;
    }
    Ok(())
}

/// The first content of a handshake.
pub(super) fn hello(ctx: Ctx<'_>, requested: &[Scope], granted: &[Scope], text: &str) -> Result<Body, Trouble> {
    Ok(Body::Hello {
        display_name: ctx.me.display_name.clone(),
        relay: ctx.me.relay()?.clone(),
        requested: requested.to_vec(),
        granted: granted.to_vec(),
        text: text.to_owned(),
        heads: Heads::default(),
    })
}

/// The result, unless the first try showed that somebody else used the invite.
async fn confirm(core: &Arc<Core>, peer: Peer) -> Result<Authorized, AuthorizeError> {
    let current = core.read(move |tx, _| peers::by_key(tx, peer.key).map_err(Trouble::from)).await?;
    match current {
        Some(peer) if peer.state == PeerState::Paired => Ok(Authorized {
            state: AuthorizedState::Paired,
            peer: peer.record.petname,
            agent_id: peer.record.agent_id,
            scopes: peer.record.granted,
        }),
        _ => Err(AuthorizeError::InviteUsed),
    }
}
