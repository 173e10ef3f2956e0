//! Doing what must be done at our relay, however often it takes.

use std::sync::Arc;
use std::time::Duration;

use super::Trouble;
use super::core::Core;
use super::mail::flush;
use super::pairing::{again, terms};
use super::{relays, reset, went_back};
use crate::store::tasks::{self, Task, WaitingTask};

/// Longer than the calls that a task makes.
const LEASE: Duration = Duration::from_secs(45);

/// Does every task whose time has come, and those that they leave; what fails waits for a later round. Returns how many were
/// done.
pub(super) async fn run(core: &Arc<Core>) -> u64 {
    let mut done = once(core).await;
    if done > 0 {
        done += once(core).await;
        flush::all(core).await;
    }
    done
}

async fn once(core: &Arc<Core>) -> u64 {
    let mut done = 0;
    for waiting in lease(core).await {
        match perform(core, &waiting.task).await {
            Ok(()) => done += 1,
            Err(error) => put_back(core, waiting, &error).await,
        }
    }
    done
}

async fn lease(core: &Arc<Core>) -> Vec<WaitingTask> {
    let until = core.now().plus(LEASE);
    let leased = core.write(move |tx, ctx| tasks::lease(tx, ctx.now, until).map_err(Trouble::from)).await;
    leased.unwrap_or_default()
}

async fn perform(core: &Arc<Core>, task: &Task) -> Result<(), Trouble> {
    match task {
        Task::OpenLane(peer) => terms::open_lane(core, *peer).await,
        Task::OpenAgain(lane) => again::open(core, *lane).await,
        Task::Reset(peer, quoted) => reset::begin(core, *peer, *quoted).await,
        Task::CloseLane(lane) => {
            let net = core.net()?;
            let closed = net.own.close_lane(lane).await;
            closed.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
            strike_off(core, task).await
        }
        Task::RelayWentBack => {
            went_back::bring_up_to_date(core).await?;
            strike_off(core, task).await
        }
    }
}

async fn strike_off(core: &Arc<Core>, task: &Task) -> Result<(), Trouble> {
    let task = task.clone();
    core.write(move |tx, _| tasks::done(tx, &task).map_err(Trouble::from)).await
}

async fn put_back(core: &Arc<Core>, waiting: WaitingTask, error: &Trouble) {
    tracing::info!(%error, attempts = waiting.attempts, "an act at our relay waits for a later try");
    let next = flush::next_attempt(core.now(), waiting.attempts, None);
    drop(core.write(move |tx, _| tasks::put_back(tx, &waiting.task, next).map_err(Trouble::from)).await);
}
