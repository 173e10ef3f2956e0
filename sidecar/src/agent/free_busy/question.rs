//! A question for free times, and its answer, in the words of the ready schema `scheduling`.

use a2a_proto::content::Request;
use a2a_proto::time::Timestamp;
use serde_json::{Value, json};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::busy::Busy;
use super::{FURTHEST, span};

/// The intent of both.
pub(super) const INTENT: &str = "scheduling";
/// What a question that names no time is about.
const USUAL: i64 = 14 * 24 * 60 * 60;
/// The schema takes no more.
const MOST_SLOTS: usize = 50;

/// Which time is asked for, as far as it is told; none when it is not asked for.
pub(super) fn window(asked: &Request, now: Timestamp) -> Option<Busy> {
    if asked.intent.as_str() != INTENT {
        return None;
    }
    let payload: Value = serde_json::from_str(&asked.payload).ok()?;
    if payload["ask"] != "free-busy" {
        return None;
    }
    let now = i64::try_from(now.secs()).ok()?;
    let slots = payload["slots"].as_array().filter(|slots| !slots.is_empty());
    let (from, to) = match slots {
        None => (now, now + USUAL),
        Some(slots) => {
            let times = |name: &str| slots.iter().map(|slot| moment(&slot[name])).collect::<Option<Vec<i64>>>();
            (times("start")?.into_iter().min()?, times("end")?.into_iter().max()?)
        }
    };
    let (from, to) = (from.max(now), to.min(now + span(FURTHEST)));
    (from < to).then_some((from, to))
}

fn moment(text: &Value) -> Option<i64> {
    Some(OffsetDateTime::parse(text.as_str()?, &Rfc3339).ok()?.unix_timestamp())
}

/// The answer's text and payload: times, and which time they are about.
pub(super) fn answer((from, to): Busy, busy: &[Busy]) -> (String, Value) {
    // What does not fit is left out by answering for a shorter time.
    let to = busy.get(MOST_SLOTS).map_or(to, |(start, _)| *start);
    let told = busy.iter().take(MOST_SLOTS);
    let slots: Vec<Value> =
        told.map(|(start, end)| json!({ "start": written(*start), "end": written(*end), "busy": true })).collect();
    let note = format!("From {} to {}; what is not named is free.", written(from), written(to));
    let payload = json!({ "ask": "free-busy", "slots": slots, "time_zone": "UTC", "note": note });
    (format!("Busy times by calendar, answered by rule. {note}"), payload)
}

fn written(secs: i64) -> String {
    let at = OffsetDateTime::from_unix_timestamp(secs).ok();
    at.and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_default()
}
