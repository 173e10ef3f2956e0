//! `a2a why`: why mail with a peer goes or does not go.

use clap::Args;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a why`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name, id or address
    peer: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Explains it in one paragraph.
pub(crate) async fn run(arguments: &Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let explained = agent.explain(&arguments.peer).await?;
    if arguments.json {
        output.json(&explained);
    } else {
        output.say(&explained.text);
    }
    Ok(())
}
