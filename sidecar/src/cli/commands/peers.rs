//! `a2a peers`: whom we deal with, under the names the owner chose.

use clap::{Args, Subcommand, ValueEnum};

use super::limits;
use crate::agent::{Agent, PairState, PairView, PeerList};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::table::Table;
use crate::cli::{consent, home, json, words};

/// The arguments of `a2a peers`.
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
    /// Show one peer in full: id, address, safety words
    Show {
        /// The peer's name
        peer: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Call a peer by another name
    Rename {
        /// The name now
        old: String,
        /// The name from now on
        new: String,
    },
    /// Tell a peer, or no longer, when its mail was shown; that it arrived is always told
    Receipts {
        /// The peer's name
        peer: String,
        /// Whether it is told
        told: Told,
    },
    /// Show or set how much your agent may write to a peer while you are away
    Limits(limits::Arguments),
    /// Let mail to a peer go on that pauses
    Resume {
        /// The peer's name
        peer: String,
    },
    /// Hear requests of a blocked agent again; asks you first
    Unblock {
        /// Its name or id
        peer: String,
    },
}

/// Whether a peer is told of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Told {
    On,
    Off,
}

/// Lists the peers, or changes how we treat one.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    match arguments.act {
        None if arguments.json => output.json(&json::peers(&agent.peers().await?)),
        None => list(&agent.peers().await?, output),
        Some(Act::Show { peer, json }) => show(agent, &peer, json, output).await?,
        Some(Act::Rename { old, new }) => {
            let word = consent::said(agent).await?;
            let name = agent.rename(&old, &new, word).await?;
            output.say(format!("{old} is now {name}."));
        }
        Some(Act::Receipts { peer, told }) => {
            let name = agent.tell_of_reading(&peer, told == Told::On).await?;
            match told {
                Told::On => output.say(format!("{name} is told when its mail was shown.")),
                Told::Off => output.say(format!(
                    "{name} is no longer told when its mail was shown. An answer that names a message still tells."
                )),
            }
        }
        Some(Act::Limits(arguments)) => limits::run(arguments, agent, output).await?,
        Some(Act::Resume { peer }) => limits::resume(&peer, agent, output).await?,
        Some(Act::Unblock { peer }) => {
            let question = format!("Hear requests of {peer} again?");
            let Some(word) = consent::ask(agent, &question, output).await? else { return Ok(()) };
            agent.unblock(&peer, word).await?;
            output.say(format!("{peer} is no longer blocked. They may ask to pair again."));
        }
    }
    Ok(())
}

fn list(peers: &PeerList, output: Output) {
    if peers.pairs.is_empty() && peers.waiting.is_empty() && peers.blocked.is_empty() {
        output.say("No peers yet.");
        output.note("Invite someone: a2a invite. Or take up an invite: a2a authorize LINK");
    } else {
        output.table(&table(peers));
    }
    if !peers.requests.is_empty() {
        output.note(format!("\n{} to pair: run `a2a requests`", words::count(peers.requests.len() as u64, "request")));
    }
}

fn table(peers: &PeerList) -> Table {
    let now = home::now();
    let mut table = Table::new(["NAME", "STATE", "MAY WRITE TO YOU", "YOU MAY WRITE", "LAST"]);
    for pair in &peers.pairs {
        let last = pair.last_contact.map_or_else(|| "-".to_owned(), |at| words::ago(at, now));
        table.row([
            pair.petname.clone(),
            in_words(pair),
            words::grant(&pair.granted, pair.bounds, now),
            words::grant_until(&pair.granted_to_us, pair.granted_to_us_until, now),
            last,
        ]);
    }
    for asked in &peers.waiting {
        table.row([
            asked.petname.clone(),
            "asked".to_owned(),
            words::scopes(&asked.granted),
            "-".to_owned(),
            words::ago(asked.asked_at, now),
        ]);
    }
    for blocked in &peers.blocked {
        let since = words::ago(blocked.since, now);
        table.row([blocked.petname.clone(), "blocked".to_owned(), "-".to_owned(), "-".to_owned(), since]);
    }
    table
}

fn in_words(pair: &PairView) -> String {
    match (pair.state, pair.verified_at) {
        (PairState::Paired, Some(_)) => "paired, verified".to_owned(),
        (other, _) => state(other).to_owned(),
    }
}

fn state(state: PairState) -> &'static str {
    match state {
        PairState::Paired => "paired",
        PairState::Refused => "ended by them",
        PairState::Revoked => "ended by you",
    }
}

async fn show(agent: &Agent, peer: &str, json: bool, output: Output) -> Result<(), Failure> {
    let peers = agent.peers().await?;
    let found = peers.pairs.iter().find(|pair| pair.petname == peer || pair.agent_id.to_string() == peer);
    let Some(pair) = found else {
        return Err(Failure::new(format!("there is no peer called {peer}"), "Run `a2a peers` to see the names"));
    };
    if json {
        output.json(pair);
    } else {
        in_full(pair, output);
    }
    Ok(())
}

fn in_full(pair: &PairView, output: Output) {
    output.line(output.tone(Tone::Strong, &pair.petname));
    output.line(format!("  state             {}", state(pair.state)));
    output.line(format!("  agent id          {}", pair.agent_id));
    output.line(format!("  address           {}", pair.address));
    output.line(format!("  safety words      {}", pair.safety_words.join(" ")));
    let verified = match pair.verified_at {
        Some(at) => format!("compared {}", words::date(at)),
        None => format!("not compared: a2a verify {}", pair.petname),
    };
    output.line(format!("  verified          {verified}"));
    let now = home::now();
    output.line(format!("  may write to you  {}", words::grant(&pair.granted, pair.bounds, now)));
    let to_us = words::grant_until(&pair.granted_to_us, pair.granted_to_us_until, now);
    output.line(format!("  you may write     {to_us}"));
    output.line(format!("  paired            {}", words::date(pair.since)));
    if let Some(until) = pair.undo_until {
        let until = words::within(until, home::now());
        output
            .line(format!("  revoked           can be taken back ({until} at the latest): a2a undo {}", pair.petname));
    }
    output.line(format!("  mail              {} unread, {} not yet sent", pair.unread, pair.waiting));
}
