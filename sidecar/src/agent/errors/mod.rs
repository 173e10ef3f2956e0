//! One error per act, each naming its remedy.

mod audit;
mod card;
mod consent;
mod pairing;
mod read;
mod register;
mod send;
mod trouble;

pub use audit::AuditError;
pub use card::CardError;
pub use consent::ConsentError;
pub use pairing::{AuthorizeError, InviteError, RenameError, RevokeError};
pub use read::{OpenError, ReadError};
pub use register::RegisterError;
pub use send::SendError;
pub use trouble::Trouble;
