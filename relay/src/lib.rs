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
//! byte for byte, whatever the reason, after the same look-ups. *Invariant:* no record, log line or answer names a sender.

pub mod clock;
pub mod config;
mod difficulty;
pub mod doctor;
mod entropy;
pub mod error;
mod extract;
pub mod first_start;
pub mod join_token;
mod known_lanes;
mod layers;
pub mod metrics;
pub mod migrate;
pub mod open_files;
mod openapi;
mod operator;
mod pages;
pub mod policy;
mod private_file;
pub mod rates;
mod room;
mod router;
mod routes;
pub mod secret;
mod server;
pub mod settings_file;
pub mod settings_table;
mod sources;
mod spent_work;
pub mod state;
pub mod store;
mod sweep;
mod tickets;
pub mod tls;
mod unread;
mod wake;
mod webhooks;

use tokio::net::TcpListener;

pub use layers::log_places_only;
pub use router::router;
pub use state::{Relay, RelayState};

use crate::metrics::Exposition;
use crate::tls::Tls;

/// Where a relay listens.
pub struct Listeners {
    /// For the world.
    pub public: TcpListener,
    /// What the public listener encrypts with; without it a proxy in front does.
    pub tls: Option<Tls>,
    /// For the operator alone.
    pub operator: Option<TcpListener>,
    /// What the operator's listener reads out.
    pub exposition: Option<Exposition>,
}

/// Serves until [`Relay::shut_down`]; when it returns, every accepted request is answered and every change on disk.
pub async fn serve(listeners: Listeners, relay: RelayState) {
    let sweeper = relay.clone();
    relay.tasks.spawn(async move { sweep::run(&sweeper).await });
    let caller = relay.clone();
    relay.tasks.spawn(async move { webhooks::run(&caller).await });
    let listener = relay.clone();
    relay.tasks.spawn(async move { hear_other_relays(&listener).await });
    let Listeners { public, tls, operator, exposition } = listeners;
    if let Some(exposition) = exposition.clone() {
        let counted = relay.clone();
        relay.tasks.spawn(async move { exposition.keep_up(&counted).await });
    }
    if let Some(listener) = operator {
        let router = operator::router(relay.clone(), exposition);
        let shutdown = relay.shutdown.clone();
        relay.tasks.spawn(server::serve(listener, None, router, shutdown));
    }
    let shutdown = relay.shutdown.clone();
    server::serve(public, tls, router(relay.clone()), shutdown).await;
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
