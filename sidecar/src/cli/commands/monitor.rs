//! `a2a monitor`: stay, collect, and print one short line whenever new mail has come; a client wakes its model by it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::agent::Agent;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::words;
use crate::lifetime;

/// Another process may collect, so its work is looked up.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// Watches until the client ends it.
pub(crate) async fn run(agent: &Agent, output: Output) -> Result<(), Failure> {
    let cancel = CancellationToken::new();
    tokio::select! {
        () = agent.run(cancel.clone()) => {}
        () = announce(agent, output) => {}
        () = lifetime::end() => {}
    }
    cancel.cancel();
    Ok(())
}

/// One line for every growth. What waited before the start is the session-start hook's to tell.
async fn announce(agent: &Agent, output: Output) {
    let mut known = None;
    loop {
        let unread = agent.mail_waiting().await;
        if known.is_some_and(|known| unread > known) {
            output.line(words::mail_waits(unread).unwrap_or_default());
        }
        known = known.map_or(Some(unread), |_| Some(unread));
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
