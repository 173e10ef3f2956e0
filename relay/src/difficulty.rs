//! How hard strangers have to work: one figure for the whole relay, that rises while many knock and falls again.

use std::sync::{Mutex, PoisonError};

use a2a_proto::time::Timestamp;

/// Knocks at once that are nothing unusual; each doubling beyond costs strangers one bit more.
const USUAL: f64 = 60.0;
/// Knocks that are forgotten every second.
const FORGOTTEN_EACH_SEC: f64 = 1.0;
/// The figure rises by at most so many bits: more would lock strangers with small machines out.
const MOST_EXTRA_BITS: u32 = 7;
/// A challenge from quieter times is good while the figure has risen by no more than this since.
const TOLERATED_RISE: u32 = 2;

/// The relay's difficulty. Counts knocks whose work held; knows neither who knocked nor where.
pub(crate) struct Difficulty {
    least: u32,
    level: Mutex<Level>,
}

/// A vessel that every knock fills and time empties.
struct Level {
    knocks: f64,
    at: Timestamp,
}

impl Difficulty {
    /// At least `least` bits.
    pub(crate) fn new(least: u32) -> Self {
        Self { least, level: Mutex::new(Level { knocks: 0.0, at: Timestamp::EPOCH }) }
    }

    /// Leading zero bits asked of who begins now.
    pub(crate) fn now(&self, now: Timestamp) -> u32 {
        let knocks = self.level.lock().unwrap_or_else(PoisonError::into_inner).knocks_at(now);
        self.least + extra_bits(knocks)
    }

    /// Whether work that was asked when the figure was `asked` still counts.
    pub(crate) fn accepts(&self, asked: u32, now: Timestamp) -> bool {
        asked >= self.least && asked + TOLERATED_RISE >= self.now(now)
    }

    /// Notes a knock whose work held.
    pub(crate) fn note(&self, now: Timestamp) {
        let mut level = self.level.lock().unwrap_or_else(PoisonError::into_inner);
        *level = Level { knocks: level.knocks_at(now) + 1.0, at: now };
    }
}

impl Level {
    fn knocks_at(&self, now: Timestamp) -> f64 {
        let passed = now.since(self.at).as_secs_f64();
        (self.knocks - passed * FORGOTTEN_EACH_SEC).max(0.0)
    }
}

fn extra_bits(knocks: f64) -> u32 {
    let mut bits = 0;
    let mut bound = USUAL;
    while knocks > bound && bits < MOST_EXTRA_BITS {
        bits += 1;
        bound *= 2.0;
    }
    bits
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);

    #[test]
    fn a_flood_costs_more_and_more_and_calm_brings_it_back() {
        let difficulty = Difficulty::new(18);
        let mut asked = Vec::new();
        for _ in 0..20_000 {
            difficulty.note(NOON);
            asked.push(difficulty.now(NOON));
        }
        assert_eq!((asked[0], asked[59], asked[60], asked[120], asked[19_999]), (18, 18, 19, 20, 25));
        assert_eq!(difficulty.now(NOON.plus(Duration::from_secs(20_000))), 18);
    }

    #[test]
    fn usual_knocking_costs_nothing_more() {
        let difficulty = Difficulty::new(18);
        for second in 0..3600 {
            let now = NOON.plus(Duration::from_secs(second));
            difficulty.note(now);
            assert_eq!(difficulty.now(now), 18);
        }
    }

    #[test]
    fn easy_challenges_cannot_be_hoarded_for_a_flood() {
        let difficulty = Difficulty::new(18);
        assert!(difficulty.accepts(18, NOON) && !difficulty.accepts(17, NOON));
        for _ in 0..1_000 {
            difficulty.note(NOON);
        }
        assert!(difficulty.now(NOON) > 20);
        assert!(!difficulty.accepts(18, NOON));
        assert!(difficulty.accepts(difficulty.now(NOON), NOON));
    }
}
