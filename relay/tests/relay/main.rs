//! The relay over real HTTP: every path, happy and refused, and the promises that only a whole relay can keep.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that panics has failed")]

mod owner;
mod postgres;
mod process;
mod support;
mod watched;

mod abuse;
mod accounts;
mod backups;
mod blindness;
mod blobs;
mod configuration;
mod counters;
mod doctor;
mod durability;
mod flood;
#[cfg(target_os = "linux")]
mod full_disk;
mod knocks;
mod lanes_again;
mod listing;
mod mail;
mod manners;
mod moving;
mod openapi;
mod operating;
mod postgres_tls;
#[cfg(target_os = "linux")]
mod power_loss;
mod public;
mod refusals;
mod replicas;
mod stopping;
mod streams;
mod tls;
mod webhooks;
