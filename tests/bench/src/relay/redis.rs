//! Redis Streams with `appendfsync always`, where it is installed: the best durable peer that was measured before.

use std::process::{Command, Stdio};

use anyhow::Result;
use tempfile::TempDir;

use super::load::Prepared;
use super::owner::envelope;
use super::process::Process;

/// Starts a Redis with a folder of its own, if there is one on this machine.
pub(super) fn start() -> Result<Option<Process>> {
    let is_installed = Command::new("redis-server").arg("--version").stdout(Stdio::null()).status().is_ok();
    if !is_installed {
        return Ok(None);
    }
    let folder = TempDir::with_prefix("a2a-bench-redis-")?;
    let port = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
    let mut command = Command::new("redis-server");
    command.args(["--bind", "127.0.0.1", "--port", &port.to_string(), "--save", ""]);
    command.args(["--appendonly", "yes", "--appendfsync", "always", "--dir"]).arg(folder.path());
    Process::other(command, ([127, 0, 0, 1], port).into(), folder).map(Some)
}

/// Appends of an envelope to 64 streams by turns.
pub(super) fn appends(count: usize) -> Prepared {
    let head = |number: usize| {
        let stream = format!("mailbox-{:02}", number % 64);
        format!("*5\r\n$4\r\nXADD\r\n${}\r\n{stream}\r\n$1\r\n*\r\n$1\r\ne\r\n$4096\r\n", stream.len()).into_bytes()
    };
    let mut body = envelope();
    body.extend_from_slice(b"\r\n");
    Prepared { heads: (0..count).map(head).collect(), body }
}

/// Forgets everything, so that every round finds it empty.
pub(super) fn forget() -> &'static [u8] {
    b"*1\r\n$8\r\nFLUSHALL\r\n"
}
