//! Emptying the mailbox at a relay that we left, until nothing can wait there any more.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::cursor::{Mailbox, Standing};
use crate::agent::{Trouble, device, receive};
use crate::store::identity;

const BATCH: usize = 64;
/// How long one look may take: the relay may be gone for good.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two looks of a process that stays.
const PAUSE: Duration = Duration::from_secs(15);
/// So long an envelope may wait at a relay, and peers may take to hear of the new lanes.
const KEPT: Duration = Duration::from_secs(35 * 24 * 60 * 60);

/// Takes in what waits at the relay that we left. That it cannot be reached is no trouble of ours any more.
pub(in crate::agent) async fn look(core: &Arc<Core>) {
    if core.net().is_ok_and(|net| net.left.is_some()) {
        drop(tokio::time::timeout(PATIENCE, empty(core)).await);
    }
}

async fn empty(core: &Arc<Core>) -> Result<(), Trouble> {
    let mut after = None;
    loop {
        let Some(left) = core.net()?.left.as_ref() else { return Ok(()) };
        let before = Mailbox::Left.place(core).await?;
        let batch = left.collect(after.unwrap_or_else(|| before.after()), BATCH).await;
        let Ok(batch) = batch else { return Ok(()) };
        let (last, acknowledged) = (batch.items.last().map(|item| item.sequence), batch.acknowledged_through);
        if core.write(move |tx, ctx| Mailbox::Left.judge(tx, ctx, before, acknowledged)).await? == Standing::WentBack {
            after = None;
            continue;
        }
        let Some(through) = last else { return Ok(()) };
        for item in batch.items {
            core.write(move |tx, ctx| receive::take_from(tx, ctx, &item, Mailbox::Left)).await?;
        }
        if left.acknowledge(through).await.is_ok() {
            core.write(move |tx, _| Mailbox::Left.confirm(tx, through).map_err(Trouble::from)).await?;
        }
        core.nudge.notify_one();
        after = last;
    }
}

/// Looks again and again until cancelled.
pub(in crate::agent) async fn forever(core: &Arc<Core>, cancel: &CancellationToken) {
    while !cancel.is_cancelled() {
        look(core).await;
        tokio::select! {
            () = cancel.cancelled() => {}
            () = tokio::time::sleep(PAUSE) => {}
        }
    }
}

/// Closes the old account once nothing can wait there any more.
pub(in crate::agent) async fn leave_in_time(core: &Arc<Core>) -> Result<(), Trouble> {
    let Some(left) = core.me.left.as_ref().filter(|left| core.now().since(left.at) > KEPT) else { return Ok(()) };
    if let Some(account) = &core.net()?.left {
        drop(tokio::time::timeout(PATIENCE, account.delete_account()).await);
    }
    let name = left.relay.to_string();
    core.write(move |tx, ctx| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        record.left = None;
        device::install(tx, &mut record)?;
        Ok::<_, Trouble>(audit::note(tx, ctx, Note::new("relay_left").saying(name))?)
    })
    .await?;
    core.outdated.cancel();
    Ok(())
}
