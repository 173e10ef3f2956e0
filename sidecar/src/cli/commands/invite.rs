//! `a2a invite`: a one-time link, made with the owner's consent.

use std::time::Duration;

use a2a_proto::scope::Scope;
use clap::Args;

use crate::agent::{Agent, MadeInvite, MakeInvite, Outcome};
use crate::cli::failure::Failure;
use crate::cli::grant::Ends;
use crate::cli::output::Output;
use crate::cli::{consent, home, json, progress, words};

/// The arguments of `a2a invite`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// What the other agent may write about; repeat for more [default: message]
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<Scope>,
    /// How long the link works, such as 2h or 3d [default: 7d]
    #[arg(long = "expires", value_name = "TIME", value_parser = humantime::parse_duration)]
    expires_in: Option<Duration>,
    #[command(flatten)]
    ends: Ends,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Makes the link and prints it alone on standard output.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let bounds = arguments.ends.into();
    let wanted = MakeInvite { scopes: arguments.scopes, expires_in: arguments.expires_in, bounds };
    let invite = make(agent, wanted, output).await?;
    if arguments.json {
        output.json(&json::invite(&invite));
        return Ok(());
    }
    output.line(&invite.link);
    let expires = words::within(invite.expires_at, home::now());
    output.note(format!("\nWhoever opens this link first is paired with you for: {}.", words::scopes(&invite.scopes)));
    output.note(format!("It works once and ends {expires}. Send it over something you trust."));
    output.note("They run: a2a authorize LINK");
    Ok(())
}

/// Asks the owner if need be, and then takes what was approved.
async fn make(agent: &Agent, wanted: MakeInvite, output: Output) -> Result<MadeInvite, Failure> {
    let asked = match progress::during("Preparing the invite", agent.invite(wanted.clone())).await {
        Err(error) if consent::may_ask_again(&error) => agent.invite(wanted.clone()).await,
        asked => asked,
    };
    match asked? {
        Outcome::Done(invite) => Ok(invite),
        Outcome::Pending(action) => {
            consent::decide(agent, &action, output).await?;
            match agent.invite(wanted).await? {
                Outcome::Done(invite) => Ok(invite),
                Outcome::Pending(_) => Err(consent::not_settled()),
            }
        }
    }
}
