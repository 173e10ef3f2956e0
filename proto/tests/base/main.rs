//! Tests of what stands beneath the handshake: ids, keys, signed documents, invites, lanes, proofs, HTTP types.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod access;
mod addresses;
mod cards;
mod certificates;
mod fixtures;
mod http_types;
mod ids;
mod invites;
mod keys;
mod lanes;
mod layouts;
mod models;
mod never_panics;
mod prekeys;
mod secrets;
mod signatures;
mod values;
mod work;
