//! `a2a inbox`: collect mail now and read it.

use clap::Args;

use crate::agent::{Agent, InboxPage, InboxQuery, MarkRead};
use crate::cli::failure::Failure;
use crate::cli::message;
use crate::cli::output::Output;
use crate::cli::{json, progress};

/// The arguments of `a2a inbox`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Only what was never shown
    #[arg(long)]
    unread: bool,
    /// Only of this peer
    #[arg(long)]
    peer: Option<String>,
    /// How many at most [default: 20]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Where the last page ended
    #[arg(long)]
    cursor: Option<String>,
    /// Do not mark anything as read
    #[arg(long)]
    peek: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows a page of the inbox.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let query = InboxQuery {
        unread_only: arguments.unread,
        peer: arguments.peer,
        limit: arguments.limit,
        cursor: arguments.cursor,
    };
    agent.hurry().await?;
    let checking = agent.check_inbox(query, MarkRead(!arguments.peek));
    let page = progress::during("Collecting", checking).await?;
    if arguments.json {
        output.json(&json::inbox(&page));
    } else {
        show(&page, output);
    }
    Ok(())
}

fn show(page: &InboxPage, output: Output) {
    for notice in &page.notices {
        output.note(format!("note: {}", notice.text));
    }
    if page.messages.is_empty() {
        output.line("No mail.");
    }
    page.messages.iter().for_each(|message| message::show(message, output));
    if let Some(cursor) = &page.next_cursor {
        output.note(format!("More: a2a inbox --cursor {cursor}"));
    }
}
