//! Errors of comparing safety words.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why a peer does not count as verified.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// A failure that is not about the words.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Nobody whom we are paired with goes by that name.
    #[error("no peer that you are paired with goes by that name")]
    UnknownPeer,
    /// What was typed are no six words.
    #[error("that are not six words")]
    NotSixWords,
    /// They are not the words of that peer.
    #[error("these are not the words of the agent that you call {peer}")]
    OtherWords {
        /// Who.
        peer: String,
    },
}

impl Explain for VerifyError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::UnknownPeer => "unknown_peer",
            Self::NotSixWords => "not_six_words",
            Self::OtherWords { .. } => "other_words",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::UnknownPeer => "See `a2a peers`.".into(),
            Self::NotSixWords => {
                "They read you the six safety words that their `a2a whoami` shows; type them all.".into()
            }
            Self::OtherWords { .. } => {
                "Have them read the words of their `a2a whoami` once more. If they are right, you are paired with \
                 somebody else: end that pair with `a2a revoke` and pair anew."
                    .into()
            }
        }
    }
}
