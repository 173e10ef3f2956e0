//! `a2a account`: end the account at the relay.

use clap::{Args, Subcommand};

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{consent, progress};

/// The arguments of `a2a account`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Delete everything of yours at the relay: mailbox, lanes, card, webhook; asks you first
    Close,
}

/// Closes the account when the owner says so at the terminal.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        Act::Close => close(agent, output).await,
    }
}

async fn close(agent: &Agent, output: Output) -> Result<(), Failure> {
    let relay = agent.allowed_relays().await?.own;
    output.note(format!(
        "{relay} will delete your mailbox with the mail that waits in it, and your peers' mail will be refused. Your \
         identity, your peers and your conversations stay on this machine."
    ));
    let question = format!("Close the account at {relay}?");
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    progress::during("Telling the relay", agent.close_account(word)).await?;
    output.say(format!("The account at {relay} is closed. `a2a init RELAY-URL --name NAME` opens one again."));
    Ok(())
}
