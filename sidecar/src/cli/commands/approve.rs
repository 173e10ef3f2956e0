//! `a2a approve`: decide what waits for the owner, read from the terminal; without an id, list it.

use clap::Args;

use crate::agent::{Agent, Approved, Authorize, PendingAction, RequestView};
use crate::cli::commands::authorize;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{consent, home, json, words};

/// The arguments of `a2a approve`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What to decide: the id of an act that waits, or of a stranger's request
    id: Option<String>,
    /// Print what waits as JSON
    #[arg(long, conflicts_with = "id")]
    json: bool,
}

/// Lists what waits, or decides one of it.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let pending = agent.pending().await?;
    let Some(id) = arguments.id else {
        let requests = agent.peers().await?.requests;
        if arguments.json {
            output.json(&json::waiting_for_owner(&pending, &requests));
        } else {
            list(&pending, &requests, output);
        }
        return Ok(());
    };
    decide(agent, &pending, &id, output).await
}

async fn decide(agent: &Agent, pending: &[PendingAction], id: &str, output: Output) -> Result<(), Failure> {
    if let Some(action) = pending.iter().find(|action| action.id.eq_ignore_ascii_case(id)) {
        let approved = consent::decide(agent, action, output).await?;
        show(&approved, output);
        return Ok(());
    }
    if home::has_request(agent, id).await? {
        let wanted = Authorize { peer: id.to_owned(), ..Authorize::default() };
        let authorized = authorize::authorize(agent, wanted, output).await?;
        authorize::show(&authorized, id, output);
        return Ok(());
    }
    Err(Failure::new(
        format!("nothing waits for you under {id}"),
        "Run `a2a approve` to see what waits; it may have been decided or lapsed",
    ))
}

fn list(pending: &[PendingAction], requests: &[RequestView], output: Output) {
    if pending.is_empty() && requests.is_empty() {
        output.say("Nothing waits for your decision.");
        return;
    }
    let mut table = Table::new(["ID", "LAPSES", "WHAT"]).wrapping_last();
    for action in pending {
        let lapses = words::within(action.expires_at, home::now());
        table.row([action.id.clone(), lapses, action.title.clone()]);
    }
    for request in requests {
        let lapses = words::within(request.expires_at, home::now());
        table.row([request.request_id.clone(), lapses, "A stranger's request: see `a2a requests`".to_owned()]);
    }
    output.table(&table);
    output.note("\nDecide: a2a approve ID, or a2a decline ID");
}

fn show(approved: &Approved, output: Output) {
    output.say(format!("{} {}", output.tone(Tone::Good, "Done."), approved.summary));
    if let Some(invite) = &approved.invite {
        output.line(invite);
    }
}
