//! Starts real relays and real sidecars as child processes, for the end-to-end tests and the examples.
//!
//! A [`World`] holds relays (each with a port and a store of its own) and sidecars (each with a home of
//! its own). A [`Session`] is one `a2a mcp` process driven over stdio by an MCP client, with an [`Owner`]
//! who answers what the sidecar asks. Nothing here knows how the product works inside: it starts the
//! binaries, speaks their public interfaces and looks at the bytes they leave behind.
//!
//! ```no_run
//! # async fn demo() -> anyhow::Result<()> {
//! use a2a_harness::{Owner, World};
//! let world = World::start().await?;
//! let alice = world.registered("alice", Owner::Accepts).await?;
//! let answer = alice.call("a2a_whoami", serde_json::json!({})).await?;
//! # let _ = answer; Ok(()) }
//! ```

mod binaries;
mod clock;
mod files;
mod front;
mod home;
#[cfg(target_os = "linux")]
mod memory;
mod owner;
mod pairing;
mod relay;
mod session;
mod tables;
mod terminal;
mod wait;
mod world;

pub use binaries::Binaries;
pub use clock::clock_off_by;
pub use files::{contains, holds_bytes};
pub use front::{Front, Mood, Seen};
pub use home::{CliOutput, Home};
pub use owner::{Asked, Owner};
pub use pairing::{Pair, written};
pub use relay::Relay;
pub use rmcp::model::Tool;
pub use session::{Era, Refusal, Session};
pub use tables::{Cell, Table};
pub use terminal::{ApprovalPage, Terminal, approve_on_page};
pub use wait::{DEADLINE, eventually, eventually_within};
pub use world::World;
