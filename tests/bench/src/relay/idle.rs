//! Collectors that are connected, signed in and wait for mail: what they cost, and that they are still heard.

use std::time::{Duration, Instant};

use a2a_proto::api::mailbox::Batch;
use anyhow::{Result, ensure};

use super::Options;
use super::client::{Connection, Speaks};
use super::delivery::ask;
use super::load::per;
use super::owner::{Owner, Relay, envelope};
use super::process::Process;
use crate::output;

/// Collectors at one mailbox, as many as a relay lets wait there.
const AT_ONE_MAILBOX: usize = 4;
/// Shorter than the longest poll, so that nobody is answered meanwhile.
const REST: Duration = Duration::from_secs(5);

/// How a collector waits.
#[derive(Clone, Copy)]
enum Kind {
    /// Over a WebSocket, as the sidecar does.
    Stream,
    /// With a request that is not answered yet.
    Poll,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Stream, Self::Poll];

    fn name(self) -> &'static str {
        match self {
            Self::Stream => "stream",
            Self::Poll => "long poll",
        }
    }

    async fn wait(self, process: &Process, owner: &Owner) -> Result<Connection> {
        let mut connection = Connection::open(process.address, Speaks::Http).await?;
        match self {
            Self::Stream => connection.upgrade(&stream(process, &owner.token)).await?,
            Self::Poll => connection.send(&ask(process, &owner.token, 0)).await?,
        }
        Ok(connection)
    }

    async fn batch(self, connection: &mut Connection) -> Result<Batch> {
        let bytes = match self {
            Self::Stream => connection.frame().await?,
            Self::Poll => connection.answer().await?,
        };
        Ok(Batch::parse(bytes)?)
    }
}

pub(super) async fn run(options: &Options) -> Result<()> {
    a2a_relay::open_files::allow_many();
    let mut rows = Vec::new();
    for kind in Kind::ALL {
        rows.push(measure(options, kind).await?);
    }
    output::table(&["waiting", "by", "MiB before", "MiB with", "KiB each", "connect s", "CPU s in 5 s"], &rows);
    Ok(())
}

async fn measure(options: &Options, kind: Kind) -> Result<Vec<String>> {
    let process = Process::relay(options)?;
    let owners = Relay::at(process.address)?.owners(options.collectors.div_ceil(AT_ONE_MAILBOX)).await?;
    tokio::time::sleep(REST).await;
    let before = process.memory_kib()?;
    let start = Instant::now();
    let mut waiting = Vec::with_capacity(options.collectors);
    for owner in owners.iter().cycle().take(options.collectors) {
        waiting.push(kind.wait(&process, owner).await?);
    }
    let connected = start.elapsed();
    let cpu = process.cpu_seconds()?;
    tokio::time::sleep(REST).await;
    let cpu = process.cpu_seconds()? - cpu;
    let after = process.memory_kib()?;
    ensure!(waiting[0].is_silent(Duration::from_millis(10)).await, "a collector was not left waiting");
    if let (Some(owner), Some(last)) = (owners.last(), waiting.get_mut(owners.len() - 1)) {
        ensure!(woken(&process, owner, kind, last).await? == 1, "a collector was not woken");
    }
    Ok(vec![
        waiting.len().to_string(),
        kind.name().to_owned(),
        format!("{:.1}", before / 1024.0),
        format!("{:.1}", after / 1024.0),
        format!("{:.2}", (after - before) / per(waiting.len(), 1.0)),
        format!("{:.1}", connected.as_secs_f64()),
        format!("{cpu:.2}"),
    ])
}

/// The last owner's collectors are woken by a deposit; how many envelopes reach this one.
async fn woken(process: &Process, owner: &Owner, kind: Kind, last: &mut Connection) -> Result<usize> {
    let (lane, body) = (owner.lane().await?, envelope());
    Connection::open(process.address, Speaks::Http).await?.exchange(&lane.head(&body), &body).await?;
    Ok(kind.batch(last).await?.items.len())
}

fn stream(process: &Process, token: &str) -> Vec<u8> {
    let host = process.address;
    let head = format!("GET /api/mailbox/stream HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n");
    let key = "AAAAAAAAAAAAAAAAAAAAAA==";
    let upgrade = format!(
        "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: {key}\r\n\r\n"
    );
    [head, upgrade].concat().into_bytes()
}
