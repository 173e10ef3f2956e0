//! One error per act, each naming its remedy.

mod account;
mod attach;
mod audit;
mod away;
mod card;
mod consent;
mod free_busy;
mod guard;
mod owner;
mod pairing;
mod read;
mod recovery;
mod register;
mod relay_host;
mod send;
mod trouble;
mod undo;
mod verify;
mod webhook;

pub use account::AccountError;
pub use attach::{AttachError, FetchError};
pub use audit::AuditError;
pub use away::AwayError;
pub use card::CardError;
pub use consent::ConsentError;
pub use free_busy::FreeBusyError;
pub use guard::GuardError;
pub use owner::OwnerError;
pub use pairing::{AuthorizeError, InviteError, RenameError, RevokeError};
pub use read::{OpenError, ReadError};
pub use recovery::RecoveryError;
pub use register::RegisterError;
pub use relay_host::RelayHostError;
pub use send::SendError;
pub use trouble::Trouble;
pub use undo::UndoError;
pub use verify::VerifyError;
pub use webhook::WebhookError;

use crate::store::StoreError;

/// Lets a transaction's closure end in the error of its act.
macro_rules! from_store_error {
    ($($error:ty),*) => {
        $(impl From<StoreError> for $error {
            fn from(error: StoreError) -> Self {
                Trouble::from(error).into()
            }
        })*
    };
}

from_store_error!(
    AccountError,
    AttachError,
    FetchError,
    AuditError,
    AuthorizeError,
    AwayError,
    CardError,
    ConsentError,
    FreeBusyError,
    GuardError,
    InviteError,
    OwnerError,
    ReadError,
    RecoveryError,
    RegisterError,
    RelayHostError,
    RenameError,
    RevokeError,
    SendError,
    UndoError,
    VerifyError,
    WebhookError
);
