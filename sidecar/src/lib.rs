//! The sidecar `a2a`: keeps an agent's keys on this machine, seals and opens its mail, and asks its owner.
//!
//! ```text
//!   mcp   cli   approval   console   faces: parse, call the agent, present; they hold no rule
//!      \   |       |      /          (desktop: says that something waits, and opens the last two)
//!          agent                  every rule lives here; no printing, no environment, no HTTP
//!       /    |     \
//!   keys   store   relay_client   the vault of the key, the sealed rows, the relay's routes
//!       \    |     /
//!          proto                  everything both sides must agree on
//! ```
//!
//! Imports go down only.

pub mod agent;
pub mod approval;
pub mod cli;
pub mod clients;
pub mod clock;
pub mod config;
pub mod console;
mod desktop;
mod durable_file;
pub mod error;
mod given;
pub mod harden;
pub mod keys;
mod lifetime;
pub mod login_service;
mod loopback;
pub mod mcp;
pub mod paths;
pub mod present;
pub mod relay_client;
mod store;
mod words;
