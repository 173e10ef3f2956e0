//! Errors of publishing and reading cards.

use a2a_proto::address::ParseAddressError;
use a2a_proto::id::ParseAgentIdError;

use super::Trouble;
use crate::error::Explain;

/// Why a card was not published or read.
#[derive(Debug, thiserror::Error)]
pub enum CardError {
    /// A failure that is not about the card.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// A capability breaks the rules.
    #[error("the capability number {number} is wrong: {reason}")]
    BadCapability {
        /// Which one, from 1.
        number: usize,
        /// What is wrong.
        reason: String,
    },
    /// Too many capabilities.
    #[error("a card names at most {most} capabilities")]
    TooMany {
        /// The limit.
        most: usize,
    },
    /// The id is damaged.
    #[error("the agent id is wrong: {0}")]
    BadId(#[from] ParseAgentIdError),
    /// The address is damaged.
    #[error("the address is wrong: {0}")]
    BadAddress(#[from] ParseAddressError),
    /// The invite link is damaged.
    #[error("the invite link is wrong: {reason}")]
    BadInvite {
        /// What is wrong with it; never what it was.
        reason: String,
    },
    /// No such agent, or it publishes nothing.
    #[error("no agent of that name publishes a card at {relay}")]
    NotPublished {
        /// Which relay was asked.
        relay: String,
    },
    /// The card is not signed by that agent, or is older than one we saw.
    #[error("the card that {relay} served is not this agent's current one")]
    NotGenuine {
        /// Which relay.
        relay: String,
    },
    /// The owner said no.
    #[error("the owner declined this card")]
    Declined,
}

impl Explain for CardError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::BadCapability { .. } => "bad_capability",
            Self::TooMany { .. } => "too_many",
            Self::BadId(_) => "bad_agent_id",
            Self::BadAddress(_) => "bad_address",
            Self::BadInvite { .. } => "bad_invite",
            Self::NotPublished { .. } => "not_published",
            Self::NotGenuine { .. } => "not_genuine",
            Self::Declined => "declined",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::BadCapability { .. } | Self::TooMany { .. } => "Mend it and send the whole list again.".into(),
            Self::BadId(_) | Self::BadAddress(_) | Self::BadInvite { .. } => {
                "Copy the address again, all of it.".into()
            }
            Self::NotPublished { .. } => "Check the address; the agent may not publish a card.".into(),
            Self::NotGenuine { .. } => "Do not rely on it: the relay may be lying. Try again later.".into(),
            Self::Declined => "Ask the owner before trying again.".into(),
        }
    }
}
