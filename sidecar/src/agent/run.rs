//! Rounds of work: one at a time when a face asks, and for ever in a process that stays.
//!
//! Of all processes on a home one collects, elected by a file lock that the system frees when it dies; every one of
//! them sends, under leases.

use std::fs::{File, TryLockError};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::collect::Followed;
use super::core::Core;
use super::mail::{flush, inbox, receipts, resend};
use super::me::Ctx;
use super::moving::drain;
use super::recovery::kept;
use super::{
    SyncReport, Trouble, attachments, away, card, collect, consent, for_peers, free_busy, guard, pairing, prekeys,
    receive, renew, tasks, went_back,
};
use crate::durable_file::open_private;
use crate::paths::Home;
use crate::store::{StoreError, Tx, clock_back, held, invites, outbox, replays, sessions, undo};

/// How long the relay may let a collector wait.
const LONG_POLL: Duration = Duration::from_secs(25);
/// How long at least, while a stream will be tried for again soon.
const SHORT_POLL: Duration = Duration::from_secs(1);
/// When a stream that could not be opened is tried for again, at first; each further wait is twice as long, up to five
/// minutes.
const STREAM_AGAIN: Duration = Duration::from_secs(5);
const STREAM_DOUBLINGS: u32 = 6;
/// How long a check of the inbox waits for the relay.
const PULL_DEADLINE: Duration = Duration::from_secs(5);
/// After a failure, and between two tries to be elected.
const PAUSE: Duration = Duration::from_secs(2);
/// The sender looks up at least this often, for what other processes wrote.
const LOOK_UP: Duration = Duration::from_secs(2);
/// Prekeys, lanes and old rows are looked at this often.
const HOUSEKEEPING: Duration = Duration::from_secs(60 * 60);
/// An invite's mail may wait at the relay for a month after the invite's end.
const INVITE_KEPT: Duration = Duration::from_secs(31 * 24 * 60 * 60);

/// A session that was replaced may still have mail under way for a month.
const IDLE_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// One round: collect, do what is to be done, send.
pub(super) async fn sync(core: &Arc<Core>) -> Result<SyncReport, Trouble> {
    let (collected, ()) = tokio::join!(collect_all(core), drain::look(core));
    let mut report = match collected {
        Ok(report) => report,
        Err(error @ (Trouble::NotRegistered | Trouble::Store { .. } | Trouble::NewerStore { .. })) => {
            return Err(error);
        }
        Err(error) => SyncReport { problems: vec![error.to_string()], ..SyncReport::default() },
    };
    if let Err(error) = prekeys::refresh(core).await {
        report.problems.push(error.to_string());
    }
    resend::ask_all(core).await?;
    report.deposited = send(core).await;
    report.waiting = core.read(|tx, _| outbox::len(tx).map_err(Trouble::from)).await?;
    Ok(report)
}

/// Collects, also from a relay that has to be told first who we are, since it lost our account.
async fn collect_all(core: &Arc<Core>) -> Result<SyncReport, Trouble> {
    match collect::all(core).await {
        Err(Trouble::NotAccepted { .. }) if went_back::register_again(core).await => collect::all(core).await,
        collected => collected,
    }
}

/// As [`collect_all`], with a short deadline for what the relay brings. To register again takes its time: what the relay
/// granted must be noted.
async fn collect_soon(core: &Arc<Core>) -> Result<Result<SyncReport, Trouble>, tokio::time::error::Elapsed> {
    let collect = || tokio::time::timeout(PULL_DEADLINE, collect::all(core));
    match collect().await {
        Ok(Err(Trouble::NotAccepted { .. })) if went_back::register_again(core).await => collect().await,
        collected => collected,
    }
}

/// Collects with a short deadline; the error says why nothing could be collected.
pub(super) async fn pull(core: &Arc<Core>) -> Result<(), Trouble> {
    let (collected, ()) = tokio::join!(collect_soon(core), drain::look(core));
    match collected {
        Ok(collected) => collected.map(drop),
        Err(_) => Err(Trouble::RelayAway { relay: core.me.relay()?.to_string(), reason: "it is slow".into() }),
    }
}

/// Tasks, receipts, outbox.
pub(super) async fn send(core: &Arc<Core>) -> u64 {
    if core.was_set_back() {
        drop(core.write(|tx, ctx| clock_back::settle(tx, ctx.now).map_err(Trouble::from)).await);
    }
    tasks::run(core).await;
    if let Err(error) = receipts::seal_due(core, false).await {
        tracing::warn!(%error, "receipts could not be sealed");
    }
    if let Err(error) = away::tell(core).await {
        tracing::warn!(%error, "away texts could not be sealed");
    }
    if let Err(error) = free_busy::tell(core).await {
        tracing::warn!(%error, "free and busy could not be answered");
    }
    if let Err(error) = for_peers::tell(core).await {
        tracing::warn!(%error, "peers could not be told what we take");
    }
    super::audit::head::keep(core, false).await;
    flush::all(core).await
}

/// Makes everything in the outbox due.
pub(super) async fn hurry(core: &Arc<Core>) -> Result<(), Trouble> {
    core.write(|tx, ctx| outbox::hurry_all(tx, ctx.now).map_err(Trouble::from)).await
}

/// Sends what the last acts left, due or not.
pub(super) async fn settle(core: &Arc<Core>) {
    drop(inbox::mark_shown(core).await);
    tasks::run(core).await;
    drop(receipts::seal_due(core, true).await);
    drop(away::tell(core).await);
    drop(free_busy::tell(core).await);
    drop(for_peers::tell(core).await);
    flush::all(core).await;
    attachments::upload_due(core, &|_| {}).await;
    attachments::fetch_wanted(core).await;
    flush::all(core).await;
    super::audit::head::keep(core, true).await;
}

/// Collects, sends and keeps house until cancelled, or until this opened agent is outdated.
pub(super) async fn forever(core: &Arc<Core>, home: &Home, cancel: &CancellationToken) {
    let over = cancel.child_token();
    let outdated = async {
        tokio::select! {
            () = core.outdated.cancelled() => over.cancel(),
            () = core.store.superseded().cancelled() => {
                tracing::error!("a newer a2a upgraded the store; this process leaves it alone and must be restarted");
                over.cancel();
            }
            () = over.cancelled() => {}
        }
    };
    let files = carry_files(core, &over);
    tokio::join!(
        collect_when_elected(core, home, &over),
        drain::forever(core, &over),
        send_forever(core, &over),
        keep_house(core, home, &over),
        files,
        outdated
    );
}

async fn collect_when_elected(core: &Arc<Core>, home: &Home, cancel: &CancellationToken) {
    while !cancel.is_cancelled() {
        match elect(home) {
            Some(lock) => {
                collect_forever(core, cancel).await;
                drop(lock);
            }
            None => pause(PAUSE, cancel).await,
        }
    }
}

/// The collector's lock, unless another process holds it.
fn elect(home: &Home) -> Option<File> {
    let lock = open_private(&home.collector_lock()).ok()?;
    match lock.try_lock() {
        Ok(()) => Some(lock),
        Err(TryLockError::WouldBlock | TryLockError::Error(_)) => None,
    }
}

async fn collect_forever(core: &Arc<Core>, cancel: &CancellationToken) {
    let mut failures = 0u32;
    let (mut no_streams, mut stream_again) = (0u32, Instant::now());
    while !cancel.is_cancelled() {
        // A relay pushes; where something on the way passes no streams, it is asked instead.
        if Instant::now() >= stream_again {
            match collect::follow(core, cancel).await {
                Ok(Followed::Worked) => {
                    no_streams = 0;
                    continue;
                }
                Ok(Followed::NoStream) => {
                    stream_again = Instant::now() + STREAM_AGAIN.saturating_mul(1 << no_streams);
                    no_streams = (no_streams + 1).min(STREAM_DOUBLINGS);
                }
                Err(error) => tracing::info!(%error, "what our relay pushed could not be taken in"),
            }
        }
        let wait = stream_again.saturating_duration_since(Instant::now()).clamp(SHORT_POLL, LONG_POLL);
        match collect::wait(core, wait, cancel).await {
            Ok(report) => {
                failures = 0;
                if report.collected > 0 {
                    core.nudge.notify_one();
                }
            }
            Err(Trouble::NotAccepted { .. }) if went_back::register_again(core).await => core.nudge.notify_one(),
            Err(error) => {
                tracing::info!(%error, "our relay could not be asked for mail");
                failures = (failures + 1).min(5);
                pause(PAUSE * failures, cancel).await;
            }
        }
    }
}

async fn send_forever(core: &Arc<Core>, cancel: &CancellationToken) {
    while !cancel.is_cancelled() {
        send(core).await;
        let next = next_look(core).await;
        tokio::select! {
            () = cancel.cancelled() => {}
            () = core.nudge.notified() => {}
            () = tokio::time::sleep(next) => {}
        }
    }
}

/// Sends and fetches files beside the mail, which need not wait for them.
async fn carry_files(core: &Arc<Core>, cancel: &CancellationToken) {
    let work = async {
        loop {
            attachments::upload_due(core, &|_| {}).await;
            attachments::fetch_wanted(core).await;
            tokio::time::sleep(LOOK_UP).await;
        }
    };
    cancel.run_until_cancelled(work).await;
}

/// Until the next receipt is due, but not longer than a look-up.
async fn next_look(core: &Arc<Core>) -> Duration {
    match receipts::next_due(core).await {
        Some(due) => due.since(core.now()).clamp(Duration::from_millis(10), LOOK_UP),
        None => LOOK_UP,
    }
}

async fn keep_house(core: &Arc<Core>, home: &Home, cancel: &CancellationToken) {
    while !cancel.is_cancelled() {
        let mut wait = HOUSEKEEPING;
        if let Err(error) = house(core, home).await {
            tracing::info!(%error, "housekeeping waits for a later try");
            wait = Duration::from_secs(60);
        }
        pause(wait, cancel).await;
    }
}

async fn house(core: &Arc<Core>, home: &Home) -> Result<(), Trouble> {
    core.write(|tx, ctx| {
        clock_back::settle(tx, ctx.now)?;
        consent::prune(tx, ctx)?;
        guard::prune(tx, ctx)?;
        receive::knock::prune(tx, ctx)?;
        held::delete_expired(tx, ctx.now)?;
        replays::delete_expired(tx, ctx.now)?;
        undo::delete_expired(tx, ctx.now)?;
        invites::delete_expired(tx, ctx.now.minus(INVITE_KEPT))?;
        forget_idle_sessions(tx, ctx)?;
        Ok::<_, Trouble>(())
    })
    .await?;
    attachments::forget_unused(core).await?;
    resend::ask_all(core).await?;
    let reached = pairing::lanes::reconcile(core).await;
    if matches!(reached, Err(Trouble::RelayAway { .. })) || renew::if_due(core).await? {
        return reached;
    }
    prekeys::refresh(core).await?;
    card::keep_current(core).await?;
    drain::leave_in_time(core).await?;
    kept::refresh(core, home).await;
    reached
}

/// Forgets sessions that a newer one outranks and that nobody used for a month.
fn forget_idle_sessions(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), StoreError> {
    for (peer, sid) in sessions::idle(tx, ctx.now.minus(IDLE_KEPT))? {
        if sessions::of_peer(tx, peer)?.first().is_some_and(|newest| *newest.id() != sid) {
            sessions::delete(tx, &sid)?;
        }
    }
    Ok(())
}

async fn pause(wait: Duration, cancel: &CancellationToken) {
    tokio::select! {
        () = cancel.cancelled() => {}
        () = tokio::time::sleep(wait) => {}
    }
}
