//! Benchmarks, by hand and in release: `cargo run --release -p bench -- cost`. Recorded results stand in `docs/benchmarks.md`.

mod cost;
mod output;
mod people;
mod relay;
mod sidecar;
mod stats;
mod timing;

use clap::{Parser, Subcommand};

/// What this project costs, measured.
#[derive(Parser)]
#[command(name = "bench")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Subcommand)]
enum Benchmark {
    /// Handshake, seal and open, each beside the sum of the primitives that it must call
    Cost(cost::Options),
    /// Refusals: can two of them be told apart by how long they take?
    Timing(timing::Options),
    /// What a relay takes and gives, beside a bare HTTP route in the same minutes
    Relay(relay::Options),
    /// What a sidecar costs its owner, after a life with many peers and much mail
    Sidecar(sidecar::Options),
    /// The bare route, which the relay's figures are held against
    #[command(hide = true)]
    Bare(relay::Bare),
}

fn main() -> anyhow::Result<()> {
    if cfg!(debug_assertions) {
        output::note("this is not a release build: the figures mean nothing");
    }
    match Arguments::parse().benchmark {
        Benchmark::Cost(options) => cost::run(&options),
        Benchmark::Timing(options) => timing::run(&options),
        Benchmark::Relay(options) => relay::run(&options),
        Benchmark::Sidecar(options) => sidecar::run(&options),
        Benchmark::Bare(options) => relay::serve_bare(&options),
    }
}
