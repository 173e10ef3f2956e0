//! The ratchet: Double Ratchet with header encryption, and ML-KEM-768 in every step. See `docs/protocol.md`, "Ratchet".
//!
//! | file | the paper's symbol |
//! |---|---|
//! | `root_key` | RK and KDF_RK |
//! | `chain_key` | CK and KDF_CK |
//! | `message_key` | MK, with the commitment and the associated data |
//! | `header` | HK, the header and its seal |
//! | `turn` | the two halves of a DH step, here with KEM |
//! | `sending`, `receiving` | the chains, skipped keys |
//! | `inner` | the signature and the padding inside a body |
//! | `session` | RatchetEncrypt and RatchetDecrypt: `seal` and `open` |
//! | `record` | the stored form |

mod chain_key;
mod error;
mod header;
mod inner;
mod message_key;
mod opened;
mod rank;
mod receiving;
mod record;
mod root_key;
mod sending;
mod session;
mod start;
mod turn;

#[cfg(test)]
mod tests;

pub use error::{OpenError, SealError};
pub use opened::Opened;
pub use record::RecordError;
pub use session::Session;

#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use header::Header;
pub(crate) use header::HeaderKey;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use inner::{Statement, read as read_inner, write as write_inner};
pub(crate) use root_key::RootKey;
pub(crate) use session::{Front, Ourselves};
pub(crate) use start::Start;
