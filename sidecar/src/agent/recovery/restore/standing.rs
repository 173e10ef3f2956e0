//! What a relay tells everybody about an identity: its device, its card. No account is needed to ask.

use std::future::{Future, ready};
use std::pin::Pin;
use std::sync::Arc;

use a2a_proto::address::RelayAuthority;
use a2a_proto::card::VerifiedCard;
use a2a_proto::id::AgentId;
use a2a_proto::prekey::VerifiedBundle;

use crate::agent::{AgentConfig, RecoveryError, RetiredDevice, Trouble, relays};
use crate::relay_client::{AllowedHosts, BundleFor, RelayClient, RelayFailure};

/// What the relay knows.
#[derive(Debug, Default)]
pub(super) struct Standing {
    /// The highest epoch that it shows.
    pub(super) epoch: u32,
    /// The device that published the prekeys.
    pub(super) device: Option<RetiredDevice>,
    /// The published card, and the name on it.
    pub(super) card: Option<Vec<u8>>,
    pub(super) name: Option<String>,
    /// Why it could not be asked.
    pub(super) away: Option<String>,
}

impl Standing {
    pub(super) fn is_known(&self) -> bool {
        self.device.is_some() || self.card.is_some()
    }
}

/// Before there is a store, only the relay that the owner named is called.
struct OwnOnly;

impl AllowedHosts for OwnOnly {
    fn hold<'a>(&'a self, _host: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(ready(false))
    }
}

/// Calls a relay for somebody who has no store yet.
pub(in crate::agent::recovery) fn client(config: &AgentConfig, relay: &RelayAuthority) -> Result<RelayClient, Trouble> {
    RelayClient::new(relay.clone(), Arc::new(OwnOnly), Arc::clone(&config.clock))
        .map_err(|failure| relays::trouble(relay, &failure))
}

/// Asks the relay. That it is away is an answer, too.
pub(super) async fn ask(config: &AgentConfig, relay: &RelayAuthority, id: &AgentId) -> Result<Standing, RecoveryError> {
    let client = client(config, relay)?;
    let mut standing = Standing::default();
    match client.bundle(relay, id, BundleFor::Knock).await {
        Ok(answer) => standing.see_bundle(&answer.bundle.0, id, config),
        Err(RelayFailure::NotFound) => {}
        Err(failure) => return Ok(Standing { away: Some(relays::waiting(relay, &failure)), ..standing }),
    }
    if let Ok(card) = client.card(relay, id).await {
        standing.see_card(card, id);
    }
    Ok(standing)
}

impl Standing {
    fn see_bundle(&mut self, bundle: &[u8], id: &AgentId, config: &AgentConfig) {
        // One that has expired tells nothing that counts; the relay then says itself when an epoch is too low.
        let Ok(bundle) = VerifiedBundle::parse(bundle, id, config.clock.now()) else { return };
        let certificate = bundle.certificate();
        self.epoch = self.epoch.max(certificate.epoch());
        self.device = Some(RetiredDevice {
            epoch: certificate.epoch(),
            since: certificate.not_before(),
            last_seen: bundle.created(),
        });
    }

    fn see_card(&mut self, bytes: Vec<u8>, id: &AgentId) {
        let Ok(verified) = VerifiedCard::parse(&bytes, id) else { return };
        self.epoch = self.epoch.max(verified.card().certificate.epoch());
        self.name = Some(verified.card().display_name.clone());
        self.card = Some(bytes);
    }
}
