//! The relay's HTTP routes, as seen from the sidecar: one method per route, and one error that says whether to try again.
//!
//! ```text
//!   RelayClient   what anyone may ask of any relay: cards, prekeys, deposits, knocks     ─► strangers' connections
//!       │ sign_in(owner)
//!   OwnRelay      what the owner does with the own mailbox: publish, lanes, collect       ─► own connections
//! ```
//!
//! The two kinds of connections are never mixed, also where a peer's mailbox stands at our own relay: a deposit that
//! came over a connection with our session would tell the relay who made it.
//!
//! A relay is not trusted: bodies are bounded, types checked, redirects refused, and nothing it says is repeated.
//! The proofs inside the answers (signatures, ids) are the agent's to check.

mod answer;
mod client;
mod connections;
mod destination;
mod exchange;
mod failure;
mod own_relay;
mod owner;
mod relay_time;
mod session;
mod stream;
#[cfg(test)]
mod tests;

pub use client::{BundleFor, RelayClient};
pub use destination::{AllowedHosts, DestinationError, host_of};
pub use failure::{RelayFailure, Why};
pub use own_relay::OwnRelay;
pub use owner::Owner;
pub use stream::MailStream;
