//! Collecting: taking in what our relay holds, one transaction an envelope, acknowledging only after that.

use std::sync::Arc;
use std::time::{Duration, Instant};

use a2a_proto::api::mailbox::{Batch, BatchItem};
use tokio_util::sync::CancellationToken;

use super::core::Core;
use super::cursor::{Mailbox, Place, Standing};
use super::me::Ctx;
use super::receive::{self, Taken};
use super::{NoticeKind, SyncReport, Trouble, notices, relays};
use crate::store::{Tx, meta};

const BATCH: usize = 64;
/// A stream that ends sooner and brought nothing was cut by something on the way.
const SHORT_LIVED: Duration = Duration::from_secs(5);
/// Before a relay that could not be told is asked again.
const KEPT_PAUSE: Duration = Duration::from_secs(5);
/// A difference beyond this is worth a word to the owner.
const CLOCK_TOLERANCE_MILLIS: u64 = 5 * 60 * 1000;

/// Takes in everything that is there now: until the relay has nothing more, since it may give less than it was asked for.
pub(super) async fn all(core: &Arc<Core>) -> Result<SyncReport, Trouble> {
    let (mut report, mut after) = (SyncReport::default(), None);
    loop {
        let net = core.net()?;
        let before = Mailbox::Own.place(core).await?;
        let batch = net.own.collect(after.unwrap_or_else(|| before.after()), BATCH).await;
        let batch = batch.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
        let last = batch.items.last().map(|item| item.sequence);
        after = match take(core, before, batch, &mut report).await? {
            Outcome::WentBack => None,
            Outcome::LetGo | Outcome::Kept if last.is_none() => return Ok(report),
            Outcome::LetGo | Outcome::Kept => last,
        };
    }
}

/// Waits for mail and takes it in; an empty report when `cancel` came first or nothing came.
pub(super) async fn wait(core: &Arc<Core>, wait: Duration, cancel: &CancellationToken) -> Result<SyncReport, Trouble> {
    let net = core.net()?;
    let mut report = SyncReport::default();
    let before = Mailbox::Own.place(core).await?;
    if let Some(batch) = net.own.collect_waiting(before.after(), BATCH, wait, cancel).await {
        let batch = batch.map_err(|failure| relays::trouble(net.client.own_relay(), &failure))?;
        if take(core, before, batch, &mut report).await? == Outcome::Kept {
            // It would be given again at once.
            cancel.run_until_cancelled(tokio::time::sleep(KEPT_PAUSE)).await;
        }
    }
    Ok(report)
}

/// How a stream of mail ended.
pub(super) enum Followed {
    /// It brought mail, or stood for a while, before it ended.
    Worked,
    /// It never stood: our relay is away, or something on the way passes no streams.
    NoStream,
}

/// Takes in what our relay pushes until the stream ends or `cancel` comes.
pub(super) async fn follow(core: &Arc<Core>, cancel: &CancellationToken) -> Result<Followed, Trouble> {
    let net = core.net()?;
    // A stream brings mail and nothing else: only an answer tells that the relay's count went back.
    let Some(report) = cancel.run_until_cancelled(all(core)).await else { return Ok(Followed::Worked) };
    if report?.collected > 0 {
        core.nudge.notify_one();
    }
    // The stream's batches were put together at any time since: they are held against what was known before it.
    let before = Mailbox::Own.place(core).await?;
    let mut stream = match cancel.run_until_cancelled(net.own.stream(before.after())).await {
        None => return Ok(Followed::Worked),
        Some(Ok(stream)) => stream,
        Some(Err(_)) => return Ok(Followed::NoStream),
    };
    core.write(note_pulled).await?;
    let (opened, mut brought) = (Instant::now(), false);
    while let Some(batch) = cancel.run_until_cancelled(stream.next()).await {
        let Ok(batch) = batch else {
            let worked = brought || opened.elapsed() > SHORT_LIVED;
            return Ok(if worked { Followed::Worked } else { Followed::NoStream });
        };
        let Some(batch) = batch else {
            core.write(note_pulled).await?;
            if before.is_ahead_of(Mailbox::Own.place(core).await?) {
                break;
            }
            continue;
        };
        let mut report = SyncReport::default();
        if take(core, before, batch, &mut report).await? == Outcome::WentBack {
            break;
        }
        if report.collected > 0 {
            brought = true;
            core.nudge.notify_one();
        }
    }
    Ok(Followed::Worked)
}

/// Notes that our relay told just now what it has.
fn note_pulled(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), Trouble> {
    Ok(meta::set_number(tx, meta::PULLED_AT, ctx.now.millis())?)
}

/// What became of a batch.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// The relay's count went back: it is to be asked again.
    WentBack,
    /// It is safe here, and gone at the relay.
    LetGo,
    /// It is safe here; the relay could not be told, and gives it again.
    Kept,
}

/// Takes in a batch that was asked for at that place, then lets the relay delete what is safe here.
async fn take(core: &Arc<Core>, before: Place, batch: Batch, report: &mut SyncReport) -> Result<Outcome, Trouble> {
    let acknowledged = batch.acknowledged_through;
    let judge = move |tx: &Tx<'_>, ctx: Ctx<'_>| {
        note_pulled(tx, ctx)?;
        Mailbox::Own.judge(tx, ctx, before, acknowledged)
    };
    if core.write(judge).await? == Standing::WentBack {
        // It lacks what we gave it since.
        core.nudge.notify_one();
        return Ok(Outcome::WentBack);
    }
    let last = batch.items.last().map(|item| item.sequence);
    for item in batch.items {
        match one(core, item).await? {
            Taken::Before => {}
            taken => {
                report.collected += 1;
                report.messages += u64::from(taken == Taken::Message);
            }
        }
    }
    let outcome = match last {
        Some(last) => acknowledge(core, last).await?,
        None => Outcome::LetGo,
    };
    check_clock(core).await?;
    Ok(outcome)
}

async fn one(core: &Arc<Core>, item: BatchItem) -> Result<Taken, Trouble> {
    core.write(move |tx, ctx| receive::take(tx, ctx, &item)).await
}

/// Never beyond what the relay just gave: under a later number it may have something that we did not see. A failure leaves
/// the envelopes there; the next round gets and acknowledges them again.
async fn acknowledge(core: &Arc<Core>, through: u64) -> Result<Outcome, Trouble> {
    if let Err(error) = core.net()?.own.acknowledge(through).await {
        tracing::info!(%error, "collected mail could not be acknowledged yet");
        return Ok(Outcome::Kept);
    }
    core.write(move |tx, _| Mailbox::Own.confirm(tx, through).map_err(Trouble::from)).await?;
    Ok(Outcome::LetGo)
}

/// Warns when this machine's clock is far from the relay's.
async fn check_clock(core: &Arc<Core>) -> Result<(), Trouble> {
    let offset = core.net()?.client.clock_offset().load(std::sync::atomic::Ordering::Relaxed);
    if offset.unsigned_abs() <= CLOCK_TOLERANCE_MILLIS {
        return Ok(());
    }
    let minutes = offset.unsigned_abs() / 60_000;
    let way = if offset > 0 { "behind" } else { "ahead of" };
    let text = format!(
        "This machine's clock is about {minutes} minutes {way} the relay's. Mail still works; please set the clock."
    );
    core.write(move |tx, ctx| {
        // Once a day: the key holds the day.
        let key = format!("clock {}", ctx.now.millis() / 86_400_000);
        if meta::number(tx, &key)? == 0 {
            meta::set_number(tx, &key, 1)?;
            notices::tell(tx, ctx, &key, NoticeKind::Clock, text)?;
        }
        Ok(())
    })
    .await
}
