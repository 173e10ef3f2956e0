//! `a2a demo`: pairs with an agent on this computer that answers everything, and shows its answer.

use std::time::{Duration, Instant};

use clap::Args;

use crate::agent::{Agent, Authorize, Draft, InboxMessage, InboxQuery, MarkRead, Outcome, Revoke};
use crate::cli::echo::Echo;
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, progress, quoted, terminal};
use crate::{lifetime, present};

/// The arguments of `a2a demo`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// A join link for the answering agent, where your relay wants one of every newcomer
    #[arg(long, value_name = "LINK")]
    join: Option<String>,
    /// End after the first answer
    #[arg(long)]
    once: bool,
}

/// An answer takes seconds; longer than this, and something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);
const LOOK_EVERY: Duration = Duration::from_millis(300);

/// Pairs, asks, shows the answer; then answers the owner's client until interrupted, and takes everything back.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    if !terminal::is_interactive() {
        return Err(Failure::new("the demo asks you to approve a pair", "Run `a2a demo` yourself in a terminal"));
    }
    let me = agent.whoami().await?;
    output
        .note("An agent that answers everything will live in this process, with an identity of its own at your relay.");
    let starting = Echo::start(&me.relay, arguments.join.as_deref());
    let echo = progress::during("Starting it", starting).await?;
    let played = play(&arguments, agent, &echo, output).await;
    let name = echo.name().to_owned();
    let gone = progress::during("Taking the answering agent away", echo.end()).await;
    // However it was played: a pair with an agent that is gone is of no use.
    let unpaired = agent.revoke(Revoke { peer: name, ..Revoke::default() }).await;
    if unpaired.is_ok() {
        output.note("The pair is ended and the answering agent is gone. Your own agent stays as it was.");
    }
    gone?;
    played?;
    Ok(unpaired.map(drop)?)
}

async fn play(arguments: &Arguments, agent: &Agent, echo: &Echo, output: Output) -> Result<(), Failure> {
    pair(agent, echo, output).await?;
    tokio::select! {
        answered = ask(agent, echo, output) => answered?,
        () = lifetime::end() => {
            return Err(Failure::new("the demo was ended before an answer came", "Run `a2a demo` again"));
        }
    }
    if arguments.once {
        return Ok(());
    }
    output.note(format!("\nNow tell your AI client: \"ask {} how it is\". Ctrl-C here ends the demo.", echo.name()));
    lifetime::end().await;
    Ok(())
}

/// Asks, and shows the answer.
async fn ask(agent: &Agent, echo: &Echo, output: Output) -> Result<(), Failure> {
    let asked = Instant::now();
    let draft =
        Draft { recipient: echo.name().to_owned(), body: "Hello! Is anybody there?".to_owned(), ..Draft::default() };
    output.note(format!("You to {}: {}", echo.name(), draft.body));
    agent.send(draft).await?;
    let answer = progress::during("Waiting for the answer", answer(agent, echo.name())).await?;
    output.note(format!("{} to you, signed and verified, {:.1} s later:", echo.name(), asked.elapsed().as_secs_f64()));
    quoted::ask(&present::neutralise(&answer.body), "  ", output);
    output.note(output.tone(Tone::Good, "It works: through your relay, which could not read a word of it."));
    Ok(())
}

/// The owner takes up the invite as any other: what is approved is shown first.
async fn pair(agent: &Agent, echo: &Echo, output: Output) -> Result<(), Failure> {
    let wanted = Authorize { peer: echo.invite().await?, ..Authorize::default() };
    match agent.authorize(wanted).await? {
        Outcome::Done(_) => Ok(()),
        Outcome::Pending(action) => consent::decide(agent, &action, output).await.map(drop),
    }
}

async fn answer(agent: &Agent, from: &str) -> Result<InboxMessage, Failure> {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let query = InboxQuery { unread_only: true, peer: Some(from.to_owned()), ..InboxQuery::default() };
        if let Some(message) = agent.check_inbox(query, MarkRead(true)).await?.messages.into_iter().next() {
            return Ok(message);
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
    Err(Failure::new("no answer came within a minute", "Run `a2a doctor`; your relay may be away"))
}
