//! Beginning anew with a peer, after its report or when our own store turned out to be an old copy.

use std::sync::Arc;

use a2a_proto::content::{Body, Head, Heads};
use a2a_proto::counter::Counter;
use a2a_proto::handshake::{Initiation, Purpose, initiate};
use a2a_proto::id::MessageId;
use a2a_proto::prekey::VerifiedBundle;

use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, rng};
use crate::agent::mail::{resend, write};
use crate::agent::me::Ctx;
use crate::agent::pairing::lanes;
use crate::agent::{Trouble, relays};
use crate::relay_client::BundleFor;
use crate::store::Tx;
use crate::store::outbox::Route;
use crate::store::peers::{self, ChainEnd, Peer, PeerKey, PeerState};
use crate::store::tasks::{self, Task};

/// Makes a handshake of purpose `reset` and sends again what was never confirmed.
pub(in crate::agent) async fn begin(core: &Arc<Core>, key: PeerKey, quoted: Option<[u8; 32]>) -> Result<(), Trouble> {
    let peer = core.read(move |tx, _| peers::by_key(tx, key).map_err(Trouble::from)).await?;
    let bundle = match peer.filter(|peer| peer.state == PeerState::Paired) {
        Some(peer) => fetch(core, &peer).await?,
        None => None,
    };
    core.write(move |tx, ctx| take_up(tx, ctx, key, bundle.as_ref(), quoted)).await
}

/// Writes the new start down and strikes it off. While the peer has no lane into our mailbox but an invite's, one is
/// opened first and the new start waits for it.
pub(in crate::agent) fn take_up(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: PeerKey,
    bundle: Option<&VerifiedBundle>,
    quoted: Option<[u8; 32]>,
) -> Result<(), Trouble> {
    let task = Task::Reset(key, quoted);
    let Some(bundle) = bundle else { return Ok(tasks::done(tx, &task)?) };
    if is_paired(tx, key)? && lanes::newest(tx, key)?.is_none() {
        tasks::add(tx, &Task::OpenLane(key), ctx.now)?;
        return Ok(tasks::put_back(tx, &task, ctx.now)?);
    }
    write_down(tx, ctx, key, bundle, quoted)?;
    Ok(tasks::done(tx, &task)?)
}

fn is_paired(tx: &Tx<'_>, key: PeerKey) -> Result<bool, Trouble> {
    Ok(peers::by_key(tx, key)?.is_some_and(|peer| peer.state == PeerState::Paired))
}

/// The peer's bundle, which our lane entitles us to; none when we have no lane.
async fn fetch(core: &Core, peer: &Peer) -> Result<Option<VerifiedBundle>, Trouble> {
    let Some(deposit) = &peer.record.deposit else { return Ok(None) };
    let offer = lanes::live(deposit)?;
    let answer = core.net()?.client.bundle(&offer.relay, &peer.record.agent_id, BundleFor::Lane(&offer)).await;
    let answer = answer.map_err(|failure| relays::trouble(&offer.relay, &failure))?;
    let wrong = |_| Trouble::RelayGarbage { relay: offer.relay.to_string(), what: "keys of somebody else".into() };
    VerifiedBundle::parse(&answer.bundle.0, &peer.record.agent_id, core.now()).map(Some).map_err(wrong)
}

/// Writes the handshake down, and what is sent again after it.
pub(in crate::agent) fn write_down(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: PeerKey,
    bundle: &VerifiedBundle,
    quoted: Option<[u8; 32]>,
) -> Result<(), Trouble> {
    let Some(mut peer) = peers::by_key(tx, key)?.filter(|peer| peer.state == PeerState::Paired) else {
        return Ok(());
    };
    let Some(reply_lane) = lanes::newest(tx, key)? else { return Ok(()) };
    peer.record.resets = peer.record.resets.saturating_add(1);
    let counter = Counter::new(ctx.me.certificate.epoch(), peer.record.resets);
    let initiation = Initiation {
        device: &ctx.me.device,
        certificate: &ctx.me.certificate,
        bundle,
        invite: None,
        purpose: Purpose::Reset { counter, quoted },
        reply_lane: &reply_lane,
    };
    let initiated = initiate(&mut rng(), &initiation).map_err(|_| Trouble::Internal("a new start cannot be made"))?;
    let content = write::next(ctx, &peer, MessageId::new(ctx.now, &mut rng()), hello(ctx, &peer)?);
    write::seal_first(tx, ctx, &mut peer, &content, initiated, Route::Lane)?;
    resend::unconfirmed(tx, ctx, &mut peer)?;
    Ok(audit::note(tx, ctx, Note::new("reset_made").about(&peer.record.petname))?)
}

fn hello(ctx: Ctx<'_>, peer: &Peer) -> Result<Body, Trouble> {
    Ok(Body::Hello {
        display_name: ctx.me.display_name.clone(),
        relay: ctx.me.relay()?.clone(),
        requested: Vec::new(),
        granted: peer.record.granted.clone(),
        text: String::new(),
        heads: Heads { sent: head(peer.record.sent), received: peer.record.received.map_or_else(Head::default, head) },
    })
}

fn head(end: ChainEnd) -> Head {
    Head { position: end.position(), digest: end.head }
}
