//! `a2a calendar`: free and busy from a calendar file, for peers whose question is answered alone.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::json;

use crate::agent::{Agent, FreeBusyView};
use crate::cli::consent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a calendar`.
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
    /// Name the file; asks you first. It is read anew for each answer
    Set {
        /// An iCalendar file (.ics)
        file: PathBuf,
        /// The zone of times that name none, such as Europe/Berlin
        #[arg(long, value_name = "ZONE")]
        zone: Option<String>,
    },
    /// Answer a peer's question for your free times alone; asks you first
    Answer {
        /// The peer's name
        peer: String,
    },
    /// Answer it no longer
    Silent {
        /// The peer's name
        peer: String,
    },
    /// Forget the file, and whom it answers
    Forget,
}

/// Shows or changes what is set.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None => {
            let set = agent.calendar().await?;
            if arguments.json {
                output.json(&json!({ "set": set.is_some(), "calendar": set }));
            } else {
                show(set.as_ref(), output);
            }
        }
        Some(Act::Set { file, zone }) => {
            let Some(word) = consent::ask(agent, "Answer peers that you name from this file?", output).await? else {
                return Ok(());
            };
            show(Some(&agent.set_calendar(&file, zone, word).await?), output);
        }
        Some(Act::Answer { peer }) => {
            output.note("It learns when you are busy within the next 60 days, without titles, and you are not asked.");
            let question = format!("Let {peer} be answered?");
            let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
            let peer = agent.answer_free_busy(&peer, word).await?;
            output.say(format!("When {peer} asks for your free times, it is answered by itself."));
        }
        Some(Act::Silent { peer }) => {
            let peer = agent.leave_free_busy(&peer).await?;
            output.say(format!("{peer} is no longer answered by itself."));
        }
        Some(Act::Forget) => {
            let was_set = agent.forget_calendar().await?;
            output.say(if was_set { "The calendar is forgotten." } else { "No calendar was set." });
        }
    }
    Ok(())
}

fn show(set: Option<&FreeBusyView>, output: Output) {
    let Some(FreeBusyView { file, zone, answered }) = set else {
        output.say("No calendar is set: no question for your free times is answered by itself.");
        output.note("To name one: a2a calendar set FILE");
        return;
    };
    let zone = zone.as_ref().map_or_else(String::new, |zone| format!(" (times without a zone are in {zone})"));
    output.say(format!("Calendar: {file}{zone}"));
    match answered.is_empty() {
        true => output.note("It answers nobody yet: a2a calendar answer PEER"),
        false => output.say(format!("Answered alone: {}", answered.join(", "))),
    }
}
