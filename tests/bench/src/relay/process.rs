//! A server in a process of its own, with what the system says of it: CPU time and memory.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use super::Options;

/// What the kernel counts CPU time in; the same on every Linux.
const TICKS_PER_SECOND: f64 = 100.0;

/// A running server; ended with SIGKILL when dropped.
pub(super) struct Process {
    child: Child,
    pub(super) address: SocketAddr,
    folder: TempDir,
}

impl Process {
    /// The bare route.
    pub(super) fn bare() -> Result<Self> {
        let folder = TempDir::with_prefix("a2a-bench-")?;
        let mut command = Command::new(std::env::current_exe()?);
        command.args(["bare", "127.0.0.1:0"]).stderr(Stdio::piped()).stdout(Stdio::null());
        let mut child = command.spawn()?;
        let said = child.stderr.take().context("no output")?;
        let address = listening(said)?;
        Ok(Self { child, address, folder })
    }

    /// The relay, with an empty store.
    pub(super) fn relay(options: &Options) -> Result<Self> {
        let folder = TempDir::with_prefix("a2a-bench-")?;
        Self::relay_in(options, folder)
    }

    /// The relay over the store in `folder`.
    pub(super) fn relay_in(options: &Options, folder: TempDir) -> Result<Self> {
        let (child, address) = launch(options, folder.path())?;
        Ok(Self { child, address, folder })
    }

    /// Lets a relay make its store and its secret in `folder`, and end.
    pub(super) fn make_store_in(options: &Options, folder: &Path) -> Result<()> {
        let (mut child, _) = launch(options, folder)?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// Kills the relay and says how long the next start takes until it answers.
    pub(super) fn kill_and_start(&mut self, options: &Options) -> Result<Duration> {
        self.child.kill()?;
        self.child.wait()?;
        let start = Instant::now();
        (self.child, self.address) = launch(options, self.folder.path())?;
        Ok(start.elapsed())
    }

    /// A store's server that is started by `command` and listens at `address`.
    pub(super) fn other(mut command: Command, address: SocketAddr, folder: TempDir) -> Result<Self> {
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let deadline = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(address).is_err() {
            if Instant::now() > deadline {
                bail!("a server did not start");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { child, address, folder })
    }

    /// Seconds of CPU until now, the kernel's work for it included.
    pub(super) fn cpu_seconds(&self) -> Result<f64> {
        cpu_seconds_of(&self.child.id().to_string())
    }

    /// Memory in KiB, what is shared counted by halves.
    pub(super) fn memory_kib(&self) -> Result<f64> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let line = rollup.lines().find_map(|line| line.strip_prefix("Pss:")).context("no memory")?;
        Ok(line.split_whitespace().next().context("no memory")?.parse()?)
    }

    /// The size of its files.
    pub(super) fn disk_bytes(&self) -> Result<u64> {
        let mut bytes = 0;
        for entry in std::fs::read_dir(self.folder.path())? {
            bytes += entry?.metadata()?.len();
        }
        Ok(bytes)
    }
}

fn launch(options: &Options, folder: &Path) -> Result<(Child, SocketAddr)> {
    let mut command = Command::new(options.relay()?);
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--registration",
        "open",
        "--lane-rate",
        "0",
        "--owner-rate",
        "0",
    ]);
    command.env("A2A_RELAY_HOME", folder).env("RUST_LOG", "warn");
    command.args(options.serve.split_whitespace());
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn()?;
    let said = child.stdout.take().context("no output")?;
    let address = listening(said)?;
    Ok((child, address))
}

/// The address in the first line, after its last `//` or blank.
fn listening(said: impl Read) -> Result<SocketAddr> {
    let first = BufReader::new(said).lines().find(|line| line.as_ref().is_ok_and(|line| line.contains("listening on")));
    let first = first.context("the server did not start")??;
    let address = first.rsplit(['/', ' ']).next().unwrap_or_default();
    address.parse().with_context(|| format!("no address in: {first}"))
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Seconds of CPU of a process until now, the kernel's work for it included; `self` is this one.
pub(super) fn cpu_seconds_of(process: &str) -> Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name before the last bracket may hold spaces.
    let fields = stat.rsplit_once(')').context("no stat")?.1;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
    Ok(ticks / TICKS_PER_SECOND)
}

/// Where the relay keeps its SQLite store.
pub(super) fn store_in(folder: &Path) -> PathBuf {
    folder.join("relay.db")
}
