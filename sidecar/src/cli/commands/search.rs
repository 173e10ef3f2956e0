//! `a2a search`: what was said, by its words.

use clap::Args;

use crate::agent::{Agent, Found, SearchQuery};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{json, message};

/// The arguments of `a2a search`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Words that a message holds, all of them
    #[arg(required = true)]
    words: Vec<String>,
    /// Only of the conversation with this peer
    #[arg(long)]
    peer: Option<String>,
    /// How many at most [default: 20]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Where the last page ended
    #[arg(long)]
    cursor: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows what is found, newest first; nothing counts as read.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let Arguments { words, peer, limit, cursor, json } = arguments;
    let words = words.join(" ");
    let found = agent.search(SearchQuery { words: words.clone(), peer, limit, cursor }).await?;
    if json {
        output.json(&json::found(&found));
    } else {
        show(&found, &words, output);
    }
    Ok(())
}

fn show(found: &Found, words: &str, output: Output) {
    if found.messages.is_empty() {
        output.line("Nothing found.");
    }
    found.messages.iter().for_each(|message| message::show(message, output));
    if let Some(cursor) = &found.next_cursor {
        output.note(format!("More: a2a search {words} --cursor {cursor}"));
    }
}
