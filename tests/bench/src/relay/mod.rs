//! What a relay takes and gives, beside a bare HTTP route that stores nothing: the same client, machine and minutes.

mod bare;
mod client;
mod delivery;
mod deposits;
mod drain;
mod floor;
mod idle;
mod load;
mod million;
mod owner;
mod process;
mod redis;

use std::path::PathBuf;

use anyhow::{Context, Result};

pub(crate) use bare::Options as Bare;

/// Which figures, and of what.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// What to measure; everything if nothing is named
    #[arg(value_enum)]
    figures: Vec<Figure>,
    /// The relay's program [default: beside this one]
    #[arg(long)]
    relay: Option<PathBuf>,
    /// Further words for `a2a-relay serve`, as one text; `--store` for another backend: each figure then wants
    /// a store of its own that is empty
    #[arg(long, default_value = "", allow_hyphen_values = true)]
    serve: String,
    /// How often each cell is measured; the median is shown
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Deposits in each cell
    #[arg(long, default_value_t = 20_000)]
    deposits: usize,
    /// Collectors that wait at once
    #[arg(long, default_value_t = 10_000)]
    collectors: usize,
    /// Envelopes for the figures of a full store
    #[arg(long, default_value_t = 1_000_000)]
    stored: usize,
}

/// A figure of the table.
#[derive(Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Figure {
    /// Durable deposits, 1 to 256 senders, beside the bare route and Redis where it is installed
    Deposits,
    /// From a deposit to the collector that waits
    Delivery,
    /// Collecting and acknowledging a backlog
    Drain,
    /// The least that SQLite takes for a deposit, without a relay around it
    Floor,
    /// Collectors that wait and cost memory
    Idle,
    /// A full store: its rate, its sweeper, its start after `kill -9`
    Million,
}

const ALL: [Figure; 6] =
    [Figure::Deposits, Figure::Delivery, Figure::Drain, Figure::Floor, Figure::Idle, Figure::Million];

/// Measures.
pub(crate) fn run(options: &Options) -> Result<()> {
    let figures = if options.figures.is_empty() { &ALL } else { options.figures.as_slice() };
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(async {
        for figure in figures {
            match figure {
                Figure::Deposits => deposits::run(options).await?,
                Figure::Delivery => delivery::run(options).await?,
                Figure::Drain => drain::run(options).await?,
                Figure::Floor => floor::run(options)?,
                Figure::Idle => idle::run(options).await?,
                Figure::Million => million::run(options).await?,
            }
        }
        Ok(())
    })
}

/// Serves the bare route; started by the benchmark itself, in a process of its own.
pub(crate) fn serve_bare(options: &Bare) -> Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start")?;
    runtime.block_on(bare::serve(options))
}

impl Options {
    fn relay(&self) -> Result<PathBuf> {
        let relay = match &self.relay {
            Some(relay) => relay.clone(),
            None => std::env::current_exe()?.with_file_name("a2a-relay"),
        };
        anyhow::ensure!(relay.is_file(), "no relay at {}: cargo build --release -p a2a-relay", relay.display());
        Ok(relay)
    }
}
