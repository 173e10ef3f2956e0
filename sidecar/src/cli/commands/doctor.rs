//! `a2a doctor`: check everything this computer needs, and say what to do where it fails.

use clap::Args;
use serde::Serialize;

use crate::agent::{Agent, Check, Health};
use crate::cli::commands::install;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{home, progress};
use crate::clients::{Client, Finding, Places, examine};

/// The arguments of `a2a doctor`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Also check that this client starts a2a
    #[arg(long, value_enum)]
    client: Option<Client>,
    /// Write what the client lacks, after asking
    #[arg(long, requires = "client", conflicts_with = "json")]
    fix: bool,
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
    if let Some(client) = arguments.client {
        if arguments.fix {
            install::mend(client, output)?;
        }
        checks.extend(of_client(client)?);
    }
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

fn of_client(client: Client) -> Result<Vec<Check>, Failure> {
    let findings = examine(client, &Places::of_this_user()?, &home::program()?);
    Ok(findings.into_iter().map(|finding| check(client, finding)).collect())
}

fn check(client: Client, finding: Finding) -> Check {
    match finding {
        Finding::Good(found) => Check::ok(client.word(), found),
        Finding::Doubtful(found, next) => Check::warn(client.word(), found, next),
        Finding::Wrong(found, next) | Finding::Absent(found, next) => Check::fail(client.word(), found, next),
    }
}

/// Clients start this file, so it must be where their configuration says.
fn binary() -> Check {
    let subject = "program";
    match home::program() {
        Ok(program) => Check::ok(subject, format!("{} mcp", program.path.display())),
        Err(_) => Check::warn(
            subject,
            "the path of this program is unknown",
            "Name its full path in your client's configuration.",
        ),
    }
}
