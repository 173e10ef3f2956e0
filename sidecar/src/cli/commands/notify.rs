//! `a2a notify`: whether the desktop says that something waits for you.

use clap::{Args, ValueEnum};
use serde_json::json;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a notify`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Turn it on or off. Without it, show what is set
    set: Option<Switch>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// Tell of decisions and of mail that nothing reads, by count
    On,
    /// Tell of nothing
    Off,
}

/// Shows or sets it.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if let Some(switch) = arguments.set {
        agent.set_notifies(switch == Switch::On).await?;
    }
    let on = agent.notifies().await?;
    match (arguments.json, on) {
        (true, _) => output.json(&json!({ "notify": on })),
        (false, true) => {
            output.say("The desktop says when something waits for you, while a client or `a2a watch` runs.")
        }
        (false, false) => output.say("The desktop is told nothing. To change that: a2a notify on"),
    }
    Ok(())
}
