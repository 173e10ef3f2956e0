//! What bounds a grant beside its scopes: the two fields of a form, and how it is shown.

use a2a_proto::time::Timestamp;
use maud::{Markup, html};

use super::form::Fields;
use crate::agent::Bounds;
use crate::error::Words;
use crate::words;

/// Both fields as they were typed; they stay when something did not work.
#[derive(Debug, Default, Clone)]
pub(super) struct Typed {
    until: String,
    daily: String,
}

impl From<Bounds> for Typed {
    fn from(bounds: Bounds) -> Self {
        let until = bounds.until.map_or_else(String::new, words::write_end);
        Self { until, daily: bounds.daily.map_or_else(String::new, |daily| daily.to_string()) }
    }
}

impl From<&Fields> for Typed {
    fn from(fields: &Fields) -> Self {
        Self { until: fields.one("until").trim().to_owned(), daily: fields.one("daily").trim().to_owned() }
    }
}

impl Typed {
    /// What they mean; what cannot be an end or a number is told.
    pub(super) fn read(&self) -> Result<Bounds, Words> {
        let until = filled(&self.until).map(|typed| words::read_end(typed).ok_or_else(no_end)).transpose()?;
        let daily = filled(&self.daily).map(|typed| typed.parse().map_err(|_| no_number())).transpose()?;
        Ok(Bounds { until, daily })
    }
}

/// The fields; empty ones bound nothing. An end that is no whole day stays as it is.
pub(super) fn fields(typed: &Typed) -> Markup {
    let is_day = typed.until.is_empty() || typed.until.len() == "2027-01-31".len();
    html! {
        div.inline {
            label.field { span { "Until, that day included" span.faint { " (UTC; empty: for good)" } } input type=(if is_day { "date" } else { "text" }) name="until" value=(typed.until) autocomplete="off"; }
            label.field { span { "Messages within 24 hours" span.faint { " (empty: any number)" } } input type="number" name="daily" value=(typed.daily) min="1" step="1" inputmode="numeric" autocomplete="off"; }
        }
    }
}

/// The end and the number of a grant; nothing where it has neither.
pub(super) fn shown(bounds: Bounds, now: Timestamp) -> Markup {
    html! {
        @if let Some(until) = bounds.until { " " (end(until, now)) }
        @if let Some(daily) = bounds.daily { " " span.mark.plain { "at most " (daily) " within 24 hours" } }
    }
}

fn end(until: Timestamp, now: Timestamp) -> Markup {
    let class = if until <= now { "mark warn" } else { "mark plain" };
    html! {
        span class=(class) {
            @if until <= now { "ended " } @else { "until " }
            time datetime=(words::rfc3339(until)) { (words::date(until)) }
        }
    }
}

fn filled(typed: &str) -> Option<&str> {
    Some(typed).filter(|typed| !typed.is_empty())
}

fn no_end() -> Words {
    Words { what: "that is no end of a grant".to_owned(), next: "Say a day such as 2027-01-31.".to_owned() }
}

fn no_number() -> Words {
    Words {
        what: "that is no number of messages".to_owned(),
        next: "Say a number such as 20, or nothing for any number.".to_owned(),
    }
}
