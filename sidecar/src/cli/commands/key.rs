//! `a2a key`: a new device key, and keeping the identity's secret off this computer.

use clap::{Args, Subcommand};

use crate::agent::Agent;
use crate::cli::commands::backup::listed;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, progress, terminal};

/// The arguments of `a2a key`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// New keys for this computer; copies of the old ones are refused from then on
    Rotate,
    /// Take the identity's secret off this computer; it stays in your recovery words
    Offline,
    /// Bring the identity's secret back here, by the recovery words
    Online,
}

/// Carries an act out, after asking at the terminal.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        Act::Rotate => rotate(agent, output).await,
        Act::Offline => offline(agent, output).await,
        Act::Online => online(agent, output).await,
    }
}

async fn rotate(agent: &Agent, output: Output) -> Result<(), Failure> {
    output.note(
        "This computer gets new keys under the same id. Relay and peers refuse whoever holds a copy of the old ones. Your \
         peers begin anew with you and are told; open invites end.",
    );
    let Some(word) = consent::ask(agent, "Rotate the key?", output).await? else { return Ok(()) };
    let words = if agent.is_key_online().await? { None } else { Some(terminal::recovery_words()?) };
    let done = progress::during("Rotating the key", agent.rotate_key(words, word)).await?;
    output.say(output.tone(Tone::Good, "This computer has new keys."));
    output.say(format!("Beginning anew: {}.", listed(&done.pairs)));
    if let Some(reason) = done.later {
        output.note(format!("The relay does not know yet ({reason}); it is told as soon as it can be."));
    }
    Ok(())
}

async fn offline(agent: &Agent, output: Output) -> Result<(), Failure> {
    output.note(
        "From then on only your recovery words can renew the certificate of this computer (it holds for up to 400 days), \
         rotate its key or restore it. Type them to show that you have them.",
    );
    let words = terminal::recovery_words()?;
    let question = "Take the identity's secret off this computer?";
    let Some(word) = consent::ask(agent, question, output).await? else { return Ok(()) };
    agent.take_key_offline(words, word).await?;
    output.say("The identity's secret is off this computer. `a2a doctor` warns before the certificate ends.");
    Ok(())
}

async fn online(agent: &Agent, output: Output) -> Result<(), Failure> {
    let words = terminal::recovery_words()?;
    agent.bring_key_online(words).await?;
    output.say("The identity's secret is on this computer again.");
    Ok(())
}
