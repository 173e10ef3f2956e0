//! Moving to another relay with every pair: new lanes travel inside the sessions that stand, so the old relay is not needed.
//!
//! ```text
//!  register there ─► note it, cursor by cursor ─► prekeys, card ─► a lane for every peer, told as terms in its session
//!                                                     └► the old mailbox is emptied for a month, then closed
//! ```

pub(super) mod drain;
pub(super) mod mend;

use std::sync::Arc;

use a2a_proto::address::{Handle, RelayAuthority};

use super::audit::{self, Note};
use super::core::{Core, Net};
use super::mail::flush;
use super::me::Ctx;
use super::open::Inner;
use super::{Moved, RegisterError, Trouble, card, cursor, device, prekeys, register, run, tasks};
use crate::store::Tx;
use crate::store::identity::{self, LeftRelay};
use crate::store::peers::{self, PeerState};
use crate::store::tasks::{self as task_rows, Task};

/// Moves. Cut off after the new relay took us, nothing has changed here, and moving again goes on.
pub(super) async fn move_to(
    inner: &Inner,
    relay: RelayAuthority,
    token: Option<String>,
) -> Result<Moved, RegisterError> {
    let core = inner.core().await?;
    let from = core.me.relay()?.clone();
    if from == relay {
        return Err(RegisterError::AlreadyThere { relay: from.to_string() });
    }
    // What is there is read first, as far as the old relay can be reached.
    drop(run::pull(&core).await);
    let net = Net::new(&relay, &core.me, &core.store, &core.clock)?;
    let name = core.me.handle.as_ref().map_or_else(|| core.me.display_name.clone(), ToString::to_string);
    let handle = register::claim(&net, &relay, &name, token).await?;
    let through = net.own.collect(0, 1).await.map_or(0, |batch| batch.acknowledged_through);
    core.write(move |tx, ctx| write_down(tx, ctx, relay, handle, through)).await?;
    inner.forget().await;
    let core = inner.core().await?;
    begin(&core).await;
    let pairs = core.read(|tx, _| Ok::<_, Trouble>(peers::all(tx)?)).await?;
    let pairs = pairs.into_iter().filter(|peer| peer.state == PeerState::Paired).map(|peer| peer.record.petname);
    Ok(Moved { from, address: core.me.address()?, pairs: pairs.collect() })
}

fn write_down(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    relay: RelayAuthority,
    handle: Option<Handle>,
    through: u64,
) -> Result<(), Trouble> {
    let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
    let from = ctx.me.relay()?.clone();
    audit::note(tx, ctx, Note::new("relay_moved").saying(format!("from {from} to {relay}")))?;
    record.left = Some(LeftRelay { relay: from, at: ctx.now });
    record.relay = Some(relay);
    record.handle = handle.map(|handle| handle.to_string());
    device::install(tx, &mut record)?;
    // A mailbox counts for itself.
    cursor::move_to_new_mailbox(tx, through)?;
    for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
        task_rows::add(tx, &Task::OpenLane(peer.key), ctx.now)?;
    }
    Ok(())
}

/// The first round at the new relay; what fails is done again by the usual rounds.
async fn begin(core: &Arc<Core>) {
    drop(prekeys::refresh(core).await);
    drop(card::keep_current(core).await);
    tasks::run(core).await;
    flush::all(core).await;
}
