//! Samples of durations: percentiles, and measuring several things by turns so that a busy machine burdens all alike.

use std::hint::black_box;
use std::time::{Duration, Instant};

/// Durations of one thing, in nanoseconds.
#[derive(Clone, Default)]
pub(crate) struct Samples {
    nanos: Vec<u64>,
    is_sorted: bool,
}

impl Samples {
    /// Takes one more in.
    pub(crate) fn push(&mut self, duration: Duration) {
        self.nanos.push(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
        self.is_sorted = false;
    }

    /// The duration that `percent` of the samples do not exceed; zero without samples.
    pub(crate) fn percentile(&mut self, percent: f64) -> Duration {
        if !self.is_sorted {
            self.nanos.sort_unstable();
            self.is_sorted = true;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "an index"
        )]
        let rank = (self.nanos.len() as f64 * percent / 100.0).ceil() as usize;
        let at = rank.saturating_sub(1).min(self.nanos.len().saturating_sub(1));
        Duration::from_nanos(self.nanos.get(at).copied().unwrap_or(0))
    }

    /// The least.
    pub(crate) fn min(&mut self) -> Duration {
        self.percentile(0.0)
    }

    /// The middle.
    pub(crate) fn median(&mut self) -> Duration {
        self.percentile(50.0)
    }
}

/// One thing to measure. `once` does it and says how long it took, without what it prepared before.
pub(crate) struct Measured<'a> {
    /// What it is, for the table.
    pub(crate) name: &'static str,
    once: Box<dyn FnMut() -> anyhow::Result<Duration> + 'a>,
    /// How long it took, each time.
    pub(crate) samples: Samples,
}

impl<'a> Measured<'a> {
    /// Something that needs no preparation.
    pub(crate) fn new<T>(name: &'static str, mut once: impl FnMut() -> anyhow::Result<T> + 'a) -> Self {
        Self::timed(name, move || {
            let start = Instant::now();
            black_box(once()?);
            Ok(start.elapsed())
        })
    }

    /// Something that takes its own time, after preparing.
    pub(crate) fn timed(name: &'static str, once: impl FnMut() -> anyhow::Result<Duration> + 'a) -> Self {
        Self { name, once: Box::new(once), samples: Samples::default() }
    }
}

/// Measures all by turns, `rounds` times each, after a tenth of that to warm up. Every other round goes backwards, so that
/// nothing always finds the caches as its neighbour left them.
pub(crate) fn interleave(rounds: usize, all: &mut [Measured<'_>]) -> anyhow::Result<()> {
    for round in 0..rounds.saturating_add(rounds / 10) {
        all.reverse();
        for one in &mut *all {
            let took = (one.once)()?;
            if round >= rounds / 10 {
                one.samples.push(took);
            }
        }
    }
    if !rounds.saturating_add(rounds / 10).is_multiple_of(2) {
        all.reverse();
    }
    Ok(())
}

/// Microseconds with one decimal, for tables.
pub(crate) fn micros(duration: Duration) -> String {
    format!("{:.1}", duration.as_secs_f64() * 1e6)
}

/// Whether two samples differ, as dudect asks it: Welch's t over what lies below the 90th percentile of both together.
/// Beyond 4.5 either way they differ; a single run of thousands may pass 4.5 by chance, a second one does not.
pub(crate) fn welch(one: &Samples, other: &Samples) -> f64 {
    let mut all = Samples { nanos: [one.nanos.as_slice(), &other.nanos].concat(), is_sorted: false };
    let most = u64::try_from(all.percentile(90.0).as_nanos()).unwrap_or(u64::MAX);
    let (one, other) = (Moments::below(one, most), Moments::below(other, most));
    (one.mean - other.mean) / (one.of_mean + other.of_mean).sqrt()
}

/// Mean, and the variance of the mean.
struct Moments {
    mean: f64,
    of_mean: f64,
}

impl Moments {
    #[expect(clippy::cast_precision_loss, reason = "durations far below 2^52 ns")]
    fn below(samples: &Samples, most: u64) -> Self {
        let kept: Vec<f64> = samples.nanos.iter().filter(|nanos| **nanos <= most).map(|nanos| *nanos as f64).collect();
        let count = kept.len().max(2) as f64;
        let mean = kept.iter().sum::<f64>() / count;
        let variance = kept.iter().map(|nanos| (nanos - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { mean, of_mean: variance / count }
    }
}
