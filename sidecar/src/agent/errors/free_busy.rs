//! Errors of the calendar that answers by rule.

use super::{OwnerError, Trouble};
use crate::agent::Unreadable;
use crate::error::Explain;

/// Why a calendar was not set, or a peer not let be answered from it.
#[derive(Debug, thiserror::Error)]
pub enum FreeBusyError {
    /// A failure that is not about the calendar.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The file cannot be used.
    #[error("the calendar cannot be used: {0}")]
    Unreadable(#[from] Unreadable),
    /// Its times have no zone.
    #[error("the calendar has times without a time zone, and names none")]
    NoZone,
    /// No file is named yet.
    #[error("no calendar is set")]
    NoCalendar,
    /// There is no such peer.
    #[error("no peer of that name")]
    UnknownPeer,
}

impl Explain for FreeBusyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::Unreadable(_) => "calendar_unreadable",
            Self::NoZone => "no_time_zone",
            Self::NoCalendar => "no_calendar",
            Self::UnknownPeer => "unknown_peer",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::Unreadable(Unreadable::Zone) => {
                "Name its zone: a2a calendar set FILE --zone Europe/Berlin; zones in it are named like that.".into()
            }
            Self::Unreadable(_) => "Export the calendar anew, as an .ics file.".into(),
            Self::NoZone => "Name it: a2a calendar set FILE --zone Europe/Berlin.".into(),
            Self::NoCalendar => "Name it first: a2a calendar set FILE.".into(),
            Self::UnknownPeer => "List your peers with `a2a peers`.".into(),
        }
    }
}
