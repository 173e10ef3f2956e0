//! `a2a invite`: a one-time link, made with the owner's consent.

use std::time::Duration;

use a2a_proto::scope::Scope;
use clap::Args;

use crate::agent::{Agent, JoinLink, MadeInvite, MakeInvite, Outcome};
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
    /// Go on with the pair of this peer, when both of you lost the other's relay; asks you first
    #[arg(long, value_name = "PEER", conflicts_with_all = ["scopes", "expires_in"])]
    mend: Option<String>,
    /// Let the link bring in somebody who has no agent yet: a join link of your relay, from its operator
    #[arg(long, value_name = "JOIN-LINK", conflicts_with = "mend")]
    join: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Makes the link and prints it alone on standard output.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let bounds = arguments.ends.into();
    let newcomer = arguments.join.as_deref().map(join_link).transpose()?;
    let brings_token = newcomer.is_some();
    let wanted = MakeInvite { scopes: arguments.scopes, expires_in: arguments.expires_in, bounds, newcomer };
    let invite = match &arguments.mend {
        Some(peer) => mend(agent, peer, output).await?,
        None => make(agent, wanted, output).await?,
    };
    if arguments.json {
        output.json(&json::invite(&invite));
        return Ok(());
    }
    output.line(&invite.link);
    let expires = words::within(invite.expires_at, home::now());
    output.note(format!("\nWhoever opens this link first is paired with you for: {}.", words::scopes(&invite.scopes)));
    output.note(format!("It works once and ends {expires}. Send it over something you trust."));
    output.note("They run: a2a authorize LINK");
    match brings_token {
        true => output.note("Who has no agent yet runs: a2a init LINK --name NAME. The token in it is spent by that."),
        false => output.note("Who has no agent yet may try: a2a init LINK --name NAME, if your relay takes everybody."),
    }
    Ok(())
}

fn join_link(text: &str) -> Result<JoinLink, Failure> {
    JoinLink::parse(text).ok_or_else(|| {
        Failure::usage("that is no join link", "It ends with /join# and a token; the operator of your relay makes them")
    })
}

/// Asks at the terminal: no tool makes such an invite.
async fn mend(agent: &Agent, peer: &str, output: Output) -> Result<MadeInvite, Failure> {
    let question = format!("Make a link by which {peer}, and nobody else, can go on with your pair?");
    let Some(word) = consent::ask(agent, &question, output).await? else {
        return Err(Failure::new("you said no, so nothing was done", "Run the command again if that was a slip"));
    };
    Ok(progress::during("Making the invite", agent.mend(peer, word)).await?)
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
