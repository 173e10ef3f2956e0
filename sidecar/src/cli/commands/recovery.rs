//! `a2a recovery`: the 24 words that bring an identity back, shown to a person and to nothing else.

use clap::{Args, Subcommand};

use crate::agent::{Agent, RecoveryWords, Word};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, progress, terminal};

/// The arguments of `a2a recovery`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Act,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Show the 24 recovery words; only at a terminal
    Show,
}

/// Shows the words, after a yes.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let Act::Show = arguments.act;
    require_terminal()?;
    output
        .note("Whoever reads these 24 words has your identity. Show them only where nobody looks over your shoulder.");
    match consent::ask(agent, "Show them now?", output).await? {
        Some(word) => show(agent, word, output).await,
        None => Ok(()),
    }
}

/// What `a2a init` offers when a person is there.
pub(crate) async fn offer(agent: &Agent, output: Output) -> Result<(), Failure> {
    if require_terminal().is_err() {
        return Ok(());
    }
    output.note(
        "\nIf this computer is lost, 24 recovery words bring your identity back. Have paper and a pen at hand; nobody \
         else may see them.",
    );
    if let Some(word) = consent::ask(agent, "Show them now?", output).await? {
        return show(agent, word, output).await;
    }
    output.say("Later: `a2a recovery show`.");
    Ok(())
}

/// Standard output counts too: through a pipe the words would end in a file or in a model's context.
fn require_terminal() -> Result<(), Failure> {
    if terminal::is_interactive() && Output::is_seen() {
        return Ok(());
    }
    Err(Failure::new(
        "the recovery words are shown at a terminal only",
        "Run `a2a recovery show` yourself in a terminal, without a pipe",
    ))
}

async fn show(agent: &Agent, word: Word, output: Output) -> Result<(), Failure> {
    let words = progress::during("Opening the vault", agent.recovery_words(word)).await?;
    table(&words, output);
    output.say("Write them down on paper, in this order. They are never shown in a tool, a page or a log.");
    if !terminal::confirm("Did you write all 24 down?")? {
        output.say("Then run `a2a recovery show` again.");
        return Ok(());
    }
    agent.note_words_kept().await?;
    output.say(output.tone(Tone::Good, "Good."));
    output.say(
        "With a backup as well they bring everything back: `a2a backup FILE`, or `a2a backup auto on` at your relay.",
    );
    Ok(())
}

/// Four columns, read line by line.
fn table(words: &RecoveryWords, output: Output) {
    output.line("");
    let mut line = zeroize::Zeroizing::new(String::with_capacity(ROOM));
    for (place, word) in words.iter().enumerate() {
        line.push_str(&format!("  {:>2} {word:<10}", place + 1));
        if place % COLUMNS == COLUMNS - 1 {
            output.line(&*line);
            line.clear();
        }
    }
    output.line("");
}

const COLUMNS: usize = 4;
const ROOM: usize = 128;
