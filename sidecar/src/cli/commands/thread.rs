//! `a2a thread`: the conversation with one peer, both directions.

use a2a_proto::id::MessageId;
use clap::Args;

use crate::agent::{Agent, MarkRead, ThreadPage, ThreadQuery};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{json, message};

/// The arguments of `a2a thread`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The peer's name, id or address
    peer: String,
    /// How many messages at most [default: 20]
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
    /// Where the last page ended; pages go back in time
    #[arg(long)]
    cursor: Option<String>,
    /// Only this message
    #[arg(long, value_name = "MESSAGE-ID")]
    message: Option<MessageId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Shows a page of the conversation, the latest part first.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let query = ThreadQuery {
        peer: arguments.peer,
        limit: arguments.limit,
        cursor: arguments.cursor,
        message_id: arguments.message,
    };
    let page = agent.thread(query, MarkRead(true)).await?;
    if arguments.json {
        output.json(&json::thread(&page));
    } else {
        show(&page, output);
    }
    Ok(())
}

fn show(page: &ThreadPage, output: Output) {
    let heading = format!("with {} ({})", page.peer, page.agent_id);
    output.line(output.tone(Tone::Faint, &heading));
    if page.messages.is_empty() {
        output.line("Nothing was said yet.");
    }
    page.messages.iter().for_each(|message| message::show(message, output));
    if let Some(cursor) = &page.next_cursor {
        output.note(format!("Earlier: a2a thread {} --cursor {cursor}", page.peer));
    }
}
