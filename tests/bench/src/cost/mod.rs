//! `cost`: handshake, seal and open beside the sum of the primitives that they must call.

mod kem;
mod primitives;

use anyhow::Context;

use crate::output;
use crate::people::{NOW, Pair, Person, message, rng};
use crate::stats::{Measured, interleave, micros};
use primitives::Primitives;

/// What a message carries: 1 KiB of text.
const TEXT: usize = 1024;

/// How to measure.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// How often each operation is measured
    #[arg(long, default_value_t = 3000)]
    rounds: usize,
}

/// Measures and prints: operations, then ML-KEM of two libraries.
pub(crate) fn run(options: &Options) -> anyhow::Result<()> {
    operations(options.rounds)?;
    kem::run(options.rounds)
}

/// A pair with what each half of an operation needs: Alice's next message steps, Bob's goes on in his chain.
struct Prepared {
    pair: Pair,
    /// Bob's next message in the chain that Alice has already.
    in_chain: Vec<u8>,
    /// Alice's next message, with a step.
    with_step: Vec<u8>,
    flight: Vec<u8>,
}

impl Prepared {
    fn new() -> anyhow::Result<Self> {
        let mut pair = Pair::new()?;
        pair.bob_writes()?;
        anyhow::ensure!(pair.at_alice.is_our_turn() && !pair.at_bob.is_our_turn(), "the turns are not as expected");
        let in_chain = pair.at_bob.seal(&mut rng(), &pair.bob.device, &message(TEXT)?)?.0;
        let with_step = pair.at_alice.seal(&mut rng(), &pair.alice.device, &message(TEXT)?)?.0;
        let flight = pair.alice.knock(&pair.bob)?.0;
        Ok(Self { pair, in_chain, with_step, flight })
    }
}

fn operations(rounds: usize) -> anyhow::Result<()> {
    let (prepared, primitives, content) = (Prepared::new()?, Primitives::new()?, message(TEXT)?);
    let Prepared { pair: Pair { alice, bob, at_alice, at_bob }, in_chain, with_step, flight } = &prepared;
    let seal = |session: &a2a_proto::ratchet::Session, person: &Person| {
        session.seal(&mut rng(), &person.device, &content).context("sealing failed")
    };
    let mut all = [
        Measured::new("seal, same chain", || seal(at_bob, bob)),
        Measured::new("", || primitives.seal_in_chain()),
        Measured::new("open, same chain", || Ok(at_alice.open(in_chain, NOW)?)),
        Measured::new("", || primitives.open_in_chain()),
        Measured::new("seal with a step", || seal(at_alice, alice)),
        Measured::new("", || primitives.seal_with_step()),
        Measured::new("open with a step", || Ok(at_bob.open(with_step, NOW)?)),
        Measured::new("", || primitives.open_with_step()),
        Measured::new("first flight, made", || alice.knock(bob)),
        Measured::new("", || primitives.initiate()),
        Measured::new("first flight, opened", || bob.answer(flight)),
        Measured::new("", || primitives.respond()),
    ];
    interleave(rounds, &mut all)?;
    let rows: Vec<Row> = all.chunks_exact_mut(2).filter_map(Row::new).collect();
    let mut shown: Vec<Vec<String>> = rows.iter().map(Row::cells).collect();
    shown.extend(
        rows.chunks_exact(2).zip(["seal + open, same chain", "seal + open with a step", "handshake"]).filter_map(
            |(halves, name)| match halves {
                [one, other] => Some(one.plus(other, name).cells()),
                _ => None,
            },
        ),
    );
    output::table(&["µs", "least", "primitives", "ratio", "median", "primitives", "ratio"], &shown);
    Ok(())
}

/// One operation and its primitives.
struct Row {
    name: &'static str,
    least: [std::time::Duration; 2],
    median: [std::time::Duration; 2],
}

impl Row {
    fn new(pair: &mut [Measured<'_>]) -> Option<Self> {
        let [ours, theirs] = pair else { return None };
        let least = [ours.samples.min(), theirs.samples.min()];
        Some(Self { name: ours.name, least, median: [ours.samples.median(), theirs.samples.median()] })
    }

    fn plus(&self, other: &Self, name: &'static str) -> Self {
        let sum = |one: [std::time::Duration; 2], two: [std::time::Duration; 2]| {
            [one[0].saturating_add(two[0]), one[1].saturating_add(two[1])]
        };
        Self { name, least: sum(self.least, other.least), median: sum(self.median, other.median) }
    }

    fn cells(&self) -> Vec<String> {
        let mut cells = vec![self.name.to_owned()];
        for [ours, theirs] in [self.least, self.median] {
            let ratio = ours.as_secs_f64() / theirs.as_secs_f64();
            cells.extend([micros(ours), micros(theirs), format!("{ratio:.2}")]);
        }
        cells
    }
}
