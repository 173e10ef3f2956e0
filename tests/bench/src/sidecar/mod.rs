//! What a sidecar costs its owner: the start until a tool answers, memory while idle, a full inbox, the console's first page.

mod console;
mod people;
mod process;

use std::time::{Duration, Instant};

use a2a_harness::{Home, Owner};
use anyhow::{Context, Result, ensure};
use clap::Args;
use serde_json::json;

use self::people::People;
use self::process::Sidecar;
use crate::output;
use crate::stats::Samples;

/// How large a life, and how often to look.
#[derive(Args)]
pub(crate) struct Options {
    /// Peers, each a sidecar of its own while the life is made
    #[arg(long, default_value_t = 50)]
    peers: usize,
    /// Messages stored in all
    #[arg(long, default_value_t = 10_000)]
    messages: usize,
    /// How often each figure is measured
    #[arg(long, default_value_t = 20)]
    rounds: usize,
    /// Keep the measured identity's key in the session's keychain, not behind a passphrase
    #[arg(long)]
    keychain: bool,
}

/// Unread messages while the inbox is measured.
const UNREAD: usize = 100;

/// Makes the life, then measures.
pub(crate) fn run(options: &Options) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(async {
        let people = People::live(options).await?;
        let home = people.reader();
        let vault = if options.keychain { "keychain" } else { "passphrase file" };
        output::note(&format!("{} peers, {} messages, vault: {vault}", options.peers, options.messages));
        let mut rows = vec![
            row("a program that does nothing (a2a --version)", options, || version(home))?,
            row("start until the first tool answers", options, || Sidecar::start(home)?.first_answer())?,
        ];
        rows.push(inbox(&people, options).await?);
        rows.extend(console::pages(home, people.writer(), options.rounds).await?);
        output::table(&["", "median", "p90", "slowest"], &rows);
        memory(home)
    })
}

fn row(name: &str, options: &Options, mut once: impl FnMut() -> Result<Duration>) -> Result<Vec<String>> {
    let mut samples = Samples::default();
    for _ in 0..options.rounds {
        samples.push(once()?);
    }
    Ok(cells(name, &mut samples))
}

/// A line of the table, in milliseconds.
fn cells(name: &str, samples: &mut Samples) -> Vec<String> {
    let millis = |duration: Duration| format!("{:.1} ms", duration.as_secs_f64() * 1e3);
    let figures = [50.0, 90.0, 100.0].map(|percent| millis(samples.percentile(percent)));
    [vec![name.to_owned()], figures.to_vec()].concat()
}

fn version(home: &Home) -> Result<Duration> {
    let begun = Instant::now();
    home.command(&["--version"])?.output()?;
    Ok(begun.elapsed())
}

async fn inbox(people: &People, options: &Options) -> Result<Vec<String>> {
    let mut samples = Samples::default();
    let session = people.reader().session(Owner::Accepts).await?;
    for _ in 0..options.rounds {
        people.write_unread(&session, UNREAD).await?;
        let begun = Instant::now();
        let page = session.call("a2a_check_inbox", json!({ "unread_only": true, "limit": UNREAD })).await?;
        samples.push(begun.elapsed());
        ensure!(page["messages"].as_array().is_some_and(|shown| !shown.is_empty()), "nothing was shown");
        people.read(&session).await?;
    }
    Ok(cells(&format!("a2a_check_inbox, {UNREAD} unread"), &mut samples))
}

fn memory(home: &Home) -> Result<()> {
    let mut sidecar = Sidecar::start(home)?;
    sidecar.first_answer()?;
    std::thread::sleep(Duration::from_secs(5));
    let memory = sidecar.memory()?;
    let mib = |bytes: u64| format!("{}.{} MiB", bytes >> 20, ((bytes % (1 << 20)) * 10) >> 20);
    output::table(
        &["idle", "resident", "of it not shared"],
        &[vec!["a2a mcp, 5 s after its first answer".to_owned(), mib(memory.resident), mib(memory.private)]],
    );
    Ok(())
}
