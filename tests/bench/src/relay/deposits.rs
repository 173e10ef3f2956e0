//! Durable deposits by 1 to 256 senders: the relay, the bare route and Redis by turns.

use anyhow::Result;

use super::Options;
use super::client::{Connection, Speaks};
use super::load::{self, Prepared, Run};
use super::owner::{Lane, Owner, Relay, envelope};
use super::process::Process;
use super::redis;
use crate::output;
use crate::stats::micros;

const SENDERS: [usize; 4] = [1, 16, 64, 256];
const MAILBOXES: usize = 64;
const LANES_EACH: usize = 4;

/// Mailboxes of one relay, and lanes into them.
pub(super) struct Mailboxes {
    pub(super) owners: Vec<Owner>,
    pub(super) lanes: Vec<Lane>,
}

impl Mailboxes {
    pub(super) async fn open(relay: &Process) -> Result<Self> {
        let owners = Relay::at(relay.address)?.owners(MAILBOXES).await?;
        let mut lanes = Vec::new();
        for _ in 0..LANES_EACH {
            for owner in &owners {
                lanes.push(owner.lane().await?);
            }
        }
        Ok(Self { owners, lanes })
    }

    /// Deposits through every lane by turns, signed beforehand.
    pub(super) fn deposits(&self, count: usize) -> Prepared {
        let body = envelope();
        let heads = (0..count).map(|number| self.lanes[number % self.lanes.len()].head(&body)).collect();
        Prepared { heads, body }
    }

    pub(super) async fn empty(&self) -> Result<()> {
        for owner in &self.owners {
            owner.empty().await?;
        }
        Ok(())
    }
}

pub(super) async fn run(options: &Options) -> Result<()> {
    let (bare, relay, redis) = (Process::bare()?, Process::relay(options)?, redis::start()?);
    if redis.is_none() {
        output::note("redis-server is not installed: its column is left out");
    }
    let mailboxes = Mailboxes::open(&relay).await?;
    let mut rows = Vec::new();
    for senders in SENDERS {
        // One sender at a time waits for the disk each time.
        let count = if senders == 1 { options.deposits / 10 } else { options.deposits };
        let mut cell = Cell::default();
        for _ in 0..options.rounds {
            cell.bare.push(load::run(&bare, Speaks::Http, senders, mailboxes.deposits(count)).await?);
            cell.relay.push(load::run(&relay, Speaks::Http, senders, mailboxes.deposits(count)).await?);
            mailboxes.empty().await?;
            if let Some(redis) = &redis {
                cell.redis.push(load::run(redis, Speaks::Redis, senders, redis::appends(count)).await?);
                Connection::open(redis.address, Speaks::Redis).await?.exchange(redis::forget(), &[]).await?;
            }
        }
        rows.extend(cell.rows(senders));
    }
    output::table(&["server", "senders", "per s", "of bare", "p50 µs", "p99 µs", "CPU s/10k"], &rows);
    Ok(())
}

#[derive(Default)]
struct Cell {
    bare: Vec<Run>,
    relay: Vec<Run>,
    redis: Vec<Run>,
}

impl Cell {
    fn rows(self, senders: usize) -> Vec<Vec<String>> {
        let ratio = |runs: &[Run]| median(runs.iter().zip(&self.bare).map(|(run, bare)| run.rate() / bare.rate()));
        let mut rows = Vec::new();
        for (name, runs) in [("bare route", &self.bare), ("relay", &self.relay), ("redis, always", &self.redis)] {
            if runs.is_empty() {
                continue;
            }
            let mut all = runs.clone();
            all.sort_by(|a, b| a.rate().total_cmp(&b.rate()));
            let mut middle = all[all.len() / 2].clone();
            rows.push(vec![
                name.to_owned(),
                senders.to_string(),
                format!("{:.0}", middle.rate()),
                format!("{:.2}", ratio(runs)),
                micros(middle.samples.percentile(50.0)),
                micros(middle.samples.percentile(99.0)),
                format!("{:.3}", median(runs.iter().map(Run::cpu))),
            ]);
        }
        rows
    }
}

/// The middle of some figures.
pub(super) fn median(figures: impl Iterator<Item = f64>) -> f64 {
    let mut figures: Vec<f64> = figures.collect();
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
