//! How times, scopes and counts read.

use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use time::OffsetDateTime;
use time::macros::format_description;

/// A moment in the past as people say it; after a week, its date in UTC.
pub(crate) fn ago(moment: Timestamp, now: Timestamp) -> String {
    let seconds = now.since(moment).as_secs();
    match seconds {
        0..60 => "just now".to_owned(),
        60..3_600 => format!("{} min ago", seconds / 60),
        3_600..86_400 => format!("{} h ago", seconds / 3_600),
        86_400..604_800 => format!("{} d ago", seconds / 86_400),
        _ => date(moment),
    }
}

/// How long until a moment in the future.
pub(crate) fn within(moment: Timestamp, now: Timestamp) -> String {
    let seconds = moment.since(now).as_secs();
    match seconds {
        0 => "over".to_owned(),
        1..3_600 => format!("in {} min", seconds.div_ceil(60)),
        3_600..172_800 => format!("in {} h", seconds / 3_600),
        _ => format!("in {} days", seconds / 86_400),
    }
}

/// The day and minute in UTC.
pub(crate) fn date(moment: Timestamp) -> String {
    let format = format_description!("[year]-[month]-[day] [hour]:[minute]Z");
    i64::try_from(moment.secs())
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(&format).ok())
        .unwrap_or_else(|| "unknown".to_owned())
}

/// Scopes with commas between; none reads as a dash.
pub(crate) fn scopes(scopes: &[Scope]) -> String {
    match scopes {
        [] => "-".to_owned(),
        scopes => scopes.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "),
    }
}

/// `1 message`, `2 messages`.
pub(crate) fn count(number: u64, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}
