//! `a2a serve`: the same tools for clients that only speak HTTP, on this computer only.

use clap::Args;

use crate::agent::{Agent, AgentConfig};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::terminal;
use crate::mcp::HttpServer;

/// The arguments of `a2a serve`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Listen on this port of the loopback interface; 0 takes any free one
    #[arg(long, default_value_t = 8790)]
    port: u16,
    /// Show what clients must send, and serve nothing
    #[arg(long, conflicts_with = "new_bearer")]
    show_bearer: bool,
    /// Make a new one, so that clients with the old one are no longer served
    #[arg(long)]
    new_bearer: bool,
}

/// Serves until interrupted, or shows the bearer.
pub(crate) async fn run(arguments: Arguments, config: AgentConfig, output: Output) -> Result<(), Failure> {
    if arguments.show_bearer || arguments.new_bearer {
        return bearer(&arguments, &Agent::open(config).await?, output).await;
    }
    let server = HttpServer::open(config, arguments.port).await?;
    output.note(format!("serving {}", server.url()));
    output.note("A client needs the bearer, too: run `a2a serve --show-bearer` in another terminal.");
    server.serve().await;
    Ok(())
}

/// Whoever has it acts as the owner's client: it is for the owner's eyes, and for no pipe.
async fn bearer(arguments: &Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if !terminal::is_interactive() {
        return Err(Failure::new(
            "the bearer is shown on a terminal only",
            "Run `a2a serve --show-bearer` yourself in a terminal, without a pipe",
        ));
    }
    let bearer = if arguments.new_bearer { agent.renew_bearer().await? } else { agent.bearer().await? };
    output.line(format!("Authorization: Bearer {}", bearer.reveal()));
    output.note(format!(
        "For example: claude mcp add --transport http a2a http://127.0.0.1:{}/mcp --header \"Authorization: Bearer …\"",
        arguments.port
    ));
    output.note(
        "The client sends it to whatever listens there. Let `a2a serve` run from login on, so that no other program takes its \
         port; if one may have, run `a2a serve --new-bearer`.",
    );
    Ok(())
}
