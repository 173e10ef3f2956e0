//! When a calendar's owner is busy, within a window: no titles, no places, not even how many appointments.
//!
//! A calendar is other people's text as soon as they can send invitations into it, so everything is bounded, and whatever
//! cannot be read makes the whole unreadable: never is a time called free because of that.

use std::time::{Duration, Instant};

use chrono::{DateTime, Duration as Span};
use rrule::{RRule, RRuleSet, Tz, Unvalidated};

use super::Unreadable;
use super::lines::{self, Event, Line};
use super::times::{self, Moment};

/// More events are not read.
const MOST_EVENTS: usize = 20_000;
/// One event comes back at most this often within the window.
const MOST_TIMES: u16 = 1000;
/// All events together may take this long.
const PATIENCE: Duration = Duration::from_secs(3);
/// Rules that would be walked through in smaller steps than days.
const SMALL_STEPS: [&str; 6] = ["=SECONDLY", "=MINUTELY", "=HOURLY", "BYSECOND", "BYMINUTE", "BYHOUR"];
/// The first year that counts; what began before would be walked through from there.
const FIRST_YEAR: &str = "19000101";

/// Seconds since the epoch, from and to.
pub(in crate::agent) type Busy = (i64, i64);

/// When the owner is busy between two moments, overlapping times taken together. `usual` is the zone of times that name none:
/// without one, such a time is an error, because the file is read anew for each answer.
pub(in crate::agent) fn busy(text: &str, usual: Option<&str>, (from, to): Busy) -> Result<Vec<Busy>, Unreadable> {
    let calendar = lines::read(text, MOST_EVENTS).ok_or(Unreadable::NoCalendar)?;
    let named = usual.or(calendar.zone.as_deref());
    let usual = named.map(|name| times::zone(name).ok_or(Unreadable::Zone)).transpose()?;
    let window = (moment(from)?, moment(to)?);
    let deadline = Instant::now() + PATIENCE;
    let mut all = Vec::new();
    for event in &calendar.events {
        if Instant::now() > deadline {
            return Err(Unreadable::TooMuch);
        }
        if blocks(event) {
            let replaced = replacements(event, &calendar.events, usual)?;
            all.extend(of_event(event, &replaced, usual, window)?);
        }
    }
    Ok(merged(all, (from, to)))
}

/// The zone of a calendar that leaves its times without one, if it says so; an error when it is no calendar.
pub(in crate::agent) fn names_its_zone(text: &str) -> Result<bool, Unreadable> {
    let calendar = lines::read(text, MOST_EVENTS).ok_or(Unreadable::NoCalendar)?;
    let floats = |event: &Event| {
        event.first("DTSTART").is_some_and(|start| !start.value.ends_with('Z') && start.parameter("TZID").is_none())
    };
    Ok(calendar.zone.is_some() || !calendar.events.iter().any(floats))
}

fn moment(secs: i64) -> Result<Moment, Unreadable> {
    DateTime::from_timestamp(secs, 0).map(|utc| utc.with_timezone(&Tz::UTC)).ok_or(Unreadable::Time)
}

fn says(event: &Event, name: &str, value: &str) -> bool {
    event.first(name).is_some_and(|line| line.value.trim().eq_ignore_ascii_case(value))
}

fn blocks(event: &Event) -> bool {
    !says(event, "STATUS", "CANCELLED") && !says(event, "TRANSP", "TRANSPARENT")
}

/// When single occurrences of a recurring event were given another place.
fn replacements(event: &Event, all: &[Event], usual: Option<Tz>) -> Result<Vec<Moment>, Unreadable> {
    let (Some(uid), None, Some(_)) = (event.first("UID"), event.first("RECURRENCE-ID"), event.first("RRULE")) else {
        return Ok(Vec::new());
    };
    let mut replaced = Vec::new();
    for other in all {
        let Some(line) = other.first("RECURRENCE-ID") else { continue };
        if other.first("UID").is_some_and(|of| of.value == uid.value) {
            // "This and all that follow" changes the rule: not read.
            if line.parameter("RANGE").is_some() {
                return Err(Unreadable::Rule);
            }
            replaced.push(times::first(line, usual)?.0);
        }
    }
    Ok(replaced)
}

fn of_event(
    event: &Event,
    replaced: &[Moment],
    usual: Option<Tz>,
    (from, to): (Moment, Moment),
) -> Result<Vec<Busy>, Unreadable> {
    let start = event.first("DTSTART").ok_or(Unreadable::Time)?;
    let (begins, is_day) = times::first(start, usual)?;
    let length = length(event, (begins, is_day), usual)?;
    let ended = |start: &Moment| *start + length > from;
    let once = |start: Moment| (start < to && ended(&start)).then(|| (start.timestamp(), (start + length).timestamp()));
    if event.first("RRULE").is_none() && event.first("RDATE").is_none() {
        return Ok(once(begins).into_iter().collect());
    }
    if begins < moment_of(FIRST_YEAR)? {
        return Err(Unreadable::Rule);
    }
    // Its own time counts, whether or not the rule meets it.
    let mut set = RRuleSet::new(begins).after(from - length).before(to).rdate(begins);
    // One rule an event, as RFC 5545 would have it: each is walked through.
    if event.all("RRULE").count() > 1 {
        return Err(Unreadable::Rule);
    }
    if let Some(line) = event.first("RRULE") {
        set = set.rrule(rule(line)?.validate(begins).map_err(|_| Unreadable::Rule)?);
    }
    for line in event.all("RDATE") {
        // Periods are not read.
        for (at, _) in times::moments(line, usual)? {
            set = set.rdate(at);
        }
    }
    for line in event.all("EXDATE") {
        for (at, _) in times::moments(line, usual)? {
            set = set.exdate(at);
        }
    }
    for at in replaced {
        set = set.exdate(*at);
    }
    let found = set.all(MOST_TIMES);
    if found.limited {
        return Err(Unreadable::TooMuch);
    }
    Ok(found.dates.into_iter().filter_map(once).collect())
}

fn moment_of(day: &str) -> Result<Moment, Unreadable> {
    let day = times::day(day).and_then(|day| day.and_hms_opt(0, 0, 0)).ok_or(Unreadable::Time)?;
    Ok(day.and_utc().with_timezone(&Tz::UTC))
}

/// How long each occurrence lasts.
fn length(event: &Event, (begins, is_day): (Moment, bool), usual: Option<Tz>) -> Result<Span, Unreadable> {
    if let Some(end) = event.first("DTEND") {
        return Ok((times::first(end, usual)?.0 - begins).max(Span::zero()));
    }
    match event.first("DURATION") {
        Some(line) => times::duration(&line.value).ok_or(Unreadable::Time),
        None if is_day => Ok(Span::days(1)),
        None => Ok(Span::zero()),
    }
}

/// A rule in steps of days at least, its end widened where it does not say in which zone it is.
fn rule(line: &Line) -> Result<RRule<Unvalidated>, Unreadable> {
    let text = line.value.trim().to_ascii_uppercase();
    if !text.is_ascii() || SMALL_STEPS.iter().any(|step| text.contains(step)) {
        return Err(Unreadable::Rule);
    }
    let part = |part: &str| match part.strip_prefix("UNTIL=") {
        Some(until) => times::until(until).map(|until| format!("UNTIL={until}")),
        None => Some(part.to_owned()),
    };
    let parts: Option<Vec<String>> = text.split(';').filter(|part| !part.is_empty()).map(part).collect();
    parts.ok_or(Unreadable::Rule)?.join(";").parse().map_err(|_| Unreadable::Rule)
}

/// Cut to the window, in order, what touches taken together.
fn merged(mut all: Vec<Busy>, (from, to): Busy) -> Vec<Busy> {
    all.sort_unstable();
    let mut merged: Vec<Busy> = Vec::new();
    for (start, end) in all.into_iter().map(|(start, end)| (start.max(from), end.min(to))).filter(|(s, e)| s < e) {
        match merged.last_mut() {
            Some(last) if start <= last.1 => last.1 = last.1.max(end),
            _ => merged.push((start, end)),
        }
    }
    merged
}
