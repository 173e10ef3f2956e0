//! `a2a capabilities`: what our agent takes, what others take, and who can be found.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use a2a_proto::card::Capability;
use a2a_proto::id::AgentId;
use a2a_proto::intent::Intent;
use clap::{Args, Subcommand};
use serde_json::Value;

use super::init::Place;
use crate::agent::{Agent, AgentSearch, CardAtRelay, Listing, Manifest, ManifestEntry, Outcome, Published};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{consent, json, progress, quoted, words};
use crate::given::Given;
use crate::present;

/// More is never read; the agent says what the real limits are.
const MAX_READ_BYTES: u64 = 1 << 20;

/// The arguments of `a2a capabilities`.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    act: Option<Act>,
    /// Whose to read: a peer, an address or an invite link [default: your own]
    #[arg(value_name = "PEER|ADDRESS|LINK")]
    who: Option<String>,
    /// Find agents that a relay lists, by what they take; without a word, all of them
    #[arg(long, value_name = "WORD", num_args = 0..=1, conflicts_with = "who")]
    search: Option<Option<Intent>>,
    /// Which relay to ask [default: your own]
    #[arg(long, value_name = "RELAY", requires = "search")]
    relay: Option<String>,
    /// Go on after this agent
    #[arg(long, value_name = "AGENT-ID", requires = "search")]
    after: Option<AgentId>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Act {
    /// Publish what your agent takes, or tell peers only, in place of what it published before; asks you first
    Set {
        /// A JSON file: a list of {"id", "title", "description", "schema"}; - reads standard input
        file: PathBuf,
        /// Let your relay name your agent to whoever looks for one of these
        #[arg(long, conflicts_with = "unlisted")]
        listed: bool,
        /// Let it no longer do that
        #[arg(long)]
        unlisted: bool,
        /// Publish nothing: tell each of your peers, sealed, and nobody else
        #[arg(long, conflicts_with_all = ["listed", "unlisted"])]
        for_peers: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Withdraw the card; asks you first
    Withdraw {
        /// Withdraw what peers were told instead
        #[arg(long)]
        for_peers: bool,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
}

/// Shows, finds, publishes, tells or withdraws.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let Arguments { act, who, search, relay, after, json } = arguments;
    match (act, who, search) {
        (Some(Act::Set { file, listed, unlisted, for_peers, json }), ..) => {
            let audience = match for_peers {
                true => Audience::Peers,
                false => Audience::Anyone { listed: (listed || unlisted).then_some(listed) },
            };
            publish(agent, read(&file)?, audience, json, output).await
        }
        (Some(Act::Withdraw { for_peers: true, json }), ..) => {
            publish(agent, Vec::new(), Audience::Peers, json, output).await
        }
        (Some(Act::Withdraw { json, .. }), ..) => {
            publish(agent, Vec::new(), Audience::Anyone { listed: None }, json, output).await
        }
        (None, _, Some(capability)) => {
            let relay = relay.map(|relay| Place::parse(&relay)).transpose()?.map(|place| place.relay);
            find(agent, AgentSearch { capability, relay, after }, json, output).await
        }
        (None, Some(who), None) => {
            let card = progress::during("Reading the card", agent.capabilities_of(&who)).await?;
            if json {
                output.json(&json::manifest(&card))
            } else {
                show_theirs(&card, output)
            }
            Ok(())
        }
        (None, None, None) => own(agent, json, output).await,
    }
}

fn read(file: &Path) -> Result<Vec<Capability>, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("cannot read {}: {error}", file.display()), "Name a JSON file, or - and pipe it in")
    };
    let mut text = String::new();
    let source: Box<dyn Read> = match file.as_os_str() == "-" {
        true => Box::new(std::io::stdin()),
        false => Box::new(File::open(file).map_err(unreadable)?),
    };
    source.take(MAX_READ_BYTES).read_to_string(&mut text).map_err(unreadable)?;
    parse(&text)
}

fn parse(text: &str) -> Result<Vec<Capability>, Failure> {
    let wrong = |what: String| {
        let example = "As in [{\"id\": \"code-review\", \"title\": \"Reads changes\", \"description\": \"…\"}]; `schema` is a \
                       JSON Schema";
        Failure::usage(format!("the file is no list of capabilities: {what}"), example)
    };
    let value: Value = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
    let list = match value {
        Value::Object(mut fields) => fields.remove("capabilities").unwrap_or_default(),
        other => other,
    };
    let given: Vec<Given> = serde_json::from_value(list).map_err(|error| wrong(error.to_string()))?;
    if given.is_empty() {
        return Err(Failure::usage("the list is empty", "To withdraw the card: a2a capabilities withdraw"));
    }
    Ok(given.into_iter().map(Capability::from).collect())
}

/// Who is to know what the agent takes.
#[derive(Clone, Copy)]
enum Audience {
    /// Whoever reads the card; `listed` says who finds it.
    Anyone { listed: Option<bool> },
    /// Peers only.
    Peers,
}

async fn publish(
    agent: &Agent,
    wanted: Vec<Capability>,
    audience: Audience,
    json: bool,
    output: Output,
) -> Result<(), Failure> {
    let published = settled(agent, wanted, audience, output).await?;
    let count = words::count(published.capabilities as u64, "kind");
    if json {
        output.json(&published);
    } else if matches!(audience, Audience::Peers) {
        match published.capabilities {
            0 => output.say("Taken back: your peers are told so."),
            _ => output.say(format!("Each of your peers is told {count} of request, sealed. Nobody else is.")),
        }
    } else if published.capabilities == 0 {
        output.say("Your card is withdrawn: nobody can read what your agent takes.");
    } else {
        output.say(format!("Published: {count} of request, on a signed card that anyone may read."));
        output.note(listed_words(published.listed));
    }
    Ok(())
}

/// Asks the owner if need be, and then takes what was approved.
async fn settled(
    agent: &Agent,
    wanted: Vec<Capability>,
    audience: Audience,
    output: Output,
) -> Result<Published, Failure> {
    let set = || async {
        match audience {
            Audience::Anyone { listed } => agent.set_capabilities(wanted.clone(), listed).await,
            Audience::Peers => agent.tell_peers_capabilities(wanted.clone()).await,
        }
    };
    let asked = match set().await {
        Err(error) if consent::may_ask_again(&error) => set().await,
        asked => asked,
    };
    match asked? {
        Outcome::Done(published) => Ok(published),
        Outcome::Pending(action) => {
            consent::decide(agent, &action, output).await?;
            match set().await? {
                Outcome::Done(published) => Ok(published),
                Outcome::Pending(_) => Err(consent::not_settled()),
            }
        }
    }
}

async fn own(agent: &Agent, json: bool, output: Output) -> Result<(), Failure> {
    let (card, peers_only) = (agent.own_card().await?, agent.peers_only().await?);
    match card {
        _ if json => {
            output.json(&json::own_card(card.as_ref(), peers_only.as_ref()));
            return Ok(());
        }
        None => {
            output.say("Your agent publishes no card. Its peers may still write to it.");
            output.note("To publish one: a2a capabilities set FILE");
        }
        Some(card) => {
            entries(&card.capabilities, output);
            output.note(format!("\nPublished {}. {}", words::date(card.updated_at), listed_words(card.listed)));
        }
    }
    if let Some(list) = peers_only {
        output.line("\nFor peers only, told to each sealed:");
        entries(&list.capabilities, output);
        let told = if list.told.is_empty() { "nobody yet".to_owned() } else { list.told.join(", ") };
        output.note(format!("\nSet {}. Told: {told}.", words::date(list.updated_at)));
    }
    Ok(())
}

fn listed_words(listed: bool) -> &'static str {
    match listed {
        true => "Your relay lists it: whoever looks for one of these finds your agent.",
        false => "Your relay does not list it: who has your address can read it, nobody finds it by looking.",
    }
}

/// Everything on the card but id and words is the agent's own.
fn show_theirs(card: &Manifest, output: Output) {
    let name = card.petname.as_deref().unwrap_or("An agent that you are not paired with");
    output.line(output.tone(Tone::Strong, name));
    about(card, output);
    entries(&card.capabilities, output);
    let date = words::date(card.updated_at);
    let proof = match card.card {
        CardAtRelay::Published => format!("Signed {date}; the signature holds."),
        CardAtRelay::None => format!("Told to you sealed, {date}; it publishes no card."),
        CardAtRelay::Unread => format!("Told to you sealed, {date}; its card could not be read just now."),
    };
    output.note(format!("\n{proof} Its words stand behind the bar."));
}

fn about(card: &Manifest, output: Output) {
    output.line(format!("  address       {}", card.address));
    output.line(format!("  safety words  {}", card.safety_words.join(" ")));
    output.line(format!("  listed        {}", if card.listed { "yes" } else { "no" }));
    quoted::labelled("calls itself: ", &present::line(&card.display_name), output);
}

fn entries(entries: &[ManifestEntry], output: Output) {
    for ManifestEntry { id, title, description, schema, for_peers } in entries {
        quoted::labelled(&format!("{}: ", present::line(id)), &present::line(title), output);
        quoted::show(&present::neutralise(description), "    ", output);
        if schema.is_some() {
            output.line("    with a JSON Schema (shown with --json)");
        }
        if *for_peers {
            output.line("    for peers only");
        }
    }
}

async fn find(agent: &Agent, query: AgentSearch, json: bool, output: Output) -> Result<(), Failure> {
    let what = query.capability.clone();
    let found = progress::during("Asking the relay", agent.search_agents(query)).await?;
    if json {
        output.json(&json::listing(&found));
    } else {
        show_found(&found, what.as_ref(), output);
    }
    Ok(())
}

fn show_found(found: &Listing, what: Option<&Intent>, output: Output) {
    if found.agents.is_empty() && found.next.is_none() {
        let taking = what.map_or_else(String::new, |what| format!(" that takes {what}"));
        output.say(format!("{} lists no agent{taking}.", found.relay));
    }
    for card in &found.agents {
        output.line(output.tone(Tone::Strong, card.petname.as_deref().unwrap_or("not paired with you")));
        about(card, output);
        for entry in &card.capabilities {
            quoted::labelled(&format!("{}: ", present::line(&entry.id)), &present::line(&entry.title), output);
        }
        output.line("");
    }
    if found.unproven > 0 {
        let left_out = words::count(found.unproven as u64, "agent");
        output.note(format!("{left_out} left out: the relay named them, but no card of theirs proves it."));
    }
    if !found.agents.is_empty() {
        output.note("Being listed proves nothing but the id. To ask one to pair: a2a authorize ADDRESS");
    }
    if let Some(next) = found.next {
        let word = what.map_or_else(String::new, |what| format!(" {what}"));
        output.note(format!("More: a2a capabilities --search{word} --relay {} --after {next}", found.relay));
    }
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn a_file_is_a_list_or_names_one() {
        let one = r#"{"id": "review", "title": "Reviews", "schema": {"type": "object"}}"#;
        for text in [format!("[{one}]"), format!(r#"{{"capabilities": [{one}], "listed": true}}"#)] {
            let read = parse(&text).unwrap();
            assert_eq!((read.len(), read[0].id.as_str()), (1, "review"));
            assert_eq!(read[0].schema.as_deref(), Some(r#"{"type":"object"}"#));
        }
    }

    #[test]
    fn a_mistake_in_it_is_named() {
        for (text, named) in [
            ("nonsense", "line 1"),
            ("{}", "invalid type: null"),
            (r#"[{"id": "review"}]"#, "`title`"),
            (r#"[{"id": "review", "title": "x", "shema": {}}]"#, "`shema`"),
            (r#"[{"id": "review", "title": "x", "schema": "{}"}]"#, "string"),
            ("[]", "withdraw"),
        ] {
            let said = parse(text).unwrap_err().text();
            assert!(said.contains(named), "{text}: {said}");
        }
    }
}
