//! The one door through which text of others reaches a model or a terminal: neutralised, fenced, attributed, capped.
//!
//! Every face (`mcp`, `cli`, `approval`) shows [`Untrusted`](crate::agent::Untrusted) text only as [`Presented`], and
//! only this module makes one:
//!
//! * [`neutralise`] for bodies, [`line()`] for names, subjects and every other text of one line;
//! * [`fence()`] puts one message of one peer between two marks that nobody can guess, each line prefixed, the peer's
//!   petname and verified id outside;
//! * [`Budget`] cuts at 16 KiB a message and 32 KiB a call and says how to read on.
//!
//! The stored bytes stay as they were signed. None of this stops a model from being persuaded; it makes sure that the
//! model and the owner see what is there and who wrote it.

mod budget;
mod characters;
mod fence;
mod links;
mod request;
mod text;

pub use budget::{Budget, MAX_CALL_BYTES, MAX_MESSAGE_BYTES, Part};
pub use fence::{Attribution, Author, fence, quoted};
pub use request::{payload, told};
pub use text::{Presented, line, neutralise, own, with_files};

#[cfg(test)]
pub(crate) mod corpora;
#[cfg(test)]
mod tests;
