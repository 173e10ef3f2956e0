//! The process ends with its client, however the client ends.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use a2a_harness::{DEADLINE, Home, World, eventually};
use anyhow::{Context, Result};
use serde_json::json;
use tokio::time::timeout;

use crate::wire::{ERAS, Era, Owner, Wire, lonely_home};

#[tokio::test(flavor = "multi_thread")]
async fn the_end_of_stdin_ends_it() -> Result<()> {
    let world = World::start().await?;
    for (number, era) in ERAS.into_iter().enumerate() {
        let mut wire = Wire::registered(&world, &format!("bob-{number}"), era, Owner::Accepts).await?;
        wire.leave();
        let status = timeout(DEADLINE, wire.child.wait()).await.context("it outlived its client")??;
        assert!(status.success(), "{era:?}: {status}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_conversation_ends_well() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let output = home.cli(&["mcp"]).await?;
    assert_eq!((output.status, output.stdout.as_str()), (0, ""), "{}", output.stderr);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_question_that_is_out_does_not_hold_it() -> Result<()> {
    let world = World::start().await?;
    let mut wire = Wire::registered(&world, "bob", Era::Initialize("2025-06-18"), Owner::Cancels).await?;
    wire.post("tools/call", json!({ "name": "a2a_invite", "arguments": {} })).await?;
    let question = wire.message().await?;
    assert_eq!(question["method"], "elicitation/create", "{question}");
    let left = Instant::now();
    wire.leave();
    timeout(DEADLINE, wire.child.wait()).await.context("it outlived its client")??;
    assert!(left.elapsed() < Duration::from_secs(20), "{:?}", left.elapsed());
    Ok(())
}

/// The client is killed, and its end of our stdin lives on: here the test itself holds it, as a sibling process may.
#[cfg(unix)]
#[tokio::test(flavor = "multi_thread")]
async fn a_killed_client_ends_it_though_stdin_stays_open() -> Result<()> {
    let (_folder, home) = lonely_home()?;
    let (mut shell, process) = start_under_shell(&home)?;
    let mut stdin = shell.stdin.take().context("no stdin")?;
    let hello = json!({ "jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {
        "protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": { "name": "wire", "version": "1" } } });
    writeln!(stdin, "{hello}")?;
    let mut answer = String::new();
    BufReader::new(shell.stdout.take().context("no stdout")?).read_line(&mut answer)?;
    assert!(answer.contains("serverInfo"), "{answer}");

    shell.kill()?;
    shell.wait()?;
    eventually("the orphan to end", async || Ok((!is_running(&process)?).then_some(()))).await?;
    drop(stdin);
    Ok(())
}

/// A shell that starts `a2a mcp` and waits for it; gives the shell and the sidecar's process id.
fn start_under_shell(home: &Home) -> Result<(std::process::Child, String)> {
    let plain = home.command(&["mcp"])?;
    let mut shell = Command::new("sh");
    shell.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    shell.arg("-c").arg(format!("exec 3<&0; '{}' mcp <&3 & echo $! >&2; wait", plain.get_program().display()));
    let mut shell = shell.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut process = String::new();
    BufReader::new(shell.stderr.take().context("no stderr")?).read_line(&mut process)?;
    Ok((shell, process.trim().to_owned()))
}

/// Whether the process runs; one that ended and waits to be reaped does not.
fn is_running(process: &str) -> Result<bool> {
    let listed = Command::new("ps").args(["-o", "stat=", "-p", process]).output()?;
    let state = String::from_utf8_lossy(&listed.stdout).trim().to_owned();
    Ok(!state.is_empty() && !state.starts_with('Z'))
}
