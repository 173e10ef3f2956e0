//! What time a relay thinks it is: a wrong clock on this machine must not make its proofs stale.

use std::collections::HashMap;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};

/// How far a relay's clock is ahead of ours, in milliseconds. Kept for each relay apart: one that lies about the time
/// bends the proofs made for itself and no others.
#[derive(Debug, Default)]
pub(super) struct RelayTimes {
    offsets: Mutex<HashMap<RelayAuthority, Arc<AtomicI64>>>,
}

impl RelayTimes {
    /// The shared figure for this relay; zero until its first answer.
    pub(super) fn offset_millis(&self, relay: &RelayAuthority) -> Arc<AtomicI64> {
        let mut offsets = self.offsets.lock().unwrap_or_else(PoisonError::into_inner);
        // Strangers name relays; the map must not grow with them.
        if offsets.len() >= MOST_RELAYS && !offsets.contains_key(relay) {
            offsets.retain(|_, offset| Arc::strong_count(offset) > 1);
        }
        Arc::clone(offsets.entry(relay.clone()).or_default())
    }

    /// The present moment by this relay's clock.
    pub(super) fn now_at(&self, relay: &RelayAuthority, now: Timestamp) -> Timestamp {
        let offset = self.offset_millis(relay).load(Ordering::Relaxed);
        Timestamp::from_millis(now.millis().saturating_add_signed(offset))
    }

    /// Learns from an answer's `Date`, which arrived at `now`.
    pub(super) fn learn(&self, relay: &RelayAuthority, headers: &HeaderMap, now: Timestamp) {
        let Some(date) = headers.get(DATE).and_then(parse_date) else {
            return;
        };
        let ahead = i128::from(date.millis()) - i128::from(now.millis());
        // A date has whole seconds, so within one or two the clocks agree.
        let ahead = if ahead.unsigned_abs() < NOISE_MILLIS { 0 } else { ahead };
        let ahead = i64::try_from(ahead).unwrap_or(0);
        self.offset_millis(relay).store(ahead, Ordering::Relaxed);
    }
}

/// How long `Retry-After` asks to wait: seconds, or a date by the relay's own clock. At most an hour.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = headers.get(RETRY_AFTER)?;
    let wait = match value.to_str().ok()?.trim().parse() {
        Ok(secs) => Duration::from_secs(secs),
        Err(_) => parse_date(value)?.since(headers.get(DATE).and_then(parse_date)?),
    };
    Some(wait.min(LONGEST_WAIT))
}

fn parse_date(value: &HeaderValue) -> Option<Timestamp> {
    let date = httpdate::parse_http_date(value.to_str().ok()?).ok()?;
    let since_epoch = date.duration_since(std::time::UNIX_EPOCH).ok()?;
    Some(Timestamp::EPOCH.plus(since_epoch))
}

const MOST_RELAYS: usize = 1024;
const NOISE_MILLIS: u128 = 2000;
const LONGEST_WAIT: Duration = Duration::from_secs(3600);

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let pairs = pairs.iter();
        pairs.map(|(name, value)| ((*name).parse().unwrap(), value.parse().unwrap())).collect()
    }

    const DATE_TEXT: &str = "Tue, 24 Nov 2026 00:00:00 GMT";
    const DATE_SECS: u64 = 1_795_478_400;

    #[test]
    fn each_relays_time_is_its_own() {
        let (one, other) = ("a.example".parse().unwrap(), "b.example".parse().unwrap());
        let (times, now) = (RelayTimes::default(), Timestamp::from_secs(1_000_000));
        times.learn(&one, &headers(&[("date", DATE_TEXT)]), now);
        assert_eq!(times.now_at(&one, now).secs(), DATE_SECS);
        assert_eq!(times.now_at(&other, now), now);
    }

    #[test]
    fn a_second_of_difference_is_noise() {
        let relay = "a.example".parse().unwrap();
        let (times, now) = (RelayTimes::default(), Timestamp::from_millis(DATE_SECS * 1000 + 999));
        times.learn(&relay, &headers(&[("date", DATE_TEXT)]), now);
        assert_eq!(times.now_at(&relay, now), now);
    }

    #[test]
    fn strangers_relays_do_not_fill_the_memory() {
        let times = RelayTimes::default();
        for n in 0..5000 {
            times.offset_millis(&format!("r{n}.example").parse().unwrap());
        }
        assert!(times.offsets.lock().unwrap().len() <= MOST_RELAYS);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_has_an_end() {
        let wait = |pairs: &[(&'static str, &str)]| retry_after(&headers(pairs));
        assert_eq!(wait(&[("retry-after", "7")]), Some(Duration::from_secs(7)));
        let until = [("retry-after", "Tue, 24 Nov 2026 00:00:09 GMT"), ("date", DATE_TEXT)];
        assert_eq!(wait(&until), Some(Duration::from_secs(9)));
        assert_eq!(wait(&[("retry-after", "99999999")]), Some(LONGEST_WAIT));
        for nonsense in ["", "-1", "soon", "99999999999999999999999"] {
            assert_eq!(wait(&[("retry-after", nonsense)]), None, "{nonsense}");
        }
        assert_eq!(wait(&[]), None);
    }
}
