//! Collectors that are connected, signed in and wait for mail: what they cost, and that they are still heard.

use std::time::{Duration, Instant};

use a2a_proto::api::mailbox::Batch;
use anyhow::{Result, ensure};

use super::Options;
use super::client::{Connection, Speaks};
use super::delivery::ask;
use super::load::per;
use super::owner::{Relay, envelope};
use super::process::Process;
use crate::output;

/// Collectors at one mailbox, as many as a relay lets wait there.
const AT_ONE_MAILBOX: usize = 4;
/// Shorter than the longest poll, so that nobody is answered meanwhile.
const REST: Duration = Duration::from_secs(5);

pub(super) async fn run(options: &Options) -> Result<()> {
    a2a_relay::open_files::allow_many();
    let process = Process::relay(options)?;
    let relay = Relay::at(process.address)?;
    let owners = relay.owners(options.collectors.div_ceil(AT_ONE_MAILBOX)).await?;
    tokio::time::sleep(REST).await;
    let before = process.memory_kib()?;
    let start = Instant::now();
    let mut waiting = Vec::with_capacity(options.collectors);
    for owner in owners.iter().cycle().take(options.collectors) {
        let mut connection = Connection::open(process.address, Speaks::Http).await?;
        connection.send(&ask(&process, &owner.token, 0)).await?;
        waiting.push(connection);
    }
    let connected = start.elapsed();
    let cpu = process.cpu_seconds()?;
    tokio::time::sleep(REST).await;
    let cpu = process.cpu_seconds()? - cpu;
    let after = process.memory_kib()?;
    ensure!(waiting[0].is_silent(Duration::from_millis(10)).await, "a collector was not left waiting");

    // The last owner's collectors are woken by a deposit.
    let (Some(owner), Some(last)) = (owners.last(), waiting.get_mut(owners.len() - 1)) else { return Ok(()) };
    let (lane, body) = (owner.lane().await?, envelope());
    Connection::open(process.address, Speaks::Http).await?.exchange(&lane.head(&body), &body).await?;
    let woken = Batch::parse(last.answer().await?)?.items.len();
    ensure!(woken == 1, "a collector was not woken");

    let rows = [vec![
        waiting.len().to_string(),
        format!("{:.1}", before / 1024.0),
        format!("{:.1}", after / 1024.0),
        format!("{:.2}", (after - before) / per(waiting.len(), 1.0)),
        format!("{:.1}", connected.as_secs_f64()),
        format!("{cpu:.2}"),
    ]];
    output::table(&["waiting", "MiB before", "MiB with", "KiB each", "connect s", "CPU s in 5 s"], &rows);
    Ok(())
}
