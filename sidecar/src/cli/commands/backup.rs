//! `a2a backup`: write everything into a file that only the recovery words open, and rehearse opening it.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::agent::{Agent, BackupView};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{consent, home, progress, terminal, words};
use crate::present;

/// The arguments of `a2a backup`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// The file to write; an older backup there is replaced
    #[arg(required = true)]
    file: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Rehearse: asks for the words, opens the file and says what is in it
    Verify {
        /// The file that `a2a backup` wrote
        file: PathBuf,
    },
}

/// Makes a backup, or opens one to see that it can be opened.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match (arguments.act, arguments.file) {
        (Some(Act::Verify { file }), _) => verify(file, agent, output).await,
        (None, Some(file)) => make(file, arguments.json, agent, output).await,
        (None, None) => Err(Failure::usage("the file is missing", "Name it: `a2a backup FILE`")),
    }
}

async fn make(file: PathBuf, as_json: bool, agent: &Agent, output: Output) -> Result<(), Failure> {
    let word = consent::said(agent).await?;
    let made = progress::during("Sealing the backup", agent.back_up(file, word)).await?;
    if as_json {
        output.json(&made);
        return Ok(());
    }
    output.say(format!("The backup is {} ({} KiB).", made.path.display(), made.bytes.div_ceil(1024)));
    output.say("Only your recovery words open it, so it may lie anywhere. Keep it on another disk than this one.");
    if let Some(warning) = agent.whoami().await.ok().and_then(|we| we.recovery.warning()) {
        output.note(format!("But {warning}: run `a2a recovery show`."));
    }
    Ok(())
}

async fn verify(file: PathBuf, agent: &Agent, output: Output) -> Result<(), Failure> {
    let entropy = terminal::recovery_words()?;
    let found = progress::during("Opening the backup", agent.rehearse(file, entropy)).await?;
    output.say("These words open this backup, and every row in it can be read.");
    describe(&found, output);
    Ok(())
}

/// What is in a backup, line by line.
pub(crate) fn describe(found: &BackupView, output: Output) {
    output.line(format!("  made          {}", words::ago(found.made_at, home::now())));
    output.line(format!("  agent         {} ({})", present::own(&found.display_name), found.agent_id));
    output.line(format!("  relay         {}", found.relay.as_ref().map_or("none".into(), ToString::to_string)));
    output.line(format!("  paired with   {}", listed(&found.pairs)));
    output.line(format!("  messages      {}", found.messages));
}

/// Names in a row.
pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}
