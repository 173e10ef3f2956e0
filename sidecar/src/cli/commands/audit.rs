//! `a2a audit`: the log of what was decided, and the check that nobody changed it.

use clap::Args;

use crate::agent::{Agent, AuditEntry, AuditQuery};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{json, words};

/// The arguments of `a2a audit`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Check the chain of hashes and every signature
    #[arg(long)]
    verify: bool,
    /// How many entries at most, the newest [default: 100]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Only entries after this number
    #[arg(long, value_name = "NUMBER")]
    after: Option<u64>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Lists or verifies the log.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if arguments.verify {
        let report = agent.verify_audit().await?;
        if arguments.json {
            output.json(&report);
        } else if report.is_sound() {
            output.line(format!("{} {}", output.tone(Tone::Good, "ok"), report.summary));
        }
        return if report.is_sound() { Ok(()) } else { Err(broken(&report.summary)) };
    }
    let entries = agent.audit(AuditQuery { after: arguments.after, limit: arguments.limit }).await?;
    if arguments.json {
        output.json(&json::audit(&entries));
    } else {
        list(&entries, output);
    }
    Ok(())
}

fn list(entries: &[AuditEntry], output: Output) {
    if entries.is_empty() {
        output.line("Nothing was decided yet.");
        return;
    }
    let mut table = Table::new(["#", "WHEN", "WHAT", "ABOUT"]).wrapping_last();
    for entry in entries {
        table.row([entry.number.to_string(), words::date(entry.at), entry.event.clone(), about(entry)]);
    }
    output.table(&table);
}

/// Whom and what it concerns, and how the owner said yes.
fn about(entry: &AuditEntry) -> String {
    let said = [&entry.peer, &entry.detail].into_iter().flatten().cloned().collect::<Vec<_>>().join(": ");
    match &entry.approved_by {
        Some(by) => format!("{said} ({by})").trim_start().to_owned(),
        None => said,
    }
}

fn broken(summary: &str) -> Failure {
    Failure::new(
        summary.to_owned(),
        "Someone or something changed this computer's records. Keep a copy of the data folder and look at who had access to it",
    )
}
