//! `a2a whoami`: who our agent is, and what waits for it.

use clap::Args;

use crate::agent::{Agent, RelayState, Whoami};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{json, progress, words};
use crate::present;

/// The arguments of `a2a whoami`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows our identity.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let whoami = progress::during("Asking the relay", agent.whoami()).await?;
    if arguments.json {
        output.json(&json::whoami(&whoami));
    } else {
        show(&whoami, output);
    }
    Ok(())
}

fn show(whoami: &Whoami, output: Output) {
    output.line(output.tone(Tone::Strong, present::own(&whoami.display_name).as_str()));
    output.line(format!("  address       {}", whoami.address));
    output.line(format!("  agent id      {}", whoami.agent_id));
    output.line(format!("  safety words  {}", whoami.safety_words.join(" ")));
    output.line(format!("  relay         {} ({})", whoami.relay, relay_state(&whoami.relay_state, output)));
    output.line(format!("  key           {}", whoami.vault));
    output.line(format!("  mail          {} unread, {} not yet sent", whoami.unread, whoami.waiting));
    if whoami.away {
        let until = whoami
            .away_until
            .map_or_else(|| "until `a2a away --off`".to_owned(), |at| format!("until {}", words::date(at)));
        output.line(format!("  away          {until}: each peer that writes is told, once"));
    }
    if let Some(warning) = whoami.recovery.warning() {
        output.line(format!("  recovery      {}", output.tone(Tone::Warning, warning)));
        output.note(whoami.recovery.next_step());
    }
    if whoami.pending > 0 {
        let waiting = words::count(whoami.pending, "act");
        output.line(format!("  waiting       {waiting} for your decision: run `a2a approve`"));
    }
}

fn relay_state(state: &RelayState, output: Output) -> String {
    match state {
        RelayState::Reachable => output.tone(Tone::Good, "reachable"),
        RelayState::Away(reason) => output.tone(Tone::Warning, &format!("away: {reason}")),
    }
}
