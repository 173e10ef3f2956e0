//! `a2a undo`: take back the end or the narrowing of a pair; without a name, list what can be taken back.

use a2a_proto::time::Timestamp;
use clap::Args;

use crate::agent::{Agent, PeerList};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{consent, home, json, progress, words};

/// The arguments of `a2a undo`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name or id
    peer: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Takes the last revocation of a peer back when the owner says so at the terminal.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let Some(peer) = arguments.peer else {
        let undoable = undoable(&agent.peers().await?);
        if arguments.json {
            output.json(&json::undoable(&undoable));
        } else {
            list(&undoable, output);
        }
        return Ok(());
    };
    output.note(
        "What you took away is given back. They are told with your next mail; if they ended the pair too meanwhile, it \
         stays over.",
    );
    let question = format!("Give {peer} back what was taken away last?");
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    let undone = progress::during("Telling your relay", agent.undo(&peer, word)).await?;
    if arguments.json {
        output.json(&undone);
        return Ok(());
    }
    let (peer, scopes) = (&undone.peer, words::scopes(&undone.scopes));
    output.say(format!("{} {peer} may write to you about: {scopes}.", output.tone(Tone::Good, "Done.")));
    Ok(())
}

/// Names, and until when.
fn undoable(peers: &PeerList) -> Vec<(String, Timestamp)> {
    let pairs = peers.pairs.iter().filter_map(|pair| Some((pair.petname.clone(), pair.undo_until?)));
    let blocked = peers.blocked.iter().filter_map(|one| Some((one.petname.clone(), one.undo_until?)));
    pairs.chain(blocked).collect()
}

fn list(undoable: &[(String, Timestamp)], output: Output) {
    if undoable.is_empty() {
        output.say("Nothing was taken away in the last 7 days.");
        return;
    }
    let mut table = Table::new(["NAME", "CAN BE UNDONE"]);
    for (name, until) in undoable {
        table.row([name.clone(), words::within(*until, home::now())]);
    }
    output.table(&table);
    output.note("\nTake it back: a2a undo NAME");
}
