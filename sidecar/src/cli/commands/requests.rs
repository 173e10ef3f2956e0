//! `a2a requests`: strangers who ask to pair, with their own words marked as theirs.

use a2a_proto::scope::Scope;
use clap::Args;

use crate::agent::{Agent, RequestKind, RequestView};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::wrap::{WIDTH, wrapped};
use crate::cli::{home, json, progress, quoted, words};
use crate::present;

/// The arguments of `a2a requests`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Collects and lists the requests.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if let Err(error) = progress::during("Collecting", agent.sync()).await {
        output.note(format!("note: nothing new could be collected: {error}."));
    }
    let requests = agent.peers().await?.requests;
    if arguments.json {
        let requests: Vec<_> = requests.iter().map(json::request).collect();
        output.json(&serde_json::json!({ "requests": requests }));
    } else if requests.is_empty() {
        output.say("Nobody asks to pair.");
    } else {
        requests.iter().for_each(|request| show(request, output));
        output.note("Let one in: a2a approve ID (choose with a2a authorize ID --scope SCOPE). Say no: a2a decline ID");
    }
    Ok(())
}

fn show(request: &RequestView, output: Output) {
    let asks = match request.kind {
        RequestKind::Knock => "asks to pair",
        RequestKind::Reset => "is a peer of yours and asks to start afresh with new keys",
    };
    output.line(format!("{}  {asks}", output.tone(Tone::Strong, &request.request_id)));
    output.line(format!("  agent id      {}", request.agent_id));
    output.line(format!("  safety words  {}", request.safety_words.join(" ")));
    scopes("  wants to write about  ", &request.requested, output);
    scopes("  lets you write about  ", &request.offered, output);
    output.line(format!(
        "  came {}, lapses {}",
        words::ago(request.received_at, home::now()),
        words::within(request.expires_at, home::now())
    ));
    output.line("  calls itself (not checked):");
    quoted::show(&present::line(&request.display_name), "  ", output);
    if !request.text.is_empty() {
        output.line("  writes (not checked):");
        quoted::show(&present::neutralise(&request.text), "  ", output);
    }
    output.line("");
}

/// Scopes behind a label; what does not fit goes on below them.
fn scopes(label: &str, scopes: &[Scope], output: Output) {
    let room = WIDTH - label.len();
    for (at, part) in wrapped(&words::scopes(scopes), room).iter().enumerate() {
        let label = if at == 0 { label.to_owned() } else { " ".repeat(label.len()) };
        output.line(format!("{label}{part}"));
    }
}
