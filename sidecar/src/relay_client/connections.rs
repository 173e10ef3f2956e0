//! The sets of connections: one for the own relay's owner, and for what must not be linked to the owner one for relays
//! that the owner vouches for and one for all others.

use std::sync::Arc;
use std::time::Duration;

use a2a_guard::{Lookup, PinningResolver};
use reqwest::redirect::Policy;
use reqwest::{Client, ClientBuilder};

/// HTTP clients that share nothing: neither sockets nor TLS sessions.
#[derive(Clone, Debug)]
pub(super) struct Connections {
    /// Carries our session token.
    pub(super) owner: Client,
    /// Carries our session token too, in HTTP/1.1: the version whose connections become streams.
    pub(super) stream: Client,
    /// Never carries anything that names us; calls what the owner vouches for.
    pub(super) vouched: Client,
    /// Never carries anything that names us; calls public addresses only, those that the guard checked.
    pub(super) guarded: Client,
}

impl Connections {
    /// `None` when TLS cannot be set up on this machine.
    pub(super) fn new(timeout: Duration, lookup: Arc<dyn Lookup>) -> Option<Self> {
        install_tls_provider();
        Some(Self {
            owner: builder(timeout).build().ok()?,
            stream: builder(timeout).http1_only().build().ok()?,
            vouched: builder(timeout).build().ok()?,
            guarded: builder(timeout).dns_resolver(PinningResolver::new(lookup)).build().ok()?,
        })
    }
}

/// One TLS provider for the process; the first to come installs it.
fn install_tls_provider() {
    // An error says that one is installed already, which is what we want.
    drop(rustls::crypto::aws_lc_rs::default_provider().install_default());
}

fn builder(timeout: Duration) -> ClientBuilder {
    Client::builder()
        // A proxy variable would hand every address to someone else, and resolve names elsewhere.
        .no_proxy()
        // A redirect would lead past the check of the destination, and carry proofs to another host.
        .redirect(Policy::none())
        .referer(false)
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(timeout)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .pool_max_idle_per_host(IDLE_PER_HOST)
}

/// How long any call but a long poll may take.
pub(super) const TIMEOUT: Duration = Duration::from_secs(20);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// A relay drops a connection on which nothing comes for five seconds; a request that is sent at that moment would be lost.
const IDLE_TIMEOUT: Duration = Duration::from_secs(4);
const IDLE_PER_HOST: usize = 4;
