//! The blind relay: stores and forwards envelopes it can neither read nor attribute.
//!
//! ```text
//!   request ─► server ─► layers ─► extract (what is claimed is proven) ─► routes ─► store
//!                                                                          │
//!                                            wake ◄────────────────────────┘ collectors that wait
//! ```
//!
//! The relay knows accounts, cards, prekeys, lanes and mailboxes. It knows nothing of peers, scopes or messages.
//! *Invariant:* 202 is answered after the envelope is on disk. *Invariant:* whoever may not deposit gets one answer,
//! byte for byte, whatever the reason, after the same work. *Invariant:* no record, log line or answer names a sender.

pub mod clock;
pub mod config;
mod difficulty;
mod entropy;
pub mod error;
mod extract;
pub mod first_start;
pub mod join_token;
mod layers;
pub mod migrate;
mod operator;
mod pages;
pub mod policy;
mod private_file;
pub mod rates;
mod router;
mod routes;
pub mod secret;
mod server;
mod sources;
pub mod state;
pub mod store;
mod sweep;
mod tickets;
mod wake;

use tokio::net::TcpListener;

pub use layers::log_places_only;
pub use router::router;
pub use state::{Relay, RelayState};

/// Where a relay listens.
pub struct Listeners {
    /// For the world.
    pub public: TcpListener,
    /// For the operator alone.
    pub operator: Option<TcpListener>,
}

/// Serves until [`Relay::shut_down`]; when it returns, every accepted request is answered and every change on disk.
pub async fn serve(listeners: Listeners, relay: RelayState) {
    let sweeper = relay.clone();
    relay.tasks.spawn(async move { sweep::run(&sweeper).await });
    let listener = relay.clone();
    relay.tasks.spawn(async move { hear_other_relays(&listener).await });
    if let Some(listener) = listeners.operator {
        let router = operator::router(relay.clone());
        let shutdown = relay.shutdown.clone();
        relay.tasks.spawn(server::serve(listener, router, shutdown));
    }
    let shutdown = relay.shutdown.clone();
    server::serve(listeners.public, router(relay.clone()), shutdown).await;
    relay.tasks.close();
    relay.tasks.wait().await;
}

/// Mail that arrives through another relay on the same store wakes the collectors here.
async fn hear_other_relays(relay: &Relay) {
    let bells = std::sync::Arc::new(relay.wakers.clone());
    tokio::select! {
        () = relay.store.arrivals(bells) => {}
        () = relay.shutdown.cancelled() => {}
    }
}
