//! `a2a monitor`: stay, collect, and print one short line whenever new mail has come; a client wakes its model by it.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::agent::{Agent, MailNews};
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

/// One line whenever mail is new. What waited before the start is the session-start hook's to tell.
async fn announce(agent: &Agent, output: Output) {
    let mut known: Option<MailNews> = None;
    loop {
        if let Some(mail) = agent.mail_news().await
            && known.get_or_insert(mail).turns(mail)
        {
            output.line(words::mail_waits(mail.unread).unwrap_or_default());
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}
