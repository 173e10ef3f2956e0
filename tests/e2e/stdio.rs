//! stdout of `a2a mcp` carries the protocol and nothing else, and the process ends with its client.

use std::io::{Read, Write};
use std::process::{Command, Stdio};

use a2a_harness::{Home, Owner, World, eventually};
use anyhow::{Context, Result};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn every_byte_on_stdout_is_json_rpc() -> Result<()> {
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.send("bob", "hello").await?;
    pair.bob.receives("hello").await?;
    pair.bob.refused("a2a_send_message", json!({ "recipient_id": "nobody", "body": "?" })).await?;
    world.second().kill()?;
    pair.alice.send("bob", "into the void").await?;
    pair.bob.call("a2a_check_inbox", json!({})).await.ok();
    for session in [&pair.alice, &pair.bob] {
        let bytes = session.stdout();
        assert!(bytes.len() > 1000);
        for line in String::from_utf8(bytes)?.lines() {
            let message: Value = serde_json::from_str(line).with_context(|| format!("not JSON: {line}"))?;
            assert_eq!(message["jsonrpc"], "2.0", "not JSON-RPC: {line}");
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn it_ends_when_stdin_ends() -> Result<()> {
    let world = World::start().await?;
    let bob = world.registered("bob", Owner::Accepts).await?;
    let status = bob.close().await?;
    assert!(status.success(), "{status}");
    Ok(())
}

#[test]
fn it_ends_when_its_client_is_killed() -> Result<()> {
    let runtime = tokio::runtime::Runtime::new()?;
    let world = runtime.block_on(World::start())?;
    let home = world.home("bob")?;
    for signal in ["-TERM", "-INT", "-HUP"] {
        let mut sidecar = home.command(&["mcp"])?.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let _stdin = greet(&mut sidecar)?;
        Command::new("kill").args([signal, &sidecar.id().to_string()]).status()?;
        runtime.block_on(eventually(&format!("the end after {signal}"), async || Ok(sidecar.try_wait()?)))?;
    }
    let (orphan, _stdin_stays_open) = orphan(&home)?;
    runtime.block_on(eventually("the orphan to end", async || Ok((!is_running(&orphan)).then_some(()))))
}

/// Starts `a2a mcp` under a shell, kills the shell with SIGKILL and gives the sidecar's process id. The other end of the
/// sidecar's standard input outlives its client, as it does where a client has more children.
fn orphan(home: &Home) -> Result<(String, std::process::ChildStdin)> {
    let plain = home.command(&["mcp"])?;
    let mut parent = Command::new("sh");
    parent.env_clear().envs(plain.get_envs().filter_map(|(name, value)| Some((name, value?))));
    // The sidecar is a child of the shell and inherits the pipes of the test, as from any client. A shell gives its
    // background children an empty stdin, hence the copy.
    let script = format!("exec 3<&0; '{}' mcp <&3 3<&- & echo $! >&2; exec 3<&-; wait", plain.get_program().display());
    parent.arg("-c").arg(script);
    let mut parent = parent.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let mut said = parent.stderr.take().context("no stderr")?;
    let mut id = String::new();
    let mut byte = [0_u8];
    while said.read(&mut byte)? == 1 && byte != *b"\n" {
        id.push(char::from(byte[0]));
    }
    let stdin = greet(&mut parent)?;
    parent.kill()?;
    parent.wait()?;
    Ok((id, stdin))
}

/// Opens the protocol by hand, so that the process is known to serve.
fn greet(child: &mut std::process::Child) -> Result<std::process::ChildStdin> {
    let mut stdin = child.stdin.take().context("no stdin")?;
    let hello = json!({
        "jsonrpc": "2.0", "id": 1, "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18", "capabilities": {},
            "clientInfo": { "name": "by-hand", "version": "1" },
        },
    });
    writeln!(stdin, "{hello}")?;
    let mut answer = [0_u8; 1];
    child.stdout.as_mut().context("no stdout")?.read_exact(&mut answer)?;
    assert_eq!(&answer, b"{");
    Ok(stdin)
}

fn is_running(process: &str) -> bool {
    Command::new("kill").args(["-0", process]).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_tools_are_few_and_short() -> Result<()> {
    let world = World::start().await?;
    let session = world.home("bob")?.session(Owner::Accepts).await?;
    let tools = session.tools().await?;
    assert!(tools.len() <= 12, "{} tools", tools.len());
    let bytes: usize = tools.iter().map(cost).sum();
    assert!(bytes / 4 < 2_000, "the tool list costs {} tokens", bytes / 4);
    let expected = [
        "a2a_register",
        "a2a_whoami",
        "a2a_invite",
        "a2a_authorize",
        "a2a_list_peers",
        "a2a_revoke",
        "a2a_send_message",
        "a2a_check_inbox",
        "a2a_read_thread",
        "a2a_set_capabilities",
        "a2a_get_agent_capabilities",
    ];
    for name in expected {
        let tool = tools.iter().find(|tool| tool.name == name).with_context(|| format!("no tool {name}"))?;
        let output = tool.output_schema.as_ref().with_context(|| format!("{name} has no output schema"))?;
        assert_eq!(output.get("type").and_then(Value::as_str), Some("object"), "{name}");
        let hints = tool.annotations.as_ref().with_context(|| format!("{name} has no annotations"))?;
        assert!(hints.read_only_hint.is_some() && hints.open_world_hint.is_some(), "{name}: {hints:?}");
    }
    let instructions = session.instructions().context("no instructions")?;
    assert!(instructions.len() <= 2048, "{} bytes of instructions", instructions.len());
    assert!(instructions.contains("a2a_check_inbox"), "{instructions}");
    Ok(())
}

/// What a tool costs the model's context: name, description and input schema, in bytes.
fn cost(tool: &a2a_harness::Tool) -> usize {
    let schema = serde_json::to_string(&tool.input_schema).map_or(0, |schema| schema.len());
    tool.name.len() + tool.description.as_ref().map_or(0, |text| text.len()) + schema
}
