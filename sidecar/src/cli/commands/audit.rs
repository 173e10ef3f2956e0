//! `a2a audit`: the log of what was decided, the check that nobody changed it, and a copy that can be checked anywhere.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::agent::{Agent, AuditEntry, AuditExport, AuditQuery, AuditReport};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{home, json, words};
use crate::present;

/// The arguments of `a2a audit`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Check the log, or an exported FILE: the chain of hashes, every signature, and that nothing is missing
    #[arg(long, value_name = "FILE", num_args = 0..=1)]
    verify: Option<Option<PathBuf>>,
    /// Write the log to standard output as a file that can be checked on any computer
    #[arg(long, conflicts_with_all = ["verify", "json", "limit"])]
    export: bool,
    /// In the export, say whom an entry concerns; without it only when, what and how approved
    #[arg(long, requires = "export")]
    full: bool,
    /// Leave out of the export whom an entry concerns; the default
    #[arg(long, requires = "export", conflicts_with = "full")]
    redacted: bool,
    /// Only what is not older, such as 2d or 12h
    #[arg(long, value_name = "TIME", value_parser = humantime::parse_duration)]
    since: Option<Duration>,
    /// Only what concerns this peer: its name, as the log has it
    #[arg(long, value_name = "NAME")]
    peer: Option<String>,
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

/// Lists, exports or verifies the log.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match &arguments.verify {
        Some(None) => return report_own(&agent.verify_audit().await?, arguments.json, output),
        Some(Some(file)) => return report(&Agent::verify_audit_file(&read(file)?)?, arguments.json, output),
        None => {}
    }
    let since = arguments.since.map(|since| home::now().minus(since));
    let query = AuditQuery { after: arguments.after, since, peer: arguments.peer, limit: arguments.limit };
    if arguments.export {
        let wanted = AuditExport { query, redacted: !arguments.full };
        agent.export_audit(wanted).await?.iter().for_each(|line| output.line(json::ascii(line)));
        return Ok(());
    }
    let entries = agent.audit(query).await?;
    if arguments.json {
        output.json(&json::audit(&entries));
    } else {
        list(&entries, output);
    }
    Ok(())
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    std::fs::read_to_string(file).map_err(|error| {
        Failure::new(format!("cannot read {}: {error}", file.display()), "Name a file that `a2a audit --export` wrote")
    })
}

/// The own log, which the vault should know, too.
fn report_own(found: &AuditReport, as_json: bool, output: Output) -> Result<(), Failure> {
    report(found, as_json, output)?;
    if !as_json && found.kept_until.is_none() {
        output.note("The vault knows no entry of it, so an old store that was put back would not show here.");
    }
    Ok(())
}

fn report(report: &AuditReport, as_json: bool, output: Output) -> Result<(), Failure> {
    if as_json {
        output.json(report);
    } else if report.is_sound() {
        output.line(format!("{} {}", output.tone(Tone::Good, "ok"), report.summary));
        if let Some(number) = report.kept_until {
            output.note(format!("The vault vouches that nothing up to entry {number} is missing."));
        }
    }
    if report.is_sound() { Ok(()) } else { Err(broken(&report.summary)) }
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
    let said = [&entry.peer, &entry.detail].into_iter().flatten().map(|text| present::own(text).into_string());
    let said = said.collect::<Vec<_>>().join(": ");
    match &entry.approved_by {
        Some(by) => format!("{said} ({by})").trim_start().to_owned(),
        None => said,
    }
}

fn broken(summary: &str) -> Failure {
    Failure::new(
        summary.to_owned(),
        "Someone or something changed these records. Keep a copy of them and look at who had access",
    )
}
