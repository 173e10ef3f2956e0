//! A client made of nothing but lines of JSON, so that what is tested is what goes over the pipe.

use std::collections::VecDeque;
use std::process::Stdio;

use a2a_harness::{DEADLINE, Home, World, approve_on_page};
use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

pub(crate) const STATELESS: &str = "2026-07-28";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    Initialize(&'static str),
    Stateless,
}

pub(crate) const ERAS: [Era; 3] = [Era::Initialize("2025-06-18"), Era::Initialize("2025-11-25"), Era::Stateless];

/// What the client says it can ask its owner, and what the owner then does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Owner {
    Accepts,
    Declines,
    Cancels,
    /// A hook that says "accept" to everything without filling in anything.
    AutoAccepts,
    OnPage,
    Absent,
}

impl Owner {
    fn capabilities(self) -> Value {
        match self {
            Self::Absent => json!({}),
            Self::OnPage => json!({ "elicitation": { "url": {} } }),
            _ => json!({ "elicitation": { "form": {}, "url": {} } }),
        }
    }

    /// The answer to one `elicitation/create`.
    async fn answers(self, params: &Value) -> Result<Value> {
        Ok(match self {
            Self::Accepts => json!({ "action": "accept", "content": { "approve": true } }),
            Self::Declines => json!({ "action": "decline" }),
            Self::Cancels => json!({ "action": "cancel" }),
            Self::AutoAccepts => json!({ "action": "accept", "content": {} }),
            Self::OnPage => {
                approve_on_page(params["url"].as_str().context("no link")?).await?;
                json!({ "action": "accept" })
            }
            Self::Absent => anyhow::bail!("a client that cannot ask was asked: {params}"),
        })
    }
}

/// A machine without an identity and without a relay to go to; its folder goes away with the first of the two.
pub(crate) fn lonely_home() -> Result<(TempDir, Home)> {
    let folder = TempDir::with_prefix("a2a-wire-")?;
    let home = Home::create(folder.path(), "bob")?;
    Ok((folder, home))
}

/// One `a2a mcp` process. Every line it writes must be JSON-RPC, whatever the test is about.
pub(crate) struct Wire {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    lines: Lines<BufReader<ChildStdout>>,
    era: Era,
    owner: Owner,
    number: u64,
    /// The parameters of every question that went to the owner.
    pub(crate) asked: Vec<Value>,
    early: VecDeque<Value>,
}

impl Wire {
    pub(crate) async fn start(home: &Home, era: Era, owner: Owner) -> Result<Self> {
        let mut command = Command::from(home.command(&["mcp"])?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut child = command.spawn()?;
        let lines = BufReader::new(child.stdout.take().context("no stdout")?).lines();
        let stdin = child.stdin.take();
        let mut wire = Self { child, stdin, lines, era, owner, number: 0, asked: Vec::new(), early: VecDeque::new() };
        wire.open().await?;
        Ok(wire)
    }

    /// A sidecar of `name` that is registered at its relay.
    pub(crate) async fn registered(world: &World, name: &str, era: Era, owner: Owner) -> Result<Self> {
        let mut wire = Self::start(&world.home(name)?, era, owner).await?;
        let url = world.relay_of(name).url().to_owned();
        wire.done("a2a_register", json!({ "name": name, "relay": url })).await?;
        Ok(wire)
    }

    async fn open(&mut self) -> Result<()> {
        let Era::Initialize(version) = self.era else { return Ok(()) };
        let hello = json!({
            "protocolVersion": version,
            "capabilities": self.owner.capabilities(),
            "clientInfo": { "name": "wire", "version": "1" },
        });
        let answer = self.request("initialize", hello).await?;
        ensure!(answer["result"]["protocolVersion"] == version, "{answer}");
        self.line(&json!({ "jsonrpc": "2.0", "method": "notifications/initialized" }).to_string()).await
    }

    /// Writes one line as it stands.
    pub(crate) async fn line(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("stdin is closed")?;
        stdin.write_all(line.as_bytes()).await?;
        stdin.write_all(b"\n").await?;
        Ok(stdin.flush().await?)
    }

    /// Sends a request and waits for its response, answering for the owner meanwhile.
    pub(crate) async fn request(&mut self, method: &str, params: Value) -> Result<Value> {
        let id = self.post(method, params).await?;
        self.response(id).await
    }

    /// Sends a request without waiting.
    pub(crate) async fn post(&mut self, method: &str, mut params: Value) -> Result<u64> {
        self.number += 1;
        if self.era == Era::Stateless {
            params["_meta"] = json!({
                "io.modelcontextprotocol/protocolVersion": STATELESS,
                "io.modelcontextprotocol/clientCapabilities": self.owner.capabilities(),
                "io.modelcontextprotocol/clientInfo": { "name": "wire", "version": "1" },
            });
        }
        let request = json!({ "jsonrpc": "2.0", "id": self.number, "method": method, "params": params });
        self.line(&request.to_string()).await?;
        Ok(self.number)
    }

    async fn response(&mut self, id: u64) -> Result<Value> {
        if let Some(at) = self.early.iter().position(|message| message["id"] == id) {
            return self.early.remove(at).context("it was there");
        }
        loop {
            let message = self.message().await?;
            if message["method"] == "elicitation/create" {
                ensure!(self.era != Era::Stateless, "a request from the server: {message}");
                self.asked.push(message["params"].clone());
                let result = self.owner.answers(&message["params"]).await?;
                let answer = json!({ "jsonrpc": "2.0", "id": message["id"], "result": result });
                self.line(&answer.to_string()).await?;
            } else if message["id"] == id {
                return Ok(message);
            } else {
                self.early.push_back(message);
            }
        }
    }

    /// The next line, which has to be a message of JSON-RPC.
    pub(crate) async fn message(&mut self) -> Result<Value> {
        let line = timeout(DEADLINE, self.lines.next_line()).await.context("no answer")??.context("stdout ended")?;
        let message: Value = serde_json::from_str(&line).with_context(|| format!("not JSON: {line}"))?;
        ensure!(message["jsonrpc"] == "2.0", "not JSON-RPC: {line}");
        Ok(message)
    }

    /// One round of a tool call: its result as it stands.
    pub(crate) async fn round(&mut self, tool: &str, arguments: &Value, more: Value) -> Result<Value> {
        let mut params = json!({ "name": tool, "arguments": arguments });
        for (key, value) in more.as_object().into_iter().flatten() {
            params[key] = value.clone();
        }
        let answer = self.request("tools/call", params).await?;
        ensure!(answer["error"].is_null(), "{answer}");
        Ok(answer["result"].clone())
    }

    /// A whole tool call: where the result is a question to the owner, the owner answers and the call is made again.
    pub(crate) async fn call(&mut self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.round(tool, &arguments, json!({})).await?;
        if result["resultType"] != "input_required" {
            return Ok(result);
        }
        let answers = self.answers(&result).await?;
        self.round(tool, &arguments, answers).await
    }

    /// What the client sends with the retry of a call whose result was a question.
    pub(crate) async fn answers(&mut self, result: &Value) -> Result<Value> {
        let params = result["inputRequests"]["owner"]["params"].clone();
        self.asked.push(params.clone());
        let answer = self.owner.answers(&params).await?;
        Ok(json!({ "requestState": result["requestState"], "inputResponses": { "owner": answer } }))
    }

    /// The structured result of a call that has to succeed.
    pub(crate) async fn done(&mut self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.call(tool, arguments).await?;
        ensure!(result["isError"] != true, "{tool}: {result}");
        Ok(result["structuredContent"].clone())
    }

    /// The words of a call that has to fail.
    pub(crate) async fn refused(&mut self, tool: &str, arguments: Value) -> Result<String> {
        let result = self.call(tool, arguments).await?;
        ensure!(result["isError"] == true, "{tool} should have failed: {result}");
        Ok(result["content"][0]["text"].as_str().unwrap_or_default().to_owned())
    }

    /// Closes stdin, as a client that leaves.
    pub(crate) fn leave(&mut self) {
        self.stdin = None;
    }
}
