//! Errors of approving and declining.

use super::{AuthorizeError, CardError, InviteError, OwnerError, SendError, Trouble};
use crate::error::Explain;

/// Why an approval did not go through.
#[derive(Debug, thiserror::Error)]
pub enum ConsentError {
    /// A failure that is not about the action.
    #[error(transparent)]
    Trouble(#[from] Trouble),
    /// No action of that id waits.
    #[error("no action of that id waits; it may have been carried out already")]
    Unknown,
    /// The action lapsed.
    #[error("the action has lapsed")]
    Expired,
    /// The action was decided before.
    #[error("the action was already decided")]
    Decided,
    /// Somebody approved it a moment ago.
    #[error("this was approved a moment ago, and is being carried out")]
    BeingDone,
    /// The owner's word does not count.
    #[error(transparent)]
    Owner(#[from] OwnerError),
    /// Approved, but making the invite failed; it can be tried again.
    #[error("approved, but: {0}")]
    Invite(#[from] InviteError),
    /// Approved, but pairing failed; it can be tried again.
    #[error("approved, but: {0}")]
    Authorize(#[from] AuthorizeError),
    /// Approved, but publishing failed; it can be tried again.
    #[error("approved, but: {0}")]
    Card(#[from] CardError),
    /// Approved, but the message was not sent; it can be tried again.
    #[error("approved, but: {0}")]
    Send(#[from] SendError),
}

impl Explain for ConsentError {
    fn code(&self) -> &'static str {
        match self {
            Self::Trouble(trouble) => trouble.code(),
            Self::Unknown => "unknown_action",
            Self::Expired => "action_expired",
            Self::Decided => "action_decided",
            Self::BeingDone => "being_done",
            Self::Owner(error) => error.code(),
            Self::Invite(error) => error.code(),
            Self::Authorize(error) => error.code(),
            Self::Card(error) => error.code(),
            Self::Send(error) => error.code(),
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::Trouble(trouble) => trouble.next_step(),
            Self::Unknown => "List what waits with `a2a approve`.".into(),
            Self::Expired => "Ask for it again.".into(),
            Self::Decided => "Nothing is left to do.".into(),
            Self::BeingDone => "Look again in a minute.".into(),
            Self::Owner(error) => error.next_step(),
            Self::Invite(error @ InviteError::Trouble(_)) => stays_approved(error),
            Self::Authorize(error @ AuthorizeError::Trouble(_)) => stays_approved(error),
            Self::Card(error @ CardError::Trouble(_)) => stays_approved(error),
            Self::Send(error) => stays_approved(error),
            Self::Invite(error) => error.next_step(),
            Self::Authorize(error) => error.next_step(),
            Self::Card(error) => error.next_step(),
        }
    }
}

/// The remedy of an act that the owner approved and that could not be done now: the approval is not lost.
fn stays_approved(error: &impl Explain) -> String {
    format!(
        "{} Your approval stands, for an hour from when it was asked for: try again, or decline it.",
        error.next_step()
    )
}
