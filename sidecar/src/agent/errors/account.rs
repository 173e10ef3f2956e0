//! Errors of ending the account.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why the account at the relay was not closed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// A failure that is not about the account.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
}

impl Explain for AccountError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
        }
    }
}
