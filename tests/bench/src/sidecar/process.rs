//! One `a2a mcp` as a client starts it, spoken to by hand, so that nothing but its own work is measured.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::time::{Duration, Instant};

use a2a_harness::Home;
use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

/// A running sidecar; killed when dropped.
pub(super) struct Sidecar {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    begun: Instant,
}

/// What a process takes of memory, in bytes.
pub(super) struct Memory {
    /// Everything that is there, shared libraries and the program's own file included.
    pub(super) resident: u64,
    /// What no other process could share.
    pub(super) private: u64,
}

impl Sidecar {
    /// Starts it.
    pub(super) fn start(home: &Home) -> Result<Self> {
        let begun = Instant::now();
        let mut command = home.command(&["mcp"])?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().context("cannot start a2a mcp")?;
        let stdin = child.stdin.take().context("no stdin")?;
        let stdout = BufReader::new(child.stdout.take().context("no stdout")?);
        Ok(Self { child, stdin, stdout, begun })
    }

    /// Opens the protocol and calls a tool; how long it took from the start of the process to the answer.
    pub(super) fn first_answer(&mut self) -> Result<Duration> {
        let client = json!({ "name": "bench", "version": "1" });
        let opening = json!({ "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client });
        self.say(&json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": opening }))?;
        self.hear(1)?;
        self.say(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }))?;
        let call = json!({ "name": "a2a_list_peers", "arguments": {} });
        self.say(&json!({ "jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call }))?;
        let answer = self.hear(2)?;
        if answer["result"]["isError"] == true || answer["error"].is_object() {
            bail!("the tool failed: {answer}");
        }
        Ok(self.begun.elapsed())
    }

    /// What it takes now, from `/proc`.
    pub(super) fn memory(&self) -> Result<Memory> {
        let rollup = std::fs::read_to_string(format!("/proc/{}/smaps_rollup", self.child.id()))?;
        let sum = |names: &[&str]| -> u64 {
            let lines = rollup.lines().filter(|line| names.iter().any(|name| line.starts_with(name)));
            lines.filter_map(|line| line.split_whitespace().nth(1)?.parse::<u64>().ok()).sum::<u64>() * 1024
        };
        Ok(Memory { resident: sum(&["Rss:"]), private: sum(&["Private_Clean:", "Private_Dirty:"]) })
    }

    fn say(&mut self, message: &Value) -> Result<()> {
        writeln!(self.stdin, "{message}")?;
        Ok(self.stdin.flush()?)
    }

    fn hear(&mut self, id: u64) -> Result<Value> {
        let mut line = String::new();
        while self.stdout.read_line(&mut line)? > 0 {
            let message: Value = serde_json::from_str(&line)?;
            if message["id"] == id {
                return Ok(message);
            }
            line.clear();
        }
        bail!("a2a mcp ended before it answered")
    }
}

impl Drop for Sidecar {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
