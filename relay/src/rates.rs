//! How fast one lane may deposit and one owner may ask, on this replica.
//!
//! Asked only after a proof held: nobody else is told, and nobody else can fill the memory that this takes.

use std::num::NonZeroU32;
use std::time::Duration;

use a2a_proto::id::{AgentId, LaneId};
use governor::clock::{Clock as _, DefaultClock};
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

/// So many at once are no haste, in seconds' worth of the rate.
const BURST_SECS: u32 = 10;

/// A rate; none means as fast as it goes.
pub type PerSecond = Option<NonZeroU32>;

/// Both rates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rates {
    /// Deposits of one lane each second.
    pub lane: PerSecond,
    /// Requests of one owner each second.
    pub owner: PerSecond,
}

impl Default for Rates {
    fn default() -> Self {
        Self { lane: NonZeroU32::new(100), owner: NonZeroU32::new(50) }
    }
}

/// Too fast: again after this long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TooFast(pub Duration);

/// What has been used of the rates.
pub(crate) struct Paces {
    lanes: Pace<LaneId>,
    owners: Pace<AgentId>,
}

impl Paces {
    pub(crate) fn new(rates: Rates) -> Self {
        Self { lanes: Pace::new(rates.lane), owners: Pace::new(rates.owner) }
    }

    /// Counts a deposit of a lane.
    pub(crate) fn deposit(&self, lane: &LaneId) -> Result<(), TooFast> {
        self.lanes.count(lane)
    }

    /// Counts a request of an owner.
    pub(crate) fn request(&self, owner: &AgentId) -> Result<(), TooFast> {
        self.owners.count(owner)
    }

    /// Forgets who was slow for a while.
    pub(crate) fn forget_idle(&self) {
        self.lanes.forget_idle();
        self.owners.forget_idle();
    }
}

struct Pace<K: std::hash::Hash + Eq + Clone>(Option<RateLimiter<K, DashMapStateStore<K>, DefaultClock>>);

impl<K: std::hash::Hash + Eq + Clone> Pace<K> {
    fn new(rate: PerSecond) -> Self {
        Self(rate.map(|rate| {
            let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECS - 1));
            RateLimiter::dashmap(Quota::per_second(rate).allow_burst(burst))
        }))
    }

    fn count(&self, key: &K) -> Result<(), TooFast> {
        let Some(limiter) = &self.0 else { return Ok(()) };
        let counted = limiter.check_key(key);
        counted.map_err(|not_until| TooFast(not_until.wait_time_from(DefaultClock::default().now())))
    }

    fn forget_idle(&self) {
        if let Some(limiter) = &self.0 {
            limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lane(name: u8) -> LaneId {
        LaneId::from_bytes([name; LaneId::SIZE])
    }

    #[test]
    fn a_hasty_lane_is_slowed_and_its_neighbour_is_not() {
        let paces = Paces::new(Rates { lane: NonZeroU32::new(1), owner: None });
        for _ in 0..BURST_SECS {
            assert_eq!(paces.deposit(&lane(1)), Ok(()));
        }
        let TooFast(wait) = paces.deposit(&lane(1)).unwrap_err();
        assert!(wait <= Duration::from_secs(1), "{wait:?}");
        assert_eq!(paces.deposit(&lane(2)), Ok(()));
        paces.forget_idle();
        assert!(paces.deposit(&lane(1)).is_err(), "what was just used must not be forgotten");
    }

    #[test]
    fn no_rate_is_no_limit() {
        let paces = Paces::new(Rates { lane: None, owner: None });
        for _ in 0..10_000 {
            assert_eq!(paces.deposit(&lane(1)), Ok(()));
        }
    }
}
