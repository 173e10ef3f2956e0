//! When a call that failed is tried again, and when no more.

use std::time::Duration;

use a2a_proto::time::Timestamp;

/// The first wait; each further one is twice as long.
const FIRST_WAIT: Duration = Duration::from_secs(10);
/// Failing for so long ends it,
pub(super) const GIVE_UP: Duration = Duration::from_secs(24 * 3600);
/// if it was tried so often: mail that was collected meanwhile is not told of, so tries may lie far apart.
const LEAST_TRIES: u32 = 12;

/// What follows a failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Another try.
    At(Timestamp),
    /// Nothing any more.
    GiveUp,
}

/// After `failures` in a row, the first at `since`, the last now. `jitter` spreads the tries of many webhooks over up to
/// a quarter more; the last try is when the time is up.
pub(super) fn after_failure(since: Timestamp, failures: u32, now: Timestamp, jitter: u8) -> Next {
    let end = since.plus(GIVE_UP);
    if now >= end && failures >= LEAST_TRIES {
        return Next::GiveUp;
    }
    let wait = FIRST_WAIT.saturating_mul(1 << failures.saturating_sub(1).min(20));
    let wait = wait + wait.saturating_mul(u32::from(jitter)) / 1024;
    let next = now.plus(wait);
    Next::At(if now < end { next.min(end) } else { next })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOON: Timestamp = Timestamp::from_secs(1_800_000_000);

    /// A server that never answers, on a clock that jumps to each next try.
    fn tries(jitter: u8) -> Vec<u64> {
        let (mut now, mut failures, mut waits) = (NOON, 1, Vec::new());
        while let Next::At(next) = after_failure(NOON, failures, now, jitter) {
            waits.push(next.since(now).as_secs());
            (now, failures) = (next, failures + 1);
        }
        assert_eq!(now, NOON.plus(GIVE_UP), "the last try is at the very end");
        waits
    }

    #[test]
    fn waits_double_for_a_day_and_then_it_ends() {
        let waits = tries(0);
        assert_eq!(waits[..5], [10, 20, 40, 80, 160]);
        assert_eq!(waits.len(), 14);
        assert_eq!(waits.iter().sum::<u64>(), 24 * 3600);
    }

    #[test]
    fn one_failure_long_after_another_is_not_the_end() {
        let week_later = NOON.plus(GIVE_UP * 7);
        assert_eq!(after_failure(NOON, 2, week_later, 0), Next::At(week_later.plus(FIRST_WAIT * 2)));
        assert_eq!(after_failure(NOON, LEAST_TRIES, week_later, 0), Next::GiveUp);
    }

    #[test]
    fn jitter_adds_up_to_a_quarter() {
        let (least, most) = (tries(0), tries(255));
        assert_eq!((least[4], most[4]), (160, 160 + 160 * 255 / 1024));
        assert!(most.len() <= least.len());
    }
}
