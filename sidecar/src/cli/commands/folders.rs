//! `a2a folders`: from where files may be sent.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use crate::agent::Agent;
use crate::cli::consent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a folders`.
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
    /// Let files under a folder be sent; asks you first
    Allow {
        /// The folder
        folder: PathBuf,
    },
    /// Take that back
    Forget {
        /// The folder
        folder: PathBuf,
    },
}

/// Lists the folders, or changes which they are.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None => list(&agent.folders().await?, arguments.json, output),
        Some(Act::Allow { folder }) => allow(agent, folder, output).await?,
        Some(Act::Forget { folder }) => {
            let folder = agent.forget_folder(&folder).await?;
            output.say(format!("Nothing is sent from {folder} any more."));
        }
    }
    Ok(())
}

fn list(folders: &[String], json: bool, output: Output) {
    if json {
        output.json(&serde_json::json!({ "folders": folders }));
    } else if folders.is_empty() {
        output.say("No files may be sent. Allow a folder: a2a folders allow DIR");
    } else {
        folders.iter().for_each(|folder| output.line(folder));
    }
}

/// Who can run a command is not always the owner, so the owner is asked at the terminal.
async fn allow(agent: &Agent, folder: PathBuf, output: Output) -> Result<(), Failure> {
    output.note("Your model may then send any file under it to any peer, but hidden ones, and none through a link.");
    let question = format!("Let files under {} be sent?", folder.display());
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    let folder = agent.allow_folder(&folder, word).await?;
    output.say(format!("Files under {folder} may be sent."));
    Ok(())
}
