//! Reading public cards where no identity is: what anyone may ask of any relay.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_proto::address::{Address, AddressWho, RelayAuthority};
use a2a_proto::id::AgentId;

use super::{AgentConfig, AgentSearch, CardError, Listing, Manifest, Trouble, card, listing, relays};
use crate::relay_client::{AllowedHosts, RelayClient, RelayFailure};

/// Stands for the own relay of who has none. Nothing is there.
const NO_RELAY: &str = "relay.invalid";

/// Without an identity no owner allowed anything.
struct NoHosts;

impl AllowedHosts for NoHosts {
    fn hold<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(std::future::ready(false))
    }
}

/// The verified card of the agent at an address or in an invite link.
pub(super) async fn read(config: &AgentConfig, who: &str) -> Result<Manifest, CardError> {
    let client = client(config)?;
    let (agent, relay) = whose(config, &client, who.trim()).await?;
    let bytes = client.card(&relay, &agent).await.map_err(|failure| failed(&relay, &failure))?;
    let verified = card::genuine(&bytes, &agent, config.clock.now());
    let verified = verified.ok_or_else(|| CardError::NotGenuine { relay: relay.to_string() })?;
    Ok(card::manifest(verified.card(), None))
}

/// Looks at a named relay, or at the one that the settings name.
pub(super) async fn search(config: &AgentConfig, query: AgentSearch) -> Result<Listing, CardError> {
    let relay = query.relay.clone().or_else(|| config.default_relay.clone()).ok_or(Trouble::NoIdentity)?;
    let page = listing::ask(&client(config)?, relay, &query, config.clock.now()).await?;
    Ok(listing::unknown(page))
}

/// Only the relay of the settings is vouched for; every other is called at public addresses only.
fn client(config: &AgentConfig) -> Result<RelayClient, Trouble> {
    let usual = config.default_relay.clone();
    let own = usual.map_or_else(|| NO_RELAY.parse(), Ok).map_err(|_| Trouble::Internal("a relay's name is none"))?;
    RelayClient::new(own.clone(), Arc::new(NoHosts), Arc::clone(&config.clock))
        .map_err(|failure| relays::trouble(&own, &failure))
}

async fn whose(config: &AgentConfig, client: &RelayClient, who: &str) -> Result<(AgentId, RelayAuthority), CardError> {
    if let Some(invite) = card::invited(who)? {
        return Ok((invite.agent, invite.relay));
    }
    if !who.contains('@') {
        // Petnames need an identity; a bare id needs to know where to ask.
        let relay = config.default_relay.clone().ok_or(Trouble::NoIdentity)?;
        return Ok((who.parse().map_err(|_| Trouble::NoIdentity)?, relay));
    }
    let Address { who, relay } = who.parse()?;
    match who {
        AddressWho::Id(id) => Ok((id, relay)),
        AddressWho::Handle(handle) => {
            let found = client.resolve(&relay, &handle).await;
            Ok((found.map_err(|failure| failed(&relay, &failure))?, relay))
        }
    }
}

fn failed(relay: &RelayAuthority, failure: &RelayFailure) -> CardError {
    match failure {
        RelayFailure::NotFound => CardError::NotPublished { relay: relay.to_string() },
        other => relays::trouble(relay, other).into(),
    }
}
