//! `a2a decline`: say no to an act that waits, or to a stranger's request.

use clap::Args;

use crate::agent::{Agent, Revoke, Way};
use crate::cli::failure::Failure;
use crate::cli::home;
use crate::cli::output::Output;

/// The arguments of `a2a decline`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The id of an act that waits, or of a stranger's request
    id: String,
}

/// Declines it; a stranger is not told, and is not heard again.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let id = arguments.id;
    if let Some(action) = agent.pending().await?.iter().find(|action| action.id.eq_ignore_ascii_case(&id)) {
        agent.decline_action(&action.id, Way::Terminal).await?;
        output.say(format!("Declined: {}. Nothing was done.", action.title.trim_end_matches('.')));
        return Ok(());
    }
    if home::has_request(agent, &id).await? {
        let declined = agent.revoke(Revoke { peer: id, scopes: None, block: false }).await?;
        output.say("Declined. They are not told, and further requests of theirs are dropped.");
        output.note(format!("Take it back: a2a peers unblock {}", declined.peer));
        return Ok(());
    }
    Err(Failure::new(
        format!("nothing waits for you under {id}"),
        "Run `a2a approve` for acts and `a2a requests` for strangers' requests",
    ))
}
