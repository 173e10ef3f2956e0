//! `a2a fetch`: the files of a peer's message, into the quarantine folder.

use a2a_proto::id::MessageId;
use clap::Args;

use crate::agent::{Agent, AttachmentState};
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{json, progress, quoted, words};
use crate::present;

/// The arguments of `a2a fetch`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The message's id
    message: MessageId,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Fetches them and says where they are.
pub(crate) async fn run(arguments: &Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let bar = progress::Transfers::new("Fetching");
    let fetched = progress::during("Fetching", agent.fetch(arguments.message, &|transfer| bar.tell(&transfer))).await?;
    if arguments.json {
        output.json(&json::fetched(&fetched));
        return Ok(());
    }
    for (number, file) in (1..).zip(&fetched) {
        let size = words::bytes(file.size);
        // Where it lies tells nothing of what its sender calls it.
        quoted::ask(&present::line(&file.name), "", output);
        match (&file.path, file.state) {
            (Some(path), _) => output.line(path),
            (None, AttachmentState::Lost) => {
                let reason = file.reason.as_deref().unwrap_or("it is gone");
                output.say(format!("File {number} ({size}) is lost: {reason}."));
            }
            (None, _) => output.say(format!("File {number} ({size}) is being fetched by another process.")),
        }
    }
    output.note("What lies there is a peer's. Nothing has looked into it.");
    Ok(())
}
