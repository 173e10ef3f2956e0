//! `a2a backup`: write everything into a file that only the recovery words open, and rehearse opening it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use crate::agent::{Agent, BackupView, KeptBackup};
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
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// A sealed backup at your relay, kept fresh by itself
    Auto {
        #[command(subcommand)]
        act: Auto,
    },
}

#[derive(Debug, Subcommand)]
enum Auto {
    /// Have your relay keep one from now on; it cannot read it
    On,
    /// Have it keep none, and delete what it has
    Off,
    /// Show whether it keeps one, and how old that is
    Status {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Makes a backup, or opens one to see that it can be opened.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match (arguments.act, arguments.file) {
        (Some(Act::Verify { file, json }), _) => verify(file, json, agent, output).await,
        (Some(Act::Auto { act }), _) => auto(act, agent, output).await,
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
    warn_without_words(agent, output).await;
    Ok(())
}

async fn verify(file: PathBuf, as_json: bool, agent: &Agent, output: Output) -> Result<(), Failure> {
    let entropy = terminal::recovery_words()?;
    let found = progress::during("Opening the backup", agent.rehearse(file, entropy)).await?;
    if as_json {
        output.json(&as_data(&found));
        return Ok(());
    }
    output.say("These words open this backup, and every row in it can be read.");
    describe(&found, output);
    Ok(())
}

async fn auto(act: Auto, agent: &Agent, output: Output) -> Result<(), Failure> {
    match act {
        Auto::On => {
            let word = consent::said(agent).await?;
            let kept = progress::during("Sealing and sending the backup", agent.keep_backup(word)).await?;
            stands(&kept, output);
            warn_without_words(agent, output).await;
        }
        Auto::Off => {
            let word = consent::said(agent).await?;
            agent.keep_no_backup(word).await?;
            output.say("Your relay keeps no backup any more.");
        }
        Auto::Status { json: true } => output.json(&agent.kept_backup().await?),
        Auto::Status { json: false } => stands(&agent.kept_backup().await?, output),
    }
    Ok(())
}

fn stands(kept: &KeptBackup, output: Output) {
    if !kept.is_on {
        output.say("Your relay keeps no backup. `a2a backup auto on` has it keep one that it cannot read.");
        return;
    }
    match (&kept.relay, kept.made_at) {
        (Some(relay), Some(at)) => {
            let kib = kept.bytes.unwrap_or_default().div_ceil(1024);
            output.say(format!("{relay} keeps a sealed backup, made {} ({kib} KiB).", words::ago(at, home::now())));
            output.say(format!(
                "Your 24 words and this bring everything back: `a2a restore --relay {}`",
                relay.base_url()
            ));
        }
        _ => output.say("It is on, but your relay keeps none yet."),
    }
    if let Some(failure) = &kept.failure {
        let since = kept
            .failing_since
            .map_or_else(String::new, |at| format!(" (failing since {})", words::ago(at, home::now())));
        output.note(format!(
            "The last attempt failed{since}: {failure}. It is tried again within an hour while a client runs. {}",
            kept.next_step()
        ));
    }
}

async fn warn_without_words(agent: &Agent, output: Output) {
    if let Some(warning) = agent.whoami().await.ok().and_then(|we| we.recovery.warning()) {
        output.note(format!("But {warning}: run `a2a recovery show`."));
    }
}

/// What is in a backup, line by line.
pub(crate) fn describe(found: &BackupView, output: Output) {
    output.line(format!("  made          {}", words::ago(found.made_at, home::now())));
    output.line(format!("  agent         {} ({})", present::own(&found.display_name), found.agent_id));
    output.line(format!("  relay         {}", found.relay.as_ref().map_or("none".into(), ToString::to_string)));
    output.line(format!("  paired with   {}", listed(&found.pairs)));
    output.line(format!("  messages      {}", found.messages));
}

/// The same, as a program is given it.
fn as_data(found: &BackupView) -> Value {
    json!({
        "made_at": words::rfc3339(found.made_at),
        "display_name": present::own(&found.display_name),
        "agent_id": found.agent_id,
        "relay": found.relay,
        "paired_with": found.pairs,
        "messages": found.messages,
    })
}

/// Names in a row.
pub(crate) fn listed(names: &[String]) -> String {
    if names.is_empty() { "nobody".into() } else { names.join(", ") }
}
