//! Errors of allowing hosts of relays.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why a host was not allowed or forgotten.
#[derive(Debug, thiserror::Error)]
pub enum RelayHostError {
    /// A failure that is not about the host.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The text names no host.
    #[error("that is no host")]
    NoHost,
    /// It was not on the list.
    #[error("{host} was not allowed")]
    NotAllowed {
        /// Which one.
        host: String,
    },
}

impl Explain for RelayHostError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::NoHost => "no_host",
            Self::NotAllowed { .. } => "not_allowed",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::NoHost => "Name the host alone, as in relay.home.example or 192.168.1.7.".into(),
            Self::NotAllowed { .. } => "Run `a2a relay` to see which hosts are.".into(),
        }
    }
}
