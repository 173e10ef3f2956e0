//! What the pages on the loopback interface share: secrets, who may ask, the strict headers, the browser.
//!
//! Two faces serve such pages, [`approval`](crate::approval) and [`console`](crate::console). Any program of this
//! computer and any page in the owner's browser can reach their port, so every request has to prove that it comes
//! from the owner: it names the very server (a rebound name does not), it carries a secret that only the owner's
//! browser was given, and a change comes from the page itself.

mod browser;
mod details;
mod headers;
mod listen;
mod origin;
mod secret;
#[cfg(test)]
pub(crate) mod testing;

pub(crate) use browser::open_in_browser;
pub(crate) use details::{detail, pin_field};
pub(crate) use headers::harden;
pub(crate) use listen::listen;
pub(crate) use origin::{Authority, refuse_misdirected};
pub(crate) use secret::Secret;
