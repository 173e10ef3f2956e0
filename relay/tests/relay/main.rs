//! The relay over real HTTP: every path, happy and refused, and the promises that only a whole relay can keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics has failed")]

mod owner;
mod process;
mod support;
mod watched;

mod abuse;
mod accounts;
mod blindness;
mod durability;
mod knocks;
mod mail;
mod manners;
mod operating;
mod public;
mod refusals;
mod streams;
