//! `a2a relay`: the own relay, and which relays at private addresses may be called.

use clap::{Args, Subcommand};

use crate::agent::{Agent, AllowedRelays};
use crate::cli::commands::backup::listed;
use crate::cli::commands::init::Place;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::cli::{consent, progress};

/// The arguments of `a2a relay`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Let peers' relays at this host be called although it is private; asks you first
    Allow {
        /// A name or an address, as in relay.home.example or 192.168.1.7
        host: String,
    },
    /// Move your mailbox to another relay; every pair comes along; asks you first
    Move {
        /// The relay's address, or the join link its operator gave you
        #[arg(value_name = "RELAY-URL|JOIN-LINK")]
        place: String,
    },
    /// Take that back
    Forget {
        /// The host
        host: String,
    },
}

/// Shows what may be called, or changes it.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None if arguments.json => output.json(&agent.allowed_relays().await?),
        None => show(&agent.allowed_relays().await?, output),
        Some(Act::Allow { host }) => allow(agent, &host, output).await?,
        Some(Act::Move { place }) => move_to(agent, &place, output).await?,
        Some(Act::Forget { host }) => {
            let host = agent.forget_relay_host(&host).await?;
            output.say(format!("{host} is no longer allowed."));
        }
    }
    Ok(())
}

/// Who can run a command is not always the owner, so the owner is asked at the terminal.
async fn allow(agent: &Agent, host: &str, output: Output) -> Result<(), Failure> {
    output.note(
        "Peers choose the address of their relay. A private address may be a router, a printer or a company's own \
         service, and your agent would send requests there.",
    );
    let question = format!("Let peers' relays be called at {host}?");
    let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
    let host = agent.allow_relay_host(host, word).await?;
    output.say(format!("{host} is allowed. Mail that waits for it goes now."));
    Ok(())
}

async fn move_to(agent: &Agent, place: &str, output: Output) -> Result<(), Failure> {
    let Place { relay, join_token } = Place::parse(place)?;
    let from = agent.allowed_relays().await?.own;
    output.note(format!(
        "Your mailbox moves from {from} to {relay}. Your peers are told inside your conversations and write there from then \
         on; what still arrives at {from} is collected for five weeks, then the account there is closed."
    ));
    let Some(word) = consent::ask(agent, &format!("Move to {relay}?"), output).await? else { return Ok(()) };
    let moved = progress::during("Moving", agent.move_relay(relay, join_token, word)).await?;
    output.say(format!("You are {} now. Told: {}.", moved.address, listed(&moved.pairs)));
    Ok(())
}

fn show(relays: &AllowedRelays, output: Output) {
    output.line(format!("your relay     {}", relays.own));
    if relays.hosts.is_empty() {
        output.line("also allowed   nothing but public addresses");
        return;
    }
    for (number, host) in relays.hosts.iter().enumerate() {
        output.line(format!("{:<14} {host}", if number == 0 { "also allowed" } else { "" }));
    }
}
