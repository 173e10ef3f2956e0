//! Test vectors: every file in `tests/vectors/` is what this crate does, and what its second implementation says it does.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod accepting;
mod check;
mod contents;
mod documents;
mod files;
mod named;
mod operations;
mod relays;
mod seeded;
mod sessions;
