//! `a2a_register`: an identity, and an account at a relay.

use a2a_proto::address::RelayAuthority;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool};
use crate::agent::Register;
use crate::mcp::call::Call;
use crate::mcp::reply::{Failure, Reply};

pub(super) struct RegisterAgent;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {
    /// What peers will see
    name: String,
    /// Its URL; default: the configured one
    relay: Option<String>,
}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    agent_id: String,
    address: String,
    relay: String,
    safety_words: Vec<String>,
    /// True when this account existed before.
    already: bool,
}

impl Tool for RegisterAgent {
    const NAME: &'static str = "a2a_register";
    const TITLE: &'static str = "Register";
    const DESCRIPTION: &'static str = "Use once, when there is no identity yet: makes one and registers it at a relay. Safe to repeat. A relay \
         that wants a join link is joined by the owner with `a2a init`.";
    const HINTS: Hints = Hints { read_only: false, destructive: false, idempotent: true, open_world: true };
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments { name, relay }: Arguments) -> Result<Reply<Output>, Failure> {
        let relay = relay.as_deref().map(parse_relay).transpose()?;
        let registered = call.agent().await?.register(Register { name, relay, join_token: None }).await?;
        Ok(Output {
            agent_id: registered.agent_id.to_string(),
            address: registered.address.to_string(),
            relay: registered.relay.to_string(),
            safety_words: registered.safety_words,
            already: registered.already,
        }
        .into())
    }
}

/// A relay's URL or host. A join link carries a secret, which must not pass through a model.
fn parse_relay(text: &str) -> Result<RelayAuthority, Failure> {
    let text = text.trim();
    if text.contains('#') {
        return Err(Failure::new(
            "join_link",
            "that is a join link, not a relay",
            "Ask the owner to run `a2a init` with it; a join link never goes through a tool.",
        ));
    }
    let parsed = if text.contains("://") { RelayAuthority::from_url(text) } else { text.parse() };
    parsed.map_err(|error| {
        Failure::new(
            "bad_relay",
            format!("that is no relay: {error}"),
            "Give its URL, such as https://relay.example.org.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_join_link_is_sent_back_to_the_owner() {
        let failure = parse_relay("https://relay.example/join#secret").unwrap_err();
        assert_eq!(failure.code, "join_link");
        assert!(!format!("{failure:?}").contains("secret"));
    }

    #[test]
    fn a_relay_is_a_url_or_a_host() {
        assert!(parse_relay("https://relay.example").is_ok());
        assert!(parse_relay(" relay.example:8443 ").is_ok());
        assert_eq!(parse_relay("not a relay").unwrap_err().code, "bad_relay");
    }
}
