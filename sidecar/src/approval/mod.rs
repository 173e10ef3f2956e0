//! The loopback approval page: where the owner decides, outside the model.
//!
//! A face that needs the owner's consent opens a [`Page`] for one pending action and hands the
//! link to the owner's browser, by itself or through a client's URL
//! elicitation. What the page guarantees:
//!
//! * It listens on 127.0.0.1 only, on a port of its own, and is about exactly one action.
//! * The link opens once, so whoever reads it later, in a process list say, finds it used; what the
//!   page itself holds stands in no address, no cookie and no history.
//! * Looking never decides: a `GET` changes nothing but the link's freshness, and the decision is a
//!   `POST` that carries the secret of the page it was shown on, from the page's own origin.
//! * There is no script on it, and nothing a peer wrote can become markup.
//! * It ends with the decision, or when the action expires.
//!
//! ```text
//!   GET /open/<one-time token> ──► question ──POST /decide: form secret, decision──► result
//! ```

mod gate;
mod html;
mod link;
mod server;
#[cfg(test)]
mod tests;

pub use link::{ApprovalLink, Decision};
pub use server::{Page, PageError};
