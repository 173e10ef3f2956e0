//! Knocking: asking an agent that gave us no invite. Its owner sees our words and decides.

use std::sync::Arc;

use a2a_proto::address::{Address, AddressWho, RelayAuthority};
use a2a_proto::api::OpenLane;
use a2a_proto::handshake::{Initiation, Purpose, initiate};
use a2a_proto::id::{AgentId, MessageId};
use a2a_proto::lane::LaneOffer;
use a2a_proto::limits::MAX_HELLO_TEXT_BYTES;
use a2a_proto::prekey::VerifiedBundle;
use a2a_proto::scope::Scope;

use super::accept::{hello, refuse_paired, verified};
use super::enrol::{Enrolment, Introduction, enrol};
use super::{fits, lanes, scope_words, tidy_scopes};
use crate::agent::audit::{self, Note};
use crate::agent::consent::Action;
use crate::agent::core::{Core, rng};
use crate::agent::mail::{flush, write};
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Bounds, Trouble, card, relays};
use crate::relay_client::{BundleFor, RelayFailure};
use crate::store::outbox::Route;
use crate::store::peers::{Peer, PeerState};
use crate::store::{Tx, lanes as lane_rows};

/// What the owner is asked about a knock.
pub(in crate::agent) async fn action(
    core: &Arc<Core>,
    address: Address,
    scopes: Option<Vec<Scope>>,
    text: Option<String>,
    bounds: Bounds,
) -> Result<Action, AuthorizeError> {
    let scopes = tidy_scopes(scopes.unwrap_or_default());
    if !fits(&scopes) {
        return Err(AuthorizeError::TooManyScopes { most: a2a_proto::limits::MAX_SCOPES });
    }
    let text = text.unwrap_or_default();
    if text.len() > MAX_HELLO_TEXT_BYTES {
        return Err(AuthorizeError::TextTooLong { most: MAX_HELLO_TEXT_BYTES });
    }
    may_call(core, &address.relay).await?;
    let agent_id = identify(core, &address).await?;
    if agent_id == *core.me.id() {
        return Err(AuthorizeError::Ourselves);
    }
    let handle = match address.who {
        AddressWho::Handle(handle) => Some(handle.to_string()),
        AddressWho::Id(_) => None,
    };
    Ok(Action::Knock { agent_id, relay: address.relay, handle, scopes, text, bounds })
}

/// An error when the relay is one that we do not call: the owner is not asked about what cannot be done.
pub(in crate::agent) async fn may_call(core: &Core, relay: &RelayAuthority) -> Result<(), AuthorizeError> {
    let checked = core.net()?.client.check(relay).await;
    checked.map_err(|failure| relays::trouble(relay, &failure).into())
}

/// Who an address means; a handle is the relay's word, which the owner is shown with its safety words.
pub(in crate::agent) async fn identify(core: &Core, address: &Address) -> Result<AgentId, AuthorizeError> {
    match &address.who {
        AddressWho::Id(id) => Ok(*id),
        AddressWho::Handle(handle) => {
            let found = core.net()?.client.resolve(&address.relay, handle).await;
            found.map_err(|failure| unknown(&address.relay, &failure))
        }
    }
}

fn unknown(relay: &RelayAuthority, failure: &RelayFailure) -> AuthorizeError {
    match failure {
        RelayFailure::NotFound => AuthorizeError::NoSuchAgent { relay: relay.to_string() },
        other => relays::trouble(relay, other).into(),
    }
}

/// Knocks as the owner approved it. A peer that was asked for by a handle is called so here.
pub(in crate::agent) async fn knock(
    core: &Arc<Core>,
    agent_id: AgentId,
    relay: RelayAuthority,
    handle: Option<String>,
    (scopes, bounds): (Vec<Scope>, Bounds),
    text: String,
    by: ApprovedBy,
) -> Result<Authorized, AuthorizeError> {
    let answer = core.net()?.client.bundle(&relay, &agent_id, BundleFor::Knock).await;
    let answer = answer.map_err(|failure| unknown(&relay, &failure))?;
    let bundle = verified(core, &answer.bundle.0, &agent_id, &relay)?;
    let mut introduction = card::introduction(core, &relay, &agent_id).await;
    introduction.handle = introduction.handle.or(handle);
    let lane = lanes::open(core, &OpenLane::Pair).await?;
    let asked = Asked { agent_id, relay, bundle, introduction, lane, scopes, text, bounds };
    let peer = core.write(move |tx, ctx| write_down(tx, ctx, asked, by)).await?;
    flush::peer(core, peer.key).await;
    Ok(Authorized {
        state: AuthorizedState::Requested,
        peer: peer.record.petname,
        agent_id,
        scopes: peer.record.granted,
    })
}

/// What a knock is made of once the network was asked.
pub(in crate::agent) struct Asked {
    pub(in crate::agent) agent_id: AgentId,
    pub(in crate::agent) relay: RelayAuthority,
    pub(in crate::agent) bundle: VerifiedBundle,
    pub(in crate::agent) introduction: Introduction,
    pub(in crate::agent) lane: LaneOffer,
    pub(in crate::agent) scopes: Vec<Scope>,
    pub(in crate::agent) text: String,
    pub(in crate::agent) bounds: Bounds,
}

/// Writes the request and its first flight down.
pub(in crate::agent) fn write_down(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    asked: Asked,
    by: ApprovedBy,
) -> Result<Peer, AuthorizeError> {
    refuse_paired(tx, &asked.agent_id)?;
    let enrolment = Enrolment {
        agent_id: asked.agent_id,
        certificate: Some(asked.bundle.certificate()),
        introduction: asked.introduction,
        relay: asked.relay.clone(),
        granted: asked.scopes.clone(),
        bounds: asked.bounds,
        granted_to_us: Vec::new(),
        deposit: None,
        received: None,
    };
    let mut peer = enrol(tx, ctx, PeerState::Requested, &enrolment)?;
    lane_rows::insert(tx, &lanes::record(&asked.lane), Some(peer.key), None, None)?;
    let initiation = Initiation {
        device: &ctx.me.device,
        certificate: &ctx.me.certificate,
        bundle: &asked.bundle,
        invite: None,
        purpose: Purpose::Knock,
        reply_lane: &asked.lane,
    };
    let wrong = |_| AuthorizeError::WrongKeys { relay: asked.relay.to_string() };
    let initiated = initiate(&mut rng(), &initiation).map_err(wrong)?;
    let hello = hello(ctx, &asked.scopes, &asked.scopes, &asked.text)?;
    let content = write::next(ctx, &peer, MessageId::new(ctx.now, &mut rng()), hello);
    peer.record.greeted = true;
    write::seal_first(tx, ctx, &mut peer, &content, initiated, Route::Knock).map_err(Trouble::from)?;
    let note = Note::new("asked_to_pair").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(scope_words(&asked.scopes)).by(by))?;
    Ok(peer)
}
