//! `a2a authorize`: accept an invite, ask an address to pair, or let a request in.

use a2a_proto::scope::Scope;
use clap::Args;

use crate::agent::{Agent, Authorize, Authorized, AuthorizedState, Outcome};
use crate::cli::failure::Failure;
use crate::cli::grant::Ends;
use crate::cli::output::Output;
use crate::cli::{consent, json, progress, words};

/// The arguments of `a2a authorize`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// An invite link, an address (bob@relay or a2a_…@relay), a request's id, or a peer whose grant changes
    #[arg(value_name = "INVITE|ADDRESS|REQUEST|PEER")]
    peer: String,
    /// What they may write to you about; repeat for more
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// A line for the other owner, shown with a request to pair
    #[arg(long, value_name = "TEXT")]
    text: Option<String>,
    #[command(flatten)]
    ends: Ends,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Authorizes a peer, asking the owner at the terminal.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let scopes = Some(arguments.scopes).filter(|scopes| !scopes.is_empty());
    let called = arguments.peer.clone();
    let wanted = Authorize { peer: arguments.peer, scopes, text: arguments.text, bounds: arguments.ends.into() };
    let authorized = authorize(agent, wanted, output).await?;
    if arguments.json {
        output.json(&json::authorized(&authorized));
    } else {
        show(&authorized, &called, output);
    }
    Ok(())
}

/// Asks the owner if need be, and then takes what was approved; `a2a approve REQUEST` comes here too.
pub(crate) async fn authorize(agent: &Agent, wanted: Authorize, output: Output) -> Result<Authorized, Failure> {
    let asked = match progress::during("Looking them up", agent.authorize(wanted.clone())).await {
        Err(error) if consent::may_ask_again(&error) => agent.authorize(wanted.clone()).await,
        asked => asked,
    };
    match asked? {
        Outcome::Done(authorized) => Ok(authorized),
        Outcome::Pending(action) => {
            consent::decide(agent, &action, output).await?;
            match agent.authorize(wanted).await? {
                Outcome::Done(authorized) => Ok(authorized),
                Outcome::Pending(_) => Err(consent::not_settled()),
            }
        }
    }
}

/// Says how far it got and what comes next; somebody asked is called as the owner called them.
pub(crate) fn show(authorized: &Authorized, called: &str, output: Output) {
    let peer = &authorized.peer;
    match authorized.state {
        AuthorizedState::Paired => {
            output.say(format!(
                "Paired with {peer}. They may write to you about: {}.",
                words::scopes(&authorized.scopes)
            ));
            output.note(format!("Write to them: a2a send {peer} \"Hello\""));
        }
        AuthorizedState::Requested => {
            output.say(format!("Asked {called} to pair. Their owner decides; you will see the answer in `a2a inbox`."));
        }
    }
}
