//! Files of messages: from a folder that the owner allowed, sealed in chunks, to a quarantine folder of the other side.
//!
//! ```text
//!  send: safe_open (a path) ─┐
//!        handed (bytes) ─────┴► spool (sealed copy, once) ─► upload ─► then the message
//!  receive: wanted ─► fetch ─► land
//! ```
//!
//! Out: what was checked is what is read, once; from then on only sealed bytes are kept, and a retry sends the same. In:
//! nothing lands before its digest is that of the signed message, and it lands under a name of ours that was free.

mod fetch;
mod folders;
mod handed;
mod land;
mod safe_name;
mod safe_open;
mod spool;
mod upload;

pub(super) use fetch::{arrived, fetch, fetch_wanted, view};
pub(super) use folders::{allow, forget, list};
pub use handed::Handover;
#[cfg(test)]
pub(crate) use land::land;
pub(super) use spool::{Prepared, forget_copies, forget_sealed, forget_unused, make_ready, note_sending, said_of};
pub(super) use upload::{upload_due, upload_of};

/// How a transfer goes: told now and then, so that somebody who waits sees it move.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Transfer {
    /// The file's place among those of its message, from 1.
    pub place: u32,
    /// How many bytes are done.
    pub done: u64,
    /// How many there are.
    pub size: u64,
}

/// Who hears of it.
pub(super) type Tell<'a> = &'a (dyn Fn(Transfer) + Send + Sync);
