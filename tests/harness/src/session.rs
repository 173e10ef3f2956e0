//! One real `a2a mcp` process, driven over stdio by an MCP client.

use std::fmt;
use std::path::PathBuf;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context as TaskContext, Poll};

use anyhow::{Context, Result, anyhow};
use rmcp::model::{CallToolRequestParams, CallToolResult, ProtocolVersion, ReadResourceRequestParams, Tool};
use rmcp::service::RunningService;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::Value;
use tokio::io::{AsyncRead, ReadBuf};
use tokio::process::{Child, ChildStdout};
use tokio::time::timeout;

use crate::owner::Client;
use crate::{Asked, DEADLINE, Home, Owner};

/// Which lifecycle of the protocol the client speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Era {
    /// `initialize` first, as clients up to the revision of November 2025 do.
    Initialize,
    /// `server/discover` and self-contained requests, as of July 2026.
    Current,
}

/// A tool's answer that was an error: the words the model reads.
#[derive(Debug)]
pub struct Refusal(pub String);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl std::error::Error for Refusal {}

/// A running `a2a mcp` with its client. Killed when dropped.
pub struct Session {
    home: Home,
    client: RunningService<RoleClient, Client>,
    asked: Asked,
    child: Child,
    process: u32,
    said: Recording,
    log: PathBuf,
}

impl Session {
    /// Starts the process on `home` and opens the protocol.
    pub async fn start(home: &Home, owner: Owner, era: Era) -> Result<Self> {
        let log = home.folder().join("sidecar.log");
        let errors = std::fs::OpenOptions::new().create(true).append(true).open(&log)?;
        let mut command = tokio::process::Command::from(home.command(&["mcp"])?);
        // Whatever a sidecar might ever log must be harmless.
        command.env("A2A_LOG", "trace");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(errors).kill_on_drop(true);
        let mut child = command.spawn().context("cannot start a2a mcp")?;
        let process = child.id().context("a2a mcp ended at once")?;
        let said = Recording::default();
        let stdout = Recorded { inner: child.stdout.take().context("no stdout")?, to: said.clone() };
        let stdin = child.stdin.take().context("no stdin")?;
        let asked = Asked::default();
        let opening = Client { owner, asked: asked.clone() }.serve_with_lifecycle((stdout, stdin), lifecycle(era));
        let client = timeout(DEADLINE, opening)
            .await
            .context("a2a mcp did not answer")?
            .with_context(|| format!("a2a mcp did not open; its log:\n{}", read(&log)))?;
        Ok(Self { home: home.clone(), client, asked, child, process, said, log })
    }

    /// The machine it runs on.
    pub fn home(&self) -> &Home {
        &self.home
    }

    /// What the owner was asked.
    pub fn asked(&self) -> Vec<String> {
        self.asked.texts()
    }

    /// Its process id.
    pub fn process(&self) -> u32 {
        self.process
    }

    /// Every byte it wrote to stdout until now.
    pub fn stdout(&self) -> Vec<u8> {
        self.said.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What sidecars of this home logged until now.
    pub fn log(&self) -> String {
        read(&self.log)
    }

    /// The tools it offers.
    pub async fn tools(&self) -> Result<Vec<Tool>> {
        Ok(self.client.list_all_tools().await?)
    }

    /// What it told the client about itself.
    pub fn instructions(&self) -> Option<String> {
        self.client.peer_info().and_then(|info| info.instructions.clone())
    }

    /// Calls a tool and gives its structured result; a tool error is a [`Refusal`].
    pub async fn call(&self, tool: &str, arguments: Value) -> Result<Value> {
        let result = self.call_raw(tool, arguments).await?;
        if result.is_error == Some(true) {
            return Err(Refusal(text_of(&result)).into());
        }
        result.structured_content.ok_or_else(|| anyhow!("{tool} gave no structured result"))
    }

    /// Calls a tool and gives the text copy of its result, block by block, as a model reads it.
    pub async fn texts(&self, tool: &str, arguments: Value) -> Result<Vec<String>> {
        let result = self.call_raw(tool, arguments).await?;
        Ok(result.content.iter().filter_map(|block| block.as_text()).map(|text| text.text.to_string()).collect())
    }

    /// Calls a tool and gives its whole result.
    pub async fn call_raw(&self, tool: &str, arguments: Value) -> Result<CallToolResult> {
        let mut call = CallToolRequestParams::new(tool.to_owned());
        call.arguments = arguments.as_object().cloned();
        let answer = timeout(DEADLINE, self.client.call_tool(call)).await;
        answer.with_context(|| format!("{tool} did not answer"))?.with_context(|| tool.to_owned())
    }

    /// Calls a tool that has to refuse, and gives its words.
    pub async fn refused(&self, tool: &str, arguments: Value) -> Result<String> {
        match self.call(tool, arguments.clone()).await {
            Ok(result) => Err(anyhow!("{tool} {arguments} should have been refused, but: {result}")),
            Err(error) => Ok(error.downcast::<Refusal>()?.0),
        }
    }

    /// Every resource that it offers: the list, and what each says, as the client gets it.
    pub async fn resources(&self) -> Result<Vec<String>> {
        let offered = self.client.list_all_resources().await?;
        let mut said = vec![serde_json::to_string(&offered)?];
        for resource in offered {
            let reading = self.client.read_resource(ReadResourceRequestParams::new(resource.uri.clone()));
            let read = timeout(DEADLINE, reading).await.context("a resource was not read")??;
            said.push(serde_json::to_string(&read)?);
        }
        Ok(said)
    }

    /// Whether the process has gone.
    pub fn is_over(&self) -> bool {
        self.client.is_transport_closed()
    }

    /// Ends the process at once, as a crash would: SIGKILL.
    pub async fn kill(mut self) -> Result<()> {
        self.child.kill().await.context("cannot kill a2a mcp")
    }

    /// Closes the process's stdin, as a client that ends does, and waits for its end.
    pub async fn close(mut self) -> Result<std::process::ExitStatus> {
        drop(self.client);
        timeout(DEADLINE, self.child.wait()).await.context("a2a mcp outlived its client")?.context("cannot wait")
    }
}

fn lifecycle(era: Era) -> ClientLifecycleMode {
    match era {
        Era::Initialize => ClientLifecycleMode::Initialize,
        Era::Current => ClientLifecycleMode::Discover { preferred_versions: vec![ProtocolVersion::V_2026_07_28] },
    }
}

/// The text a model would read.
fn text_of(result: &CallToolResult) -> String {
    let texts: Vec<&str> = result.content.iter().filter_map(|block| block.as_text()).map(|text| &*text.text).collect();
    texts.join("\n")
}

fn read(log: &std::path::Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}

#[derive(Debug, Clone, Default)]
struct Recording(Arc<Mutex<Vec<u8>>>);

/// A child's stdout that keeps a copy of every byte that passes.
struct Recorded {
    inner: ChildStdout,
    to: Recording,
}

impl AsyncRead for Recorded {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut TaskContext<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        let before = buffer.filled().len();
        let polled = Pin::new(&mut self.inner).poll_read(context, buffer);
        if let Some(fresh) = buffer.filled().get(before..) {
            self.to.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(fresh);
        }
        polled
    }
}
