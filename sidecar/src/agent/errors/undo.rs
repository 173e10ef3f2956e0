//! Errors of taking a revocation or a block back.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why nothing was taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// A failure that is not about the peer.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Nobody goes by that name.
    #[error("no peer goes by that name")]
    UnknownPeer,
    /// It is not blocked.
    #[error("{peer} is not blocked")]
    NotBlocked {
        /// Who.
        peer: String,
    },
    /// Nothing was taken away, or too long ago.
    #[error("nothing was taken from {peer} in the last 7 days that could be given back")]
    Nothing {
        /// Who.
        peer: String,
    },
}

impl Explain for UndoError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::NotBlocked { .. } => "not_blocked",
            Self::Nothing { .. } => "nothing_to_undo",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::UnknownPeer | Self::NotBlocked { .. } => "See `a2a peers`.".into(),
            Self::Nothing { .. } => "To pair again, make an invite: `a2a invite`.".into(),
        }
    }
}
