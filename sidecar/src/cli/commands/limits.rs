//! `a2a peers limits` and `a2a peers resume`: how much the agent may write to a peer before its owner was there again.

use clap::Args;

use crate::agent::{Agent, Limits, LimitsView};
use crate::cli::consent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;

/// The arguments of `a2a peers limits`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The peer's name
    peer: String,
    /// Messages within an hour [default: 20]
    #[arg(long, value_name = "N")]
    per_hour: Option<u64>,
    /// Messages within a day [default: 200]
    #[arg(long, value_name = "N")]
    per_day: Option<u64>,
    /// KiB of text within a day [default: 2048]
    #[arg(long, value_name = "N")]
    kib_per_day: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Arguments {
    fn changes(&self) -> bool {
        self.per_hour.is_some() || self.per_day.is_some() || self.kib_per_day.is_some()
    }
}

/// Shows the limits, or sets them after asking: who can run a command is not always the owner.
pub(super) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let mut view = agent.limits(&arguments.peer).await?;
    if arguments.changes() {
        let Arguments { per_hour, per_day, kib_per_day, .. } = arguments;
        let change = move |now: Limits| Limits {
            per_hour: per_hour.unwrap_or(now.per_hour),
            per_day: per_day.unwrap_or(now.per_day),
            bytes_per_day: kib_per_day.map_or(now.bytes_per_day, |kib| kib.saturating_mul(1024)),
        };
        let wanted = change(view.limits);
        let question = format!("Let your agent write to {} by itself: {}?", view.peer, words(&wanted));
        let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
        view = agent.change_limits(&arguments.peer, change, word).await?;
    }
    if arguments.json {
        output.json(&view);
    } else {
        show(&view, output);
    }
    Ok(())
}

/// Lets mail go on that pauses.
pub(super) async fn resume(peer: &str, agent: &Agent, output: Output) -> Result<(), Failure> {
    let view = agent.limits(peer).await?;
    let question =
        format!("Your agent wrote {} messages to {} within the last hour. Let it go on?", view.last_hour, view.peer);
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    let peer = agent.resume(peer, word).await?;
    output.say(format!("Your agent may write to {peer} again."));
    Ok(())
}

fn words(limits: &Limits) -> String {
    let Limits { per_hour, per_day, bytes_per_day } = limits;
    format!("{per_hour} messages an hour, {per_day} a day, {} KiB a day", bytes_per_day / 1024)
}

fn show(view: &LimitsView, output: Output) {
    output.line(format!("Your agent may write to {} without you: {}.", view.peer, words(&view.limits)));
    let (hour, day, kib) = (view.last_hour, view.last_day, view.bytes_last_day.div_ceil(1024));
    output.line(format!("Since you were last there: {hour} within an hour, {day} within a day, {kib} KiB."));
    output.note("You were there when you wrote by hand, approved a message, or ran `a2a peers resume`.");
}
