//! `a2a pin`: the PIN that the owner's yes takes.

use clap::{Args, Subcommand};

use crate::agent::{Agent, Pin, Policy, Word};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{progress, terminal};

/// The arguments of `a2a pin`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Set a PIN: from then on your yes takes it, and forms of AI clients do not count
    Set,
    /// Choose another one; asks for the old one
    Change,
    /// Do without one again; asks for it
    Remove,
}

/// Says whether there is a PIN, or changes that.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None if arguments.json => output.json(&serde_json::json!({ "policy": agent.policy().await? })),
        None => say(agent.policy().await?, output),
        Some(Act::Set) => set(agent, output).await?,
        Some(Act::Change) => {
            let word = Word::at_terminal(Some(old()?));
            progress::during("Checking", agent.change_pin(twice(output)?, word)).await?;
            output.say("The PIN is changed.");
        }
        Some(Act::Remove) => {
            progress::during("Checking", agent.remove_pin(Word::at_terminal(Some(old()?)))).await?;
            output.say("There is no PIN any more: a yes is enough.");
        }
    }
    Ok(())
}

fn say(policy: Policy, output: Output) {
    match policy {
        Policy::Pin => {
            output.line("A PIN is set: what needs you takes it, at a terminal or on a page of this computer.")
        }
        Policy::Confirm => {
            output.line(
                "No PIN is set: a yes is enough, also in a form of your AI client, which a program could fill in.",
            );
            output.note("Set one: a2a pin set");
        }
    }
}

/// Sets the first PIN, typed twice.
pub(crate) async fn set(agent: &Agent, output: Output) -> Result<(), Failure> {
    let new = twice(output)?;
    progress::during("Setting the PIN", agent.set_pin(new, Word::at_terminal(None))).await?;
    output.say(format!(
        "{} The PIN is set. Only you can get it back: there is no way around it.",
        output.tone(Tone::Good, "Done.")
    ));
    Ok(())
}

/// What `a2a init` offers when a person is there.
pub(crate) async fn offer(agent: &Agent, output: Output) -> Result<(), Failure> {
    if !terminal::is_interactive() {
        return Ok(());
    }
    output.note(
        "\nYour agent asks you before it pairs with anybody. A program could give that answer in your AI client's place; \
         with a PIN only you can.",
    );
    if terminal::confirm("Set a PIN now?")? {
        return set(agent, output).await;
    }
    output.say("Later: `a2a pin set`.");
    Ok(())
}

fn old() -> Result<Pin, Failure> {
    Ok(Pin::new(terminal::secret("The PIN now:")?))
}

fn twice(output: Output) -> Result<Pin, Failure> {
    output.note("Six characters or more. It is not shown while you type.");
    let new = terminal::secret("New PIN:")?;
    if terminal::secret("Again:")? != new {
        return Err(Failure::new("the two were not the same", "Run the command again; nothing was changed"));
    }
    Ok(Pin::new(new))
}
