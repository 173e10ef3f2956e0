//! What bounds a grant, as it is said on the command line.

use a2a_proto::time::Timestamp;
use clap::Args;

use crate::agent::Bounds;
use crate::words;

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

pub(crate) fn moment(text: &str) -> Result<Timestamp, String> {
    words::read_end(text).ok_or_else(|| "say a day such as 2027-01-31".to_owned())
}
