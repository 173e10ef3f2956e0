//! Hosts of relays that the owner allowed: called whatever addresses they lead to.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use a2a_proto::address::RelayAuthority;

use super::audit::{self, Note};
use super::core::Core;
use super::{AllowedRelays, ReadError, RelayHostError, Trouble, Word, owner};
use crate::relay_client::{AllowedHosts, host_of};
use crate::store::{Store, StoreError, allowed_hosts};

/// Looks at every call, so that what the owner allows in one process counts in all of them at once.
pub(super) struct InStore(pub(super) Store);

impl AllowedHosts for InStore {
    fn hold<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        let host = host.to_owned();
        let look = self.0.read(move |tx| Ok::<_, StoreError>(allowed_hosts::all(tx)?.contains(&host)));
        // A store that cannot be read allows nothing.
        Box::pin(async { look.await.unwrap_or(false) })
    }
}

/// The own relay and what the owner allowed beside it.
pub(super) async fn list(core: &Arc<Core>) -> Result<AllowedRelays, ReadError> {
    let hosts = core.read(|tx, _| allowed_hosts::all(tx).map_err(Trouble::from)).await?;
    Ok(AllowedRelays { own: core.me.relay()?.clone(), hosts: hosts.into_iter().collect() })
}

/// Allows a host; says which one, in its canonical form.
pub(super) async fn allow(core: &Arc<Core>, host: &str, word: Word) -> Result<String, RelayHostError> {
    let host = canonical(host)?;
    let by = owner::check(core, word).await?;
    let name = host.clone();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let mut hosts = allowed_hosts::all(tx)?;
        if hosts.insert(name.clone()) {
            allowed_hosts::set(tx, &hosts)?;
            audit::note(tx, ctx, Note::new("relay_host_allowed").saying(name).by(by))?;
        }
        Ok::<_, RelayHostError>(())
    })
    .await?;
    // What waits for this host goes now.
    core.nudge.notify_one();
    Ok(host)
}

/// Takes that back.
pub(super) async fn forget(core: &Arc<Core>, host: &str) -> Result<String, RelayHostError> {
    let host = canonical(host)?;
    let name = host.clone();
    core.write(move |tx, ctx| {
        let mut hosts = allowed_hosts::all(tx)?;
        if !hosts.remove(&name) {
            return Err(RelayHostError::NotAllowed { host: name });
        }
        allowed_hosts::set(tx, &hosts)?;
        Ok(audit::note(tx, ctx, Note::new("relay_host_forgotten").saying(name))?)
    })
    .await?;
    Ok(host)
}

/// A host, also out of a whole address or URL of a relay.
fn canonical(text: &str) -> Result<String, RelayHostError> {
    let text = text.trim();
    let relay = if text.contains("://") { RelayAuthority::from_url(text) } else { text.parse() };
    let bare_ipv6 = || format!("[{text}]").parse::<RelayAuthority>();
    let relay = relay.or_else(|_| bare_ipv6()).map_err(|_| RelayHostError::NoHost)?;
    Ok(host_of(relay.as_str()).to_owned())
}

#[cfg(test)]
mod tests {
    use super::canonical;

    #[test]
    fn a_host_is_taken_out_of_what_people_paste() {
        for (text, host) in [
            ("Relay.Home.Example", "relay.home.example"),
            (" relay.lan ", "relay.lan"),
            ("relay.lan:8787", "relay.lan"),
            ("https://relay.lan:8787/", "relay.lan"),
            ("192.168.1.7", "192.168.1.7"),
            ("[fd00::1]:8787", "fd00::1"),
            ("fd00::1", "fd00::1"),
        ] {
            assert_eq!(canonical(text).unwrap(), host, "{text}");
        }
        for text in ["", "a b", "http://relay.lan/path", "*", "192.168.1.0/24"] {
            assert!(canonical(text).is_err(), "{text}");
        }
    }
}
