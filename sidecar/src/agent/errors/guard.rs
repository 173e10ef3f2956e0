//! Errors of changing what the agent may write by itself.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum GuardError {
    /// A failure that is not about the peer.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Nobody goes by that name.
    #[error("no peer goes by that name")]
    UnknownPeer,
}

impl Explain for GuardError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::UnknownPeer => "See `a2a peers`.".into(),
        }
    }
}
