//! Why a call to a relay did not succeed, and whether trying again can help.

use std::fmt;
use std::time::Duration;

use a2a_proto::api::code;
use thiserror::Error;

use super::DestinationError;

/// A call that did not succeed. Holds no text of the relay's.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RelayFailure {
    /// Not now: the same request may succeed later.
    #[error("the relay {why}")]
    Retry {
        /// The relay asked to be left alone for this long.
        after: Option<Duration>,
        /// What is the matter.
        why: Why,
    },
    /// The relay's one answer to a deposit it does not take: unknown, closed, expired or wrong lane are the same.
    #[error("the relay does not take this")]
    Refused,
    /// Not there, or not for us.
    #[error("the relay has no such thing")]
    NotFound,
    /// The relay does not accept our session, and gave no new one.
    #[error("the relay does not accept this device")]
    Unauthorized,
    /// The relay named a reason: one of [`a2a_proto::api::code`], or `other`.
    #[error("the relay says no: {0}")]
    Problem(&'static str),
    /// What answered is no relay that we understand: a captive portal, say, or a relay that lies.
    #[error("what answered is not a relay's answer: {0}")]
    Garbage(&'static str),
    /// TLS cannot be set up here: this system's root certificates cannot be read.
    #[error("this machine cannot set up TLS")]
    NoTls,
    /// We do not call this address.
    #[error(transparent)]
    NotCalled(#[from] DestinationError),
}

/// What stands in the way for now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// No connection could be made, or it broke.
    Unreachable,
    /// The relay's TLS certificate does not hold.
    Certificate,
    /// No answer in time.
    TimedOut,
    /// Too many requests.
    Busy,
    /// The mailbox is full.
    MailboxFull,
    /// The relay, or its store, is away.
    Away,
}

impl RelayFailure {
    /// Whether the same request may succeed later. Garbage counts: a captive portal goes away, and mail must not be
    /// given up because of it.
    #[must_use]
    pub fn may_succeed_later(&self) -> bool {
        matches!(self, Self::Retry { .. } | Self::Garbage(_))
    }

    /// How long the relay asked to be left alone.
    #[must_use]
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Retry { after, .. } => *after,
            _ => None,
        }
    }

    pub(super) fn retry(why: Why) -> Self {
        Self::Retry { after: None, why }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unreachable => "cannot be reached",
            Self::Certificate => "shows a certificate that is not valid for it",
            Self::TimedOut => "did not answer in time",
            Self::Busy => "asks to slow down",
            Self::MailboxFull => "has no room left in the mailbox",
            Self::Away => "is out of order for now",
        })
    }
}

/// The code as one of ours; a relay's own text goes no further.
pub(super) fn known_code(said: &str) -> &'static str {
    KNOWN_CODES.iter().copied().find(|known| *known == said).unwrap_or("other")
}

const KNOWN_CODES: [&str; 17] = [
    code::REFUSED,
    code::NOT_FOUND,
    code::UNAUTHORIZED,
    code::BAD_REQUEST,
    code::TOO_LARGE,
    code::TOO_MANY,
    code::MAILBOX_FULL,
    code::UNAVAILABLE,
    code::REGISTRATION_CLOSED,
    code::REGISTRATION_TOKEN_NEEDED,
    code::REGISTRATION_TOKEN_USED,
    code::HANDLE_TAKEN,
    code::EPOCH_TOO_LOW,
    code::INVALID_PROOF,
    code::NOT_NEWER,
    code::BAD_WORK,
    code::BAD_WEBHOOK,
];
