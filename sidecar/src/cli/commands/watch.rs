//! `a2a watch`: collect and send while no client runs, and hand each new message to a program of the owner's.

use std::time::Duration;

use clap::Args;
use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, ForProgram, InboxMessage, LeftToOwner};
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
    let ended = tokio::select! {
        () = agent.run(cancel.clone()) => Err(superseded()),
        () = desktop::tell(agent, &folder) => Ok(()),
        () = hand_over(agent, handler.as_ref(), output) => Ok(()),
        () = lifetime::end_by_itself() => Ok(()),
    };
    cancel.cancel();
    ended
}

/// Nobody asked for this end, so it is a failure: a login service starts again what failed.
fn superseded() -> Failure {
    Failure::new(
        "watching ended, because a newer a2a upgraded the store",
        "Start `a2a watch` again with the newer program; the login service does so by itself",
    )
}

async fn hand_over(agent: &Agent, handler: Option<&Handler>, output: Output) {
    let Some(handler) = handler else { return std::future::pending().await };
    let mut left = LeftToOwner::default();
    loop {
        match agent.next_for_program(&mut left).await {
            Ok(Some(message)) => handle(agent, handler, message, &mut left, output).await,
            Ok(None) | Err(_) => tokio::time::sleep(LOOK_EVERY).await,
        }
    }
}

/// Gives a message to the program. Only once that took it, it counts as read.
async fn handle(agent: &Agent, handler: &Handler, message: ForProgram, left: &mut LeftToOwner, output: Output) {
    let id = message.message().message_id;
    let noted = match agent.during(&message, offer(handler, message.message(), output)).await {
        Ok(true) => agent.taken(message, left).await,
        Ok(false) => {
            output.note(format!("note: message {id} stays unread; the program did not take it"));
            agent.leave(message, left).await
        }
        Err(error) => Err(error),
    };
    if let Err(error) = noted {
        output.note(format!("note: what became of message {id} cannot be noted: {error}"));
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// Whether the program took it, if not at once.
async fn offer(handler: &Handler, message: &InboxMessage, output: Output) -> bool {
    let given = json::message(message).to_string();
    for attempt in 0..TRIES {
        match handler.give(&given).await {
            Handled::Taken => return true,
            Handled::Refused(why) => {
                output.note(format!("note: message {}: {why}", message.message_id));
                tokio::time::sleep(Duration::from_secs(1 << attempt)).await;
            }
        }
    }
    false
}
