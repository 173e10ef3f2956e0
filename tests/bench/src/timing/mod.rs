//! `timing`: do refusals take the same time, whatever was wrong? In the manner of dudect: two classes, mixed at random, Welch's t.

mod commitment;
mod compare;
mod lane;
mod refusals;

use anyhow::Context;
use rand_core::Rng;
use std::time::{Duration, Instant};

use crate::output;
use crate::people::rng;
use crate::stats::{Samples, micros, welch};

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each class is measured; a tenth or a hundredth of it where a whole relay answers
    #[arg(long, default_value_t = 200_000)]
    rounds: usize,
    /// The relay's binary, for the refusals
    #[arg(long, env = "A2A_RELAY_BIN")]
    relay: Option<std::path::PathBuf>,
}

/// Two classes of one operation that must take the same time. `once` does it for the class that it is told, and says how long
/// the part took that is asked about.
struct Question<'a> {
    name: &'static str,
    classes: [&'static str; 2],
    rounds: usize,
    once: Box<dyn FnMut(usize) -> anyhow::Result<Duration> + 'a>,
}

fn timed<T>(act: impl FnOnce() -> T) -> (T, Duration) {
    let start = Instant::now();
    let value = act();
    (value, start.elapsed())
}

/// Measures and prints. Fails if a class can be told from the other, or if the control can not.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    let rounds = options.rounds;
    let mut rows = Vec::new();
    let control = measure(compare::careless(rounds), &mut rows)?;
    measure(compare::careful(rounds), &mut rows)?;
    measure(lane::proof(rounds)?, &mut rows)?;
    measure(commitment::commitment(rounds / 10)?, &mut rows)?;
    if let Some(relay) = &options.relay {
        let mut relay = refusals::Relay::start(relay).context("the relay did not start")?;
        measure(relay.question(rounds / 100)?, &mut rows)?;
        measure(relay.unpublished(rounds / 10)?, &mut rows)?;
        measure(relay.closed(rounds / 10)?, &mut rows)?;
    } else {
        output::note("without --relay the relay's refusals are not measured");
    }
    output::table(&["what", "classes", "samples each", "medians, µs", "t"], &rows);
    anyhow::ensure!(control.abs() > LIMIT, "the control did not differ: this machine is too busy to measure on");
    Ok(())
}

/// Beyond this, dudect calls two classes different.
const LIMIT: f64 = 4.5;

fn measure(mut question: Question<'_>, rows: &mut Vec<Vec<String>>) -> anyhow::Result<f64> {
    let mut samples = [Samples::default(), Samples::default()];
    let mut coins = 0_u64;
    for round in 0..question.rounds.saturating_mul(2) {
        if round.is_multiple_of(64) {
            coins = rng().next_u64();
        }
        let class = usize::from(coins & 1 == 1);
        coins >>= 1;
        samples[class].push((question.once)(class)?);
    }
    let t = welch(&samples[0], &samples[1]);
    let medians = samples.each_mut().map(Samples::median).map(fine);
    rows.push(vec![
        question.name.to_owned(),
        question.classes.join(" / "),
        question.rounds.to_string(),
        medians.join(" / "),
        format!("{t:+.1}"),
    ]);
    Ok(t)
}

fn fine(duration: Duration) -> String {
    if duration < Duration::from_micros(10) { format!("{:.3}", duration.as_secs_f64() * 1e6) } else { micros(duration) }
}

/// A copy with one bit changed, in its first byte for class 0 and in its last for class 1.
fn wrong(bytes: &[u8], class: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let at = if class == 0 { 0 } else { bytes.len().saturating_sub(1) };
    bytes[at] ^= 1;
    bytes
}
