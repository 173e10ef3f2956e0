//! `a2a doctor`: check everything this computer needs, and say what to do where it fails.

use clap::Args;
use serde::Serialize;

use crate::agent::{Agent, Check, Health};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::progress;

/// The arguments of `a2a doctor`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Everything that was checked.
#[derive(Serialize)]
struct Report {
    healthy: bool,
    version: &'static str,
    checks: Vec<Check>,
}

/// Runs the checks; fails if one of them does.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let mut checks = progress::during("Checking", agent.examine()).await;
    checks.push(binary());
    let healthy = checks.iter().all(|check| check.health != Health::Fail);
    let report = Report { healthy, version: env!("CARGO_PKG_VERSION"), checks };
    if arguments.json {
        output.json(&report);
    } else {
        report.checks.iter().for_each(|check| show(check, output));
    }
    if healthy {
        return Ok(());
    }
    Err(Failure::new("something does not work", "Do what the lines marked `fail` say, then run `a2a doctor` again"))
}

fn show(check: &Check, output: Output) {
    let mark = match check.health {
        Health::Ok => output.tone(Tone::Good, "ok  "),
        Health::Warn => output.tone(Tone::Warning, "warn"),
        Health::Fail => output.tone(Tone::Bad, "fail"),
    };
    output.line(format!("{mark}  {:<13} {}", check.subject, check.finding));
    if let Some(next) = &check.next_step {
        output.line(format!("      {:<13} → {next}", ""));
    }
}

/// Clients start this file, so it must be where their configuration says.
fn binary() -> Check {
    let subject = "program";
    match std::env::current_exe() {
        Ok(path) => Check::ok(subject, format!("{} mcp", path.display())),
        Err(error) => Check::warn(
            subject,
            format!("the path of this program is unknown: {error}"),
            "Name its full path in your client's configuration.",
        ),
    }
}
