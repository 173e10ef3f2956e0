//! Errors of registering.

use super::{OwnerError, Trouble};
use crate::error::Explain;

/// Why there is no account.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// A failure that is not about registering.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Nobody said which relay.
    #[error("no relay was named, and none is configured")]
    NoRelay,
    /// The name holds nothing that can be shown.
    #[error("a name needs 1 to 64 visible characters")]
    BadName,
    /// The identity already lives at another relay.
    #[error("this identity already lives at {relay}")]
    OtherRelay {
        /// Where it lives.
        relay: String,
    },
    /// That is where we are.
    #[error("this agent is at {relay} already")]
    AlreadyThere {
        /// Where.
        relay: String,
    },
    /// The relay takes nobody.
    #[error("the relay {relay} takes no new accounts")]
    Closed {
        /// Which one.
        relay: String,
    },
    /// The relay wants a join link.
    #[error("the relay {relay} wants a join link")]
    TokenNeeded {
        /// Which one.
        relay: String,
    },
    /// The join link is spent, lapsed or wrong.
    #[error("the join link is used up, lapsed or wrong")]
    TokenUsed,
    /// A newer device holds this identity.
    #[error("the relay {relay} knows a newer device of this identity")]
    NewerDevice {
        /// Which one.
        relay: String,
    },
}

impl Explain for RegisterError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Owner(error) => error.code(),
            Self::NoRelay => "no_relay",
            Self::BadName => "bad_name",
            Self::OtherRelay { .. } => "other_relay",
            Self::AlreadyThere { .. } => "already_there",
            Self::Closed { .. } => "registration_closed",
            Self::TokenNeeded { .. } => "registration_token_needed",
            Self::TokenUsed => "registration_token_used",
            Self::NewerDevice { .. } => "epoch_too_low",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Owner(error) => error.next_step(),
            Self::NoRelay => "Name the relay: `a2a init https://relay.example`, or set A2A_RELAY.".into(),
            Self::BadName => "Choose a name such as `bob` or `Bob at Acme`.".into(),
            Self::OtherRelay { .. } => {
                "Keep using it, or give this identity another home with `a2a relay move`.".into()
            }
            Self::AlreadyThere { .. } => "Name another relay.".into(),
            Self::Closed { .. } => "Choose another relay, or host one: `a2a-relay serve`.".into(),
            Self::TokenNeeded { .. } => {
                "Ask the relay's operator for a join link and run `a2a init JOIN-LINK` in a terminal.".into()
            }
            Self::TokenUsed => "Ask the relay's operator for a new join link.".into(),
            Self::NewerDevice { .. } => "Use the newer device, or restore this one with the recovery words.".into(),
        }
    }
}
