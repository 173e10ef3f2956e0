//! Which relays are called: strangers choose the names of peers' relays, so not every name is.
//!
//! A relay of the public internet is called through the guard, which pins the addresses it checked. Around the guard
//! goes what the owner vouches for: the own relay, this machine while the own relay runs on it, and allowed hosts.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_guard::{Forbidden, check_host, is_loopback_host};
use a2a_proto::address::RelayAuthority;
use thiserror::Error;

/// A relay is not called, and what the owner can do who knows it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("it is not called, because {why}. If you know and trust that relay, run `a2a relay allow {host}`")]
pub struct DestinationError {
    /// The host, in its canonical form.
    pub host: String,
    /// What is wrong with it.
    pub why: Forbidden,
}

/// Hosts that the owner allowed, whatever they lead to.
pub trait AllowedHosts: Send + Sync {
    /// Whether `host` is one of them: a name, or an address without brackets.
    fn hold<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>>;
}

/// How a relay may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// The owner vouches for it.
    Vouched,
    /// Only at public addresses.
    Guarded,
}

/// The rule, for an agent whose relay is `own`.
pub(super) struct Destinations {
    own: RelayAuthority,
    allowed: Arc<dyn AllowedHosts>,
}

impl Destinations {
    pub(super) fn new(own: RelayAuthority, allowed: Arc<dyn AllowedHosts>) -> Self {
        Self { own, allowed }
    }

    /// Whether `relay` may be called, and how. Addresses are judged here: no resolver is asked about them.
    pub(super) async fn passage(&self, relay: &RelayAuthority) -> Result<Passage, DestinationError> {
        let host = host_of(relay.as_str());
        let is_neighbour = self.own.is_loopback() && is_loopback_host(host);
        if *relay == self.own || is_neighbour || self.allowed.hold(host).await {
            return Ok(Passage::Vouched);
        }
        match check_host(host) {
            Ok(()) => Ok(Passage::Guarded),
            Err(why) => Err(refused(relay, why)),
        }
    }
}

/// The refusal of this relay.
pub(super) fn refused(relay: &RelayAuthority, why: Forbidden) -> DestinationError {
    DestinationError { host: host_of(relay.as_str()).to_owned(), why }
}

/// The host of a canonical authority, without port and brackets.
#[must_use]
pub fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.split(':').next().unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::relay_client::tests::{Allowing, NobodyAllowed};

    fn relay(text: &str) -> RelayAuthority {
        text.parse().unwrap()
    }

    fn at(own: &str) -> Destinations {
        Destinations::new(relay(own), Arc::new(NobodyAllowed))
    }

    async fn refusal(destinations: &Destinations, name: &str) -> Option<Forbidden> {
        destinations.passage(&relay(name)).await.err().map(|error| error.why)
    }

    #[tokio::test]
    async fn a_stranger_cannot_aim_us_at_this_machine_or_its_network() {
        let far = at("relay.example.org");
        let addresses =
            "127.0.0.1:8787 127.1.2.3 [::1]:80 0.0.0.0:80 [::]:80 [::ffff:127.0.0.1]:80 10.0.0.1 192.168.1.1
            169.254.169.254 100.100.100.200 172.16.0.1:5432 [fd00::1] [fe80::1] [64:ff9b::a00:1] [2002:7f00:1::]";
        for name in addresses.split_whitespace() {
            assert_eq!(refusal(&far, name).await, Some(Forbidden::NotPublic), "{name}");
        }
        for name in "localhost:1 x.localhost nas.local router.lan metadata.google.internal db.corp".split(' ') {
            assert_eq!(refusal(&far, name).await, Some(Forbidden::LocalName), "{name}");
        }
        assert_eq!(refusal(&far, "metadata").await, Some(Forbidden::Name));
        for name in ["other.example.org", "other.example.org:8787", "9.9.9.9", "[2606:4700:4700::1111]:8787"] {
            assert_eq!(far.passage(&relay(name)).await, Ok(Passage::Guarded), "{name}");
        }
    }

    #[tokio::test]
    async fn everything_here_is_called_when_the_own_relay_is_here() {
        let near = at("127.0.0.1:8787");
        for name in ["127.0.0.1:9999", "[::1]:9999", "localhost:9999"] {
            assert_eq!(near.passage(&relay(name)).await, Ok(Passage::Vouched), "{name}");
        }
        assert_eq!(near.passage(&relay("relay.example.org")).await, Ok(Passage::Guarded));
        assert_eq!(refusal(&near, "192.168.1.1").await, Some(Forbidden::NotPublic));
    }

    #[tokio::test]
    async fn the_own_relay_is_vouched_for_and_its_neighbours_are_not() {
        let home = at("192.168.1.5:8787");
        assert_eq!(home.passage(&relay("192.168.1.5:8787")).await, Ok(Passage::Vouched));
        for name in ["192.168.1.5", "192.168.1.5:22", "192.168.1.6:8787", "127.0.0.1:8787"] {
            assert_eq!(refusal(&home, name).await, Some(Forbidden::NotPublic), "{name}");
        }
    }

    #[tokio::test]
    async fn an_allowed_host_is_called_and_no_other() {
        let allowing = Destinations::new(relay("relay.example.org"), Arc::new(Allowing("10.0.0.7")));
        assert_eq!(allowing.passage(&relay("10.0.0.7:8787")).await, Ok(Passage::Vouched));
        assert_eq!(refusal(&allowing, "10.0.0.8:8787").await, Some(Forbidden::NotPublic));
    }

    #[tokio::test]
    async fn the_refusal_names_the_way_out() {
        let error = at("relay.example.org").passage(&relay("192.168.1.7:8787")).await.unwrap_err();
        assert!(error.to_string().contains("`a2a relay allow 192.168.1.7`"), "{error}");
    }
}
