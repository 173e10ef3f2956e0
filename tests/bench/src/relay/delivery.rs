//! From the moment a deposit is sent until its envelope has reached the collector that waited, at 100 in a second.

use std::time::{Duration, Instant};

use a2a_proto::api::mailbox::Batch;
use anyhow::{Context, Result};

use super::Options;
use super::client::{Connection, Speaks};
use super::owner::{Relay, envelope};
use super::process::Process;
use crate::output;
use crate::stats::{Samples, micros};

const MESSAGES: usize = 400;
const EVERY: Duration = Duration::from_millis(10);

pub(super) async fn run(options: &Options) -> Result<()> {
    let process = Process::relay(options)?;
    let relay = Relay::at(process.address)?;
    let owner = relay.owner().await?;
    let lane = owner.lane().await?;
    let mut sender = Connection::open(process.address, Speaks::Http).await?;
    let mut collector = Connection::open(process.address, Speaks::Http).await?;
    let (mut delivered, mut accepted) = (Samples::default(), Samples::default());
    let (mut after, body) = (0, envelope());
    for _ in 0..MESSAGES {
        collector.send(&ask(&process, &owner.token, after)).await?;
        tokio::time::sleep(EVERY).await;
        let head = lane.head(&body);
        let start = Instant::now();
        let (sent, collected) =
            tokio::join!(timed(sender.exchange(&head, &body), start), timed(collector.answer(), start));
        accepted.push(sent?.1);
        let (batch, took) = collected?;
        delivered.push(took);
        after = Batch::parse(batch)?.items.last().context("nothing was collected")?.sequence;
    }
    let row = |name: &str, samples: &mut Samples| {
        vec![name.to_owned(), micros(samples.percentile(50.0)), micros(samples.percentile(99.0))]
    };
    let rows = [row("sent → accepted (202)", &mut accepted), row("sent → with the collector", &mut delivered)];
    output::table(&["at 100 in a second", "p50 µs", "p99 µs"], &rows);
    Ok(())
}

async fn timed<T>(act: impl Future<Output = Result<T>>, start: Instant) -> Result<(T, Duration)> {
    let value = act.await?;
    Ok((value, start.elapsed()))
}

pub(super) fn ask(process: &Process, token: &str, after: u64) -> Vec<u8> {
    request(process, token, &format!("after={after}&wait=30"))
}

pub(super) fn request(process: &Process, token: &str, query: &str) -> Vec<u8> {
    let host = process.address;
    format!("GET /api/mailbox?{query} HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\r\n").into_bytes()
}
