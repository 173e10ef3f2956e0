//! The owner's word: what it takes, and whether what a face took as one counts.
//!
//! ```text
//!  face ──Word──► check ──► ApprovedBy ──► the act, and its entry in the audit log
//!                   │ policy confirm: a yes counts wherever it was given
//!                   └ policy pin: the try is counted, then the PIN is compared; a client's form never counts
//! ```

pub(super) mod pin;

use std::sync::Arc;

use super::core::Core;
use super::{ApprovedBy, OwnerError, Policy, ReadError, Trouble, Way, Word};
use crate::store::{StoreError, Tx, pin as pin_row};

/// What the owner's yes takes now.
pub(super) fn policy(tx: &Tx<'_>) -> Result<Policy, StoreError> {
    Ok(if pin_row::is_set(tx)? { Policy::Pin } else { Policy::Confirm })
}

/// The same, for faces.
pub(super) async fn policy_now(core: &Arc<Core>) -> Result<Policy, ReadError> {
    core.read(|tx, _| policy(tx).map_err(ReadError::from)).await
}

/// Whether a word counts. Every act that needs the owner comes through here before it begins.
pub(super) async fn check(core: &Arc<Core>, word: Word) -> Result<ApprovedBy, OwnerError> {
    let policy = core.read(|tx, _| policy(tx).map_err(Trouble::from)).await?;
    let Word { way, pin } = word;
    match (policy, pin) {
        (Policy::Confirm, _) => {}
        (Policy::Pin, _) if way == Way::Form => return Err(OwnerError::FormDoesNotCount),
        (Policy::Pin, None) => return Err(OwnerError::PinNeeded),
        (Policy::Pin, Some(pin)) => pin::prove(core, pin).await?,
    }
    Ok(ApprovedBy { policy, way })
}

/// Looks again in the transaction of the act: a PIN that was set meanwhile is asked for.
pub(super) fn still_counts(tx: &Tx<'_>, by: ApprovedBy) -> Result<(), OwnerError> {
    match (by.policy, policy(tx)?) {
        (Policy::Confirm, Policy::Pin) => Err(OwnerError::PinNeeded),
        _ => Ok(()),
    }
}
