//! Which addresses we call: strangers choose the names of peers' relays, so not every name is called.
//!
//! What is here: TLS everywhere but on this machine, and nothing on this machine for strangers' sake. Names that resolve
//! to private addresses are not yet looked at; the guard for those belongs in this file.

use std::net::{Ipv4Addr, Ipv6Addr};

use a2a_proto::address::RelayAuthority;
use thiserror::Error;

/// Why an address is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum DestinationError {
    /// A peer names a relay on this very machine, and ours is elsewhere.
    #[error(
        "the peer's relay is named as a service on this machine, which is called only when your own relay runs here too"
    )]
    ThisMachine,
}

/// Whether `relay` may be called by an agent whose own relay is `own`.
pub(super) fn check(relay: &RelayAuthority, own: &RelayAuthority) -> Result<(), DestinationError> {
    if relay != own && means_this_machine(relay) && !own.is_loopback() {
        return Err(DestinationError::ThisMachine);
    }
    Ok(())
}

/// Besides plain loopback also the spellings that operating systems lead to this machine.
fn means_this_machine(relay: &RelayAuthority) -> bool {
    let host = host_of(relay.as_str());
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return address.is_loopback() || address.is_unspecified();
    }
    if let Ok(address) = host.parse::<Ipv6Addr>() {
        let mapped = address.to_ipv4_mapped();
        let inner = mapped.is_some_and(|inner| inner.is_loopback() || inner.is_unspecified());
        return inner || address.is_loopback() || address.is_unspecified();
    }
    host == "localhost" || host.ends_with(".localhost")
}

/// The host of a canonical authority, without port and brackets.
fn host_of(authority: &str) -> &str {
    if let Some(rest) = authority.strip_prefix('[') {
        return rest.split(']').next().unwrap_or(rest);
    }
    authority.split(':').next().unwrap_or(authority)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn relay(text: &str) -> RelayAuthority {
        text.parse().unwrap()
    }

    #[test]
    fn a_relay_elsewhere_does_not_open_this_machine_to_strangers() {
        let own = relay("relay.example.org");
        let spellings = [
            "127.0.0.1:8787",
            "127.1.2.3",
            "localhost:1",
            "x.localhost",
            "[::1]:80",
            "0.0.0.0:80",
            "[::]:80",
            "[::ffff:127.0.0.1]:80",
        ];
        for name in spellings {
            let refused = check(&relay(name), &own);
            assert_eq!(refused, Err(DestinationError::ThisMachine), "{name}");
        }
        assert_eq!(check(&relay("other.example.org"), &own), Ok(()));
    }

    #[test]
    fn everything_here_is_called_when_the_own_relay_is_here() {
        let own = relay("127.0.0.1:8787");
        assert_eq!(check(&relay("127.0.0.1:9999"), &own), Ok(()));
        assert_eq!(check(&relay("relay.example.org"), &own), Ok(()));
    }
}
