//! What bounds a grant, as it is said on the command line.

use a2a_proto::time::Timestamp;
use clap::Args;
use time::format_description::well_known::Rfc3339;
use time::macros::format_description;
use time::{Date, OffsetDateTime};

use crate::agent::Bounds;

/// The end of a grant and its number a day.
#[derive(Debug, Args)]
pub(crate) struct Ends {
    /// Until when they may, such as 2027-01-31 (that day included, UTC) or 2027-01-31T18:00:00Z
    #[arg(long, value_name = "DATE", value_parser = moment)]
    until: Option<Timestamp>,
    /// How many of their messages you take within 24 hours
    #[arg(long, value_name = "N")]
    daily: Option<u32>,
}

impl From<Ends> for Bounds {
    fn from(ends: Ends) -> Self {
        Self { until: ends.until, daily: ends.daily }
    }
}

/// A day to its end, or a moment.
pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    let day = Date::parse(text, format_description!("[year]-[month]-[day]"));
    let end = day.ok().and_then(|day| day.next_day()).map(|next| next.midnight().assume_utc());
    let end = end.or_else(|| OffsetDateTime::parse(text, &Rfc3339).ok());
    let secs = end.and_then(|end| u64::try_from(end.unix_timestamp()).ok());
    secs.map(Timestamp::from_secs).ok_or_else(|| "say a day such as 2027-01-31".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_counts_to_its_end_and_a_moment_as_it_is() {
        assert_eq!(moment("2027-01-31").unwrap(), moment("2027-02-01T00:00:00Z").unwrap());
        assert_eq!(moment("2027-01-31T18:00:00+02:00").unwrap(), moment("2027-01-31T16:00:00Z").unwrap());
        for wrong in ["", "tomorrow", "31.01.2027", "1900-01-01"] {
            assert!(moment(wrong).is_err(), "{wrong}");
        }
    }
}
