//! `a2a where`: where one message is, and why, in one line.

use a2a_proto::id::MessageId;
use clap::Args;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::json;
use crate::cli::output::Output;

/// The arguments of `a2a where`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The message's id
    message: MessageId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Says where the message is.
pub(crate) async fn run(arguments: &Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let found = agent.whereabouts(arguments.message).await?;
    if arguments.json {
        output.json(&json::whereabouts(&found));
    } else {
        output.line(&found.line);
    }
    Ok(())
}
