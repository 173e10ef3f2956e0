//! Errors of the webhook.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why a webhook was not set or shown.
#[derive(Debug, thiserror::Error)]
pub enum WebhookError {
    /// A failure that is not about the webhook.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// The relay does not call such a URL.
    #[error("that URL is not called: {why}")]
    NotCalled {
        /// What is wrong with it.
        why: String,
    },
    /// There is none.
    #[error("no webhook is set")]
    None,
}

impl Explain for WebhookError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::NotCalled { .. } => "bad_webhook",
            Self::None => "no_webhook",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::NotCalled { .. } => "Name a public server, as in https://hooks.example.com/a2a.".into(),
            Self::None => "Set one with `a2a webhook set URL`.".into(),
        }
    }
}
