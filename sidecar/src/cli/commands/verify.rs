//! `a2a verify`: compare safety words with a peer's owner, over the phone say.

use clap::Args;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, progress, terminal};

/// The arguments of `a2a verify`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name or id
    peer: String,
}

/// Says what to read out, asks for what they read out, and notes that they agree.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let peer = arguments.peer;
    let ours = agent.peers().await?.own_words;
    output.note(format!("Speak with the person behind {peer}: by phone, by video or face to face, not through a2a."));
    output.note(format!("Your six words, for them: {}", output.tone(Tone::Strong, &ours.join(" "))));
    output.note("They find theirs with `a2a whoami`, and can type yours with `a2a verify`.");
    let typed = terminal::line("The six words that they read to you:")?;
    let word = consent::word(agent.policy().await?)?;
    let name = progress::during("Comparing", agent.verify(&peer, &typed, word)).await?;
    output.say(format!("{} {name} is verified: nobody stands between you.", output.tone(Tone::Good, "The same.")));
    Ok(())
}
