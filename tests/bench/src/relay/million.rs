//! A full store: its rate beside an empty one's, its sweeper's weight on deposits, its start after `kill -9`.

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_relay::store::sqlite::SqliteStore;
use a2a_relay::store::{Deposit, Deposited, Device, NewLane, Quotas, Registration, Store, TokenDemand};
use anyhow::{Result, ensure};
use bytes::Bytes;
use tempfile::TempDir;

use super::Options;
use super::client::Speaks;
use super::deposits::{Mailboxes, median};
use super::load;
use super::owner::{envelope, now};
use super::process::{Process, store_in};
use crate::output;
use crate::people::rng;
use crate::stats::micros;

/// What one mailbox is filled with; below its quota.
const EACH: usize = 900;
const AT_ONCE: usize = 256;
const SENDERS: usize = 64;
const STARTS: usize = 5;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(super) async fn run(options: &Options) -> Result<()> {
    let start = Instant::now();
    let folder = filled(options, options.stored, now()).await?;
    output::note(&format!("stored {} envelopes in {:.0} s", options.stored, start.elapsed().as_secs_f64()));
    let mut full = Process::relay_in(options, folder)?;
    starts(options, &mut full)?;
    rates(options, &full).await?;
    drop(full);
    sweeping(options).await
}

/// From the start of the process until it listens: then it is ready, because it opens its store first.
fn starts(options: &Options, full: &mut Process) -> Result<()> {
    let mut empty = Process::relay(options)?;
    let (mut of_full, mut of_empty) = (Vec::new(), Vec::new());
    for _ in 0..STARTS {
        of_full.push(full.kill_and_start(options)?.as_secs_f64() * 1000.0);
        of_empty.push(empty.kill_and_start(options)?.as_secs_f64() * 1000.0);
    }
    let row = |name: &str, millis: Vec<f64>| vec![name.to_owned(), format!("{:.1}", median(millis.into_iter()))];
    let rows = [row(&format!("{} stored", options.stored), of_full), row("empty", of_empty)];
    output::table(&["start after kill -9", "ms"], &rows);
    Ok(())
}

async fn rates(options: &Options, full: &Process) -> Result<()> {
    let empty = Process::relay(options)?;
    let (into_full, into_empty) = (Mailboxes::open(full).await?, Mailboxes::open(&empty).await?);
    let mut ratios = Vec::new();
    let (mut last_full, mut last_empty) = (0.0, 0.0);
    for _ in 0..options.rounds {
        last_empty = load::run(&empty, Speaks::Http, SENDERS, into_empty.deposits(options.deposits)).await?.rate();
        last_full = load::run(full, Speaks::Http, SENDERS, into_full.deposits(options.deposits)).await?.rate();
        ratios.push(last_full / last_empty);
        into_empty.empty().await?;
        into_full.empty().await?;
    }
    let rows = [vec![
        options.stored.to_string(),
        format!("{:.2}", median(ratios.into_iter())),
        format!("{last_full:.0}"),
        format!("{last_empty:.0}"),
        format!("{:.2}", bytes_each(full, options)?),
    ]];
    output::table(&["stored", "full ÷ empty", "full, last, per s", "empty, last, per s", "disk bytes per byte"], &rows);
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "a ratio with two decimals")]
fn bytes_each(full: &Process, options: &Options) -> Result<f64> {
    Ok(full.disk_bytes()? as f64 / load::per(options.stored * envelope().len(), 1.0))
}

/// A store whose mail has all expired: deposits while the sweeper works on it, beside deposits without.
async fn sweeping(options: &Options) -> Result<()> {
    let folder = filled(options, options.stored / 4, now().minus(DAY.saturating_mul(31))).await?;
    let (swept, quiet) = (Process::relay_in(options, folder)?, Process::relay(options)?);
    let (into_swept, into_quiet) = (Mailboxes::open(&swept).await?, Mailboxes::open(&quiet).await?);
    let mut during = load::run(&swept, Speaks::Http, SENDERS, into_swept.deposits(options.deposits)).await?;
    let mut without = load::run(&quiet, Speaks::Http, SENDERS, into_quiet.deposits(options.deposits)).await?;
    let row = |name: &str, run: &mut load::Run| {
        let (p50, p99) = (run.samples.percentile(50.0), run.samples.percentile(99.0));
        vec![name.to_owned(), format!("{:.0}", run.rate()), micros(p50), micros(p99)]
    };
    let rows = [row("while expired mail is swept", &mut during), row("without", &mut without)];
    output::table(&["deposits", "per s", "p50 µs", "p99 µs"], &rows);
    Ok(())
}

/// A folder with a store that a relay made and that is full.
async fn filled(options: &Options, count: usize, at: a2a_proto::time::Timestamp) -> Result<TempDir> {
    let folder = TempDir::with_prefix("a2a-bench-")?;
    Process::make_store_in(options, folder.path())?;
    fill(&store_in(folder.path()), count, at).await?;
    Ok(folder)
}

/// Fills a store through its own trait, as deposits at `at` would have.
async fn fill(path: &Path, count: usize, at: a2a_proto::time::Timestamp) -> Result<()> {
    let store = Arc::new(SqliteStore::open(path, Quotas::default())?);
    let body = Bytes::from(envelope());
    let mut left = count;
    while left > 0 {
        let (mailbox, lane) = mailbox(&*store, at).await?;
        let here = left.min(EACH);
        for batch in (0..here).collect::<Vec<_>>().chunks(AT_ONCE) {
            let deposits = batch.iter().map(|_| {
                let envelope_id = EnvelopeId::random(&mut rng());
                let hash = [7; 32];
                store.deposit(Deposit { mailbox, lane, envelope_id, hash, envelope: body.clone(), now: at })
            });
            for deposited in futures_util::future::join_all(deposits).await {
                ensure!(matches!(deposited?, Deposited::Stored(_)), "a quota was met");
            }
        }
        left -= here;
    }
    Ok(())
}

async fn mailbox(store: &dyn Store, at: a2a_proto::time::Timestamp) -> Result<(AgentId, LaneId)> {
    let agent: AgentId = Entropy::generate(&mut rng()).root_key().agent_id();
    let device = Device { agent, epoch: 1, key: *DeviceKeys::generate(&mut rng()).device_key().as_bytes() };
    let demand = TokenDemand::Nothing;
    store.register(Registration { device, demand, handle: None, now: at }).await?;
    let lane = LaneId::random(&mut rng());
    store
        .open_lane(
            agent,
            NewLane { lane, secret_version: 1, salt: [0; 16], mask: [0; 32], again: false, invite: None, now: at },
        )
        .await?;
    Ok((agent, lane))
}
