//! Serves one client on standard input and output until it leaves.

use std::time::Duration;

use rmcp::ServiceExt as _;
use rmcp::service::{QuitReason, ServerInitializeError};
use rmcp::transport::stdio;
use thiserror::Error;
use tokio_util::sync::CancellationToken;

use super::server::Server;
use crate::agent::AgentConfig;
use crate::error::Explain;
use crate::lifetime;

/// How long background work may take to come to an end.
pub(super) const LAST_WORDS: Duration = Duration::from_secs(2);

/// Why the client cannot be served.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServeError {
    /// What the client sent first is no MCP.
    #[error("the client did not speak MCP on standard input")]
    NotMcp,
    /// The port is taken, or the loopback interface is not to be had.
    #[error("cannot listen on port {port} of this computer: {reason}")]
    NoListener {
        /// The port that was asked for; 0 for any.
        port: u16,
        /// What the system said.
        reason: String,
    },
    /// The server's task failed.
    #[error("the MCP server stopped unexpectedly")]
    Stopped,
}

impl Explain for ServeError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotMcp => "not_mcp",
            Self::NoListener { .. } => "no_listener",
            Self::Stopped => "stopped",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NotMcp => "An MCP client starts `a2a mcp`; in a terminal, see `a2a --help`.".to_owned(),
            Self::NoListener { .. } => "Give another port: `a2a serve --port 0` takes any that is free.".to_owned(),
            Self::Stopped => "Restart the client; nothing that was queued is lost.".to_owned(),
        }
    }
}

/// Serves until the client closes standard input, a signal comes, or the client is gone.
///
/// Standard output carries protocol messages and nothing else. The caller must not wait for standard input after
/// this returns: a read that is under way there cannot be cancelled.
///
/// # Errors
///
/// Fails when the client does not speak MCP, or the server's task fails; never because the agent cannot be opened.
pub async fn serve(config: AgentConfig) -> Result<(), ServeError> {
    let stop = CancellationToken::new();
    let server = Server::new(config, stop.clone());
    server.warm_up();
    let ended = tokio::select! {
        ended = converse(server.clone(), stop.clone()) => ended,
        () = lifetime::end() => Ok(()),
    };
    stop.cancel();
    if tokio::time::timeout(LAST_WORDS, server.stopped()).await.is_err() {
        tracing::warn!("background work did not stop in time");
    }
    ended
}

async fn converse(server: Server, stop: CancellationToken) -> Result<(), ServeError> {
    let running = match server.serve_with_ct(stdio(), stop).await {
        Ok(running) => running,
        Err(ServerInitializeError::ConnectionClosed(_) | ServerInitializeError::Cancelled) => return Ok(()),
        Err(_) => return Err(ServeError::NotMcp),
    };
    match running.waiting().await {
        Ok(QuitReason::JoinError(_)) | Err(_) => Err(ServeError::Stopped),
        Ok(_) => Ok(()),
    }
}
