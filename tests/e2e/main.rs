//! End-to-end tests: real relays, real sidecars, one binary.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests fail by panicking")]

mod absence;
mod account;
mod asking;
mod attachments;
mod audit;
mod away;
mod bad_input;
mod blind;
mod blind_inside;
mod capabilities;
mod cli;
mod clock;
mod command_line;
mod consent;
mod conversation;
mod demo;
mod durable;
mod for_peers;
mod free_busy;
mod guard;
#[cfg(target_os = "linux")]
mod hardened;
mod intents;
mod kept_backup;
mod local_http;
mod many;
mod moving;
mod narrow;
mod newcomer;
#[cfg(target_os = "linux")]
mod other_user;
mod owner;
mod pairing;
mod pushed;
mod reach;
mod recovery;
mod refusals;
mod relay_hosts;
mod relay_rows;
mod restored;
mod stdio;
mod storm;
mod tidy;
mod undo;
mod untrusted;
mod vault;
