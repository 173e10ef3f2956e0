//! `a2a init`: create the agent and register it at a relay.

use a2a_proto::address::RelayAuthority;
use a2a_proto::invite::{Invite, Voucher};
use clap::Args;

use crate::agent::{Agent, Authorize, Bounds, Register, Registered};
use crate::cli::commands::{authorize, pin, recovery};
use crate::cli::failure::Failure;
use crate::cli::output::{Output, Tone};
use crate::cli::{home, progress, terminal};
use crate::clients::typed;
use crate::error::Explain as _;

/// Where nothing was finished yet, `init` may go on.
const MAY_INIT: [&str; 2] = ["no_identity", "not_registered"];

/// The arguments of `a2a init`.
#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The relay's address (`https://relay.example`), the join link its operator gave you, or an invite: then you register
    /// at the inviter's relay and are asked about the invite
    #[arg(value_name = "RELAY-URL|JOIN-LINK|INVITE")]
    place: Option<String>,
    /// The name your peers see, such as alice
    #[arg(long)]
    name: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Registers a new agent; one that exists is named and left alone.
pub(crate) async fn run(arguments: Arguments, agent: &Agent, output: Output) -> Result<(), Failure> {
    let invite = arguments.place.as_deref().filter(|place| place.contains("/invite#"));
    let given = match (invite, arguments.place.as_deref()) {
        (Some(invite), _) => Some(Place::of_invite(invite)?),
        (None, place) => place.map(Place::parse).transpose()?,
    };
    if let Some(registered) = join_again(agent, given.as_ref()).await? {
        if arguments.json {
            output.json(&registered);
        } else {
            output.line(format!("{} is registered again, and its pairs go on.", registered.address));
        }
        return Ok(());
    }
    refuse_second(agent).await?;
    let place = match given {
        Some(place) => place,
        None => usual_or_asked()?,
    };
    let name = match arguments.name {
        Some(name) => name,
        None => asked("your name", "--name NAME", "Name that your peers will see:")?,
    };
    output.note(format!("Your agent's key will rest in {}.", home::vault()?));
    let register = Register { name, relay: Some(place.relay), join_token: place.join_token };
    let registered = progress::during("Registering at the relay", agent.register(register)).await?;
    if registered.already {
        return Err(exists(&registered.address.to_string()));
    }
    if arguments.json {
        output.json(&registered);
        return Ok(());
    }
    welcome(&registered, output)?;
    pin::offer(agent, output).await?;
    recovery::offer(agent, output).await?;
    match invite {
        Some(invite) => take_up(invite, agent, output).await,
        None => Ok(()),
    }
}

/// A relay that lost the account of the agent that is here gets a join link for it; none where it knows the agent.
async fn join_again(agent: &Agent, place: Option<&Place>) -> Result<Option<Registered>, Failure> {
    let (Some(place), Ok(whoami)) = (place.filter(|place| place.join_token.is_some()), agent.whoami().await) else {
        return Ok(None);
    };
    if whoami.address.relay != place.relay {
        return Ok(None);
    }
    let (relay, join_token) = (Some(place.relay.clone()), place.join_token.clone());
    let registered = agent.register(Register { name: whoami.display_name, relay, join_token }).await?;
    Ok((!registered.already).then_some(registered))
}

/// The invite that brought the newcomer here, put to the owner.
async fn take_up(invite: &str, agent: &Agent, output: Output) -> Result<(), Failure> {
    let wanted = Authorize { peer: invite.to_owned(), scopes: None, text: None, bounds: Bounds::default() };
    let authorized = authorize::authorize(agent, wanted, output).await?;
    authorize::show(&authorized, &authorized.peer, output);
    Ok(())
}

async fn refuse_second(agent: &Agent) -> Result<(), Failure> {
    match agent.whoami().await {
        Ok(whoami) => Err(exists(&whoami.address.to_string())),
        Err(error) if MAY_INIT.contains(&error.code()) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn exists(address: &str) -> Failure {
    Failure::new(
        format!("this computer already has an agent: {address}"),
        "Run `a2a whoami` to see it, `a2a authorize LINK` to take up an invite. To make another one, set A2A_HOME to a folder of its own",
    )
}

fn welcome(registered: &Registered, output: Output) -> Result<(), Failure> {
    output.line(output.tone(Tone::Good, "Your agent is registered."));
    output.line(format!("\n  address       {}", registered.address));
    output.line(format!("  agent id      {}", registered.agent_id));
    output.line(format!("  safety words  {}", registered.safety_words.join(" ")));
    output.line("\nConnect your AI client. For Claude Code:\n");
    let program = home::program()?.path.display().to_string();
    output.line(format!("  claude mcp add --scope user a2a {}-- {} mcp", variables()?, typed(&program)));
    output.line("\nThen pair with someone: `a2a invite` makes a link for them.");
    Ok(())
}

/// What the client has to set so that the server finds this agent: folders only, never a secret.
fn variables() -> Result<String, Failure> {
    let set = home::variables_for_clients()?;
    Ok(set.iter().map(|(name, value)| format!("--env {} ", typed(&format!("{name}={value}")))).collect())
}

/// Where to register: the relay, and the token of a join link.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) relay: RelayAuthority,
    pub(crate) join_token: Option<String>,
}

impl Place {
    /// The inviter's relay, with the token that the invite brings along.
    fn of_invite(text: &str) -> Result<Self, Failure> {
        let read = Voucher::split(text).and_then(|(invite, voucher)| Ok((Invite::parse(invite)?, voucher)));
        let (invite, voucher) = read.map_err(|error| {
            Failure::usage(
                error.to_string(),
                "Copy the link again, all of it. Who has an agent already runs `a2a authorize LINK`",
            )
        })?;
        Ok(Self { relay: invite.relay.clone(), join_token: voucher.map(|voucher| voucher.as_str().to_owned()) })
    }

    /// Reads a relay's URL, a bare host, or a join link.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let (url, token) = match text.split_once('#') {
            Some((link, token)) => (link.strip_suffix("/join").unwrap_or(link), Some(token)),
            None => (text, None),
        };
        if text.contains("/invite#") {
            return Err(Failure::usage(
                "this is an invite to pair with someone, not a relay",
                "Register first (`a2a init RELAY-URL --name NAME`), then run `a2a authorize LINK`",
            ));
        }
        let relay = if url.contains("://") { RelayAuthority::from_url(url) } else { url.parse() };
        let relay = relay.map_err(|error| {
            Failure::usage(
                format!("that is no relay's address: {error}"),
                "It looks like https://relay.example, or is a join link that ends with /join# and a token",
            )
        })?;
        Ok(Self { relay, join_token: token.filter(|token| !token.is_empty()).map(str::to_owned) })
    }
}

/// The relay that A2A_RELAY names, else what the owner types.
fn usual_or_asked() -> Result<Place, Failure> {
    if let Some(relay) = home::usual_relay()? {
        return Ok(Place { relay, join_token: None });
    }
    let question = "Relay to register at (its URL, or the join link its operator gave you):";
    Place::parse(&asked("the relay", "RELAY-URL or JOIN-LINK", question)?)
}

fn asked(missing: &str, argument: &str, question: &str) -> Result<String, Failure> {
    if terminal::is_interactive() {
        return terminal::line(question);
    }
    Err(Failure::usage(
        format!("{missing} is missing, and there is no terminal to ask at"),
        format!("Give it on the command line: {argument}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn token(text: &str) -> Option<String> {
        Place::parse(text).unwrap().join_token
    }

    #[test]
    fn a_place_is_a_url_a_host_or_a_join_link() {
        let relay = Place::parse("https://relay.example.org").unwrap();
        assert_eq!(relay, Place::parse("relay.example.org").unwrap());
        assert_eq!(relay.join_token, None);
        assert_eq!(token("https://relay.example.org/join#abc").as_deref(), Some("abc"));
        assert_eq!(token("http://127.0.0.1:8787/join#abc").as_deref(), Some("abc"));
    }

    #[test]
    fn what_is_no_place_says_what_one_looks_like() {
        for wrong in ["", "http://relay.example.org", "not a host", "https://relay.example.org/x"] {
            let failure = Place::parse(wrong).unwrap_err();
            assert!(failure.text().contains("https://relay.example"), "{wrong}: {}", failure.text());
        }
        let invite = Place::parse("https://relay.example.org/invite#abc").unwrap_err();
        assert!(invite.text().contains("a2a authorize"));
    }
}
