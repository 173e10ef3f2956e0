//! The times of an event: local times in a zone, days, durations (RFC 5545, sections 3.3.4 to 3.3.6).

use chrono::{DateTime, Duration, MappedLocalTime, NaiveDate, NaiveDateTime, TimeZone as _};
use rrule::Tz;

use super::Unreadable;
use super::lines::Line;

/// What lasts longer is no appointment.
const LONGEST: Duration = Duration::weeks(100 * 53);

/// A moment of a calendar.
pub(super) type Moment = DateTime<Tz>;

/// The zone of that name in the IANA's list.
pub(super) fn zone(name: &str) -> Option<Tz> {
    name.parse::<chrono_tz::Tz>().ok().map(Tz::from)
}

/// Every moment that a property names, and whether they are days. Times without a zone are in `usual`; without that,
/// nobody knows when they are.
pub(super) fn moments(line: &Line, usual: Option<Tz>) -> Result<Vec<(Moment, bool)>, Unreadable> {
    let zone = match line.parameter("TZID") {
        Some(name) => Some(zone(name.trim_start_matches('/')).ok_or(Unreadable::Zone)?),
        None => usual,
    };
    line.value.split(',').map(|text| moment(text.trim(), zone)).collect()
}

/// The first of them.
pub(super) fn first(line: &Line, usual: Option<Tz>) -> Result<(Moment, bool), Unreadable> {
    moments(line, usual)?.into_iter().next().ok_or(Unreadable::Time)
}

fn moment(text: &str, zone: Option<Tz>) -> Result<(Moment, bool), Unreadable> {
    if let Some(utc) = text.strip_suffix(['Z', 'z']) {
        return Ok((Tz::UTC.from_utc_datetime(&clock(utc).ok_or(Unreadable::Time)?), false));
    }
    let midnight = || day(text)?.and_hms_opt(0, 0, 0);
    let (local, is_day) = match clock(text) {
        Some(local) => (local, false),
        None => (midnight().ok_or(Unreadable::Time)?, true),
    };
    let moment = on_the_clock(local, zone.ok_or(Unreadable::Zone)?).ok_or(Unreadable::Time)?;
    Ok((moment, is_day))
}

fn clock(text: &str) -> Option<NaiveDateTime> {
    (text.len() == 15).then(|| NaiveDateTime::parse_from_str(text, "%Y%m%dT%H%M%S").ok()).flatten()
}

/// `YYYYMMDD`.
pub(super) fn day(text: &str) -> Option<NaiveDate> {
    (text.len() == 8).then(|| NaiveDate::parse_from_str(text, "%Y%m%d").ok()).flatten()
}

/// What a clock on the wall shows: the first of two times, and an hour later where there is none.
fn on_the_clock(local: NaiveDateTime, zone: Tz) -> Option<Moment> {
    match zone.from_local_datetime(&local) {
        MappedLocalTime::Single(one) | MappedLocalTime::Ambiguous(one, _) => Some(one),
        MappedLocalTime::None => zone.from_local_datetime(&(local + Duration::hours(1))).earliest(),
    }
}

/// The end of a recurrence, so late that no occurrence is lost: a day, or a time without a zone, may be meant anywhere.
pub(super) fn until(text: &str) -> Option<String> {
    let last = match (text.strip_suffix(['Z', 'z']), day(text)) {
        (Some(utc), _) => clock(utc)?,
        (None, Some(day)) => day.and_hms_opt(0, 0, 0)? + Duration::hours(36),
        (None, None) => clock(text)? + Duration::hours(12),
    };
    Some(last.format("%Y%m%dT%H%M%SZ").to_string())
}

/// `P1DT2H30M`; never negative, nor longer than a century.
pub(super) fn duration(text: &str) -> Option<Duration> {
    let (mut total, mut number) = (Duration::zero(), String::new());
    for c in text.trim().trim_start_matches('+').strip_prefix('P')?.chars() {
        let unit = match c {
            '0'..='9' if number.len() < 6 => {
                number.push(c);
                continue;
            }
            'T' if number.is_empty() => continue,
            'W' => Duration::weeks(1),
            'D' => Duration::days(1),
            'H' => Duration::hours(1),
            'M' => Duration::minutes(1),
            'S' => Duration::seconds(1),
            _ => return None,
        };
        total += unit * number.parse::<i32>().ok()?;
        if total > LONGEST {
            return None;
        }
        number.clear();
    }
    number.is_empty().then_some(total)
}
