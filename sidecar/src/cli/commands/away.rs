//! `a2a away`: what peers are told while you are away.

use a2a_proto::time::Timestamp;
use clap::Args;

use crate::agent::{Agent, AwayView};
use crate::cli::failure::Failure;
use crate::cli::grant::moment;
use crate::cli::output::Output;
use crate::cli::{consent, json, quoted, words};
use crate::present;

/// The arguments of `a2a away`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What each peer that writes is told, once; asks you first. Without it, show what is set
    #[arg(conflicts_with = "off")]
    text: Option<String>,
    /// Until when, such as 2027-01-31 (that day included, UTC) or 2027-01-31T18:00:00Z
    #[arg(long, value_name = "DATE", value_parser = moment, requires = "text")]
    until: Option<Timestamp>,
    /// You are back
    #[arg(long)]
    off: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Sets, ends or shows the absence.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let Arguments { text, until, off, json } = arguments;
    let away = match text {
        Some(text) => {
            output.note("Each peer that writes to you gets this text, once and sealed, without asking you again.");
            let Some(word) = consent::ask(agent, "Tell them?", output).await? else { return Ok(()) };
            Some(agent.go_away(&text, until, word).await?)
        }
        None if off => {
            let was_away = agent.come_back().await?;
            if !json {
                output.say(if was_away { "Peers are no longer told that you are away." } else { "You were not away." });
                return Ok(());
            }
            None
        }
        None => agent.absence().await?,
    };
    if json {
        output.json(&json::away(away.as_ref()))
    } else {
        show(away.as_ref(), output)
    }
    Ok(())
}

fn show(away: Option<&AwayView>, output: Output) {
    let Some(away) = away else {
        output.say("You are not away.");
        output.note("To tell each peer that writes: a2a away \"TEXT\" --until 2027-01-31");
        return;
    };
    let until = away
        .until
        .map_or_else(|| "until you say `a2a away --off`".to_owned(), |at| format!("until {}", words::date(at)));
    output.say(format!("You are away {until}. Each peer that writes is told, once:"));
    quoted::show(&present::neutralise(&away.text), "  ", output);
    if !away.told.is_empty() {
        output.note(format!("Told so far: {}.", away.told.join(", ")));
    }
}
