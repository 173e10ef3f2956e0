//! `a2a watch`: collect and send while no client runs, and hand each new message to a program of the owner's.

use std::collections::HashSet;
use std::time::Duration;

use a2a_proto::id::MessageId;
use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, InboxMessage, InboxQuery, MarkRead, ThreadQuery};
use crate::cli::failure::Failure;
use crate::cli::handler::{Handled, Handler};
use crate::cli::output::Output;
use crate::cli::{home, json, login_service};
use crate::{desktop, lifetime};

/// How often new mail is looked for; collecting itself waits at the relay.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often a message is handed over before it is left for the owner.
const TRIES: u32 = 5;

/// The arguments of `a2a watch`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Let the system start this whenever you log in; shows the change and asks first
    #[arg(long, conflicts_with = "uninstall")]
    install: bool,
    /// Let the system start it no more
    #[arg(long, conflicts_with = "exec")]
    uninstall: bool,
    /// Run this program for each new message, which it reads as JSON on standard input; no shell takes part
    #[arg(long, num_args = 1.., allow_hyphen_values = true, value_name = "PROGRAM [ARGUMENT]…", value_terminator = ";")]
    exec: Vec<String>,
    /// End the program after this long
    #[arg(long, default_value = "10m", value_name = "TIME", value_parser = humantime::parse_duration, requires = "exec")]
    timeout: Duration,
}

/// Watches until it is told to stop, or sees to it that the system does.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if arguments.install {
        agent.whoami().await?;
        return login_service::install(&arguments.exec, arguments.timeout, output);
    }
    if arguments.uninstall {
        return login_service::uninstall(output);
    }
    let handler = Handler::new(arguments.exec, arguments.timeout);
    let _only_one = match &handler {
        Some(_) => Some(home::only_watcher()?),
        None => None,
    };
    let folder = home::folder()?;
    agent.whoami().await?;
    output.note("Watching. Stop with Ctrl-C.");
    let cancel = CancellationToken::new();
    tokio::select! {
        () = agent.run(cancel.clone()) => {}
        () = desktop::tell(agent, &folder) => {}
        () = hand_over(agent, handler.as_ref(), output) => {}
        () = lifetime::end_by_itself() => {}
    }
    cancel.cancel();
    Ok(())
}

async fn hand_over(agent: &Agent, handler: Option<&Handler>, output: Output) {
    let Some(handler) = handler else { return std::future::pending().await };
    let mut left = HashSet::new();
    loop {
        match next(agent, &left).await {
            Some(message) if handle(agent, handler, &message, output).await => {}
            Some(message) => drop(left.insert(message.message_id)),
            None => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// The oldest unread message that was not left for the owner.
async fn next(agent: &Agent, left: &HashSet<MessageId>) -> Option<InboxMessage> {
    if agent.mail_waiting().await <= left.len() as u64 {
        return None;
    }
    let query = InboxQuery { unread_only: true, limit: Some(left.len() + 1), ..InboxQuery::default() };
    let page = agent.check_inbox(query, MarkRead(false)).await.ok()?;
    page.messages.into_iter().find(|message| !left.contains(&message.message_id))
}

/// Whether the program took it. Only then it counts as read.
async fn handle(agent: &Agent, handler: &Handler, message: &InboxMessage, output: Output) -> bool {
    let given = json::message(message).to_string();
    for attempt in 0..TRIES {
        match handler.give(&given).await {
            Handled::Taken => {
                mark(agent, message).await;
                return true;
            }
            Handled::Refused(why) => {
                output.note(format!("note: message {}: {why}", message.message_id));
                tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
            }
        }
    }
    output.note(format!("note: message {} stays unread; the program did not take it", message.message_id));
    false
}

async fn mark(agent: &Agent, message: &InboxMessage) {
    let this = ThreadQuery {
        peer: message.from_id.to_string(),
        message_id: Some(message.message_id),
        ..ThreadQuery::default()
    };
    drop(agent.thread(this, MarkRead(true)).await);
}
