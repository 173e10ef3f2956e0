//! Errors of going away.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why no away text was set.
#[derive(Debug, thiserror::Error)]
pub enum AwayError {
    /// A failure that is not about the text.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// There is no text.
    #[error("the away text is empty")]
    Empty,
    /// The text is too long.
    #[error("the away text has {bytes} bytes; at most {most} are told")]
    TooLong {
        /// Its length.
        bytes: usize,
        /// The limit.
        most: usize,
    },
    /// The end is over already.
    #[error("the end of the absence is in the past")]
    Past,
    /// It holds what must not leave.
    #[error("the away text holds something that looks like a secret")]
    Secret,
}

impl Explain for AwayError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::Empty => "empty",
            Self::TooLong { .. } => "too_long",
            Self::Past => "past",
            Self::Secret => "secret",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::Empty => "Say something, or end the absence with `a2a away --off`.".into(),
            Self::TooLong { .. } => "Say it in fewer words.".into(),
            Self::Past => "Name a later day, or none.".into(),
            Self::Secret => "Leave it out: everybody who writes to you gets this text.".into(),
        }
    }
}
