//! What the servers on the loopback interface share: who may connect and ask, secrets, the strict headers, the browser.
//!
//! Two faces serve pages, [`approval`](crate::approval) and [`console`](crate::console), and [`mcp`](crate::mcp) serves
//! clients. Any program of this computer and any page in the owner's browser can reach their port. Programs of other
//! users are turned away where the system tells whose they are ([`serve()`]). Beyond that, every request to a page has
//! to prove that it comes from the owner: it names the very server (a rebound name does not), it carries a secret
//! that only the owner's browser was given, and a change comes from the page itself.

mod browser;
mod details;
mod headers;
mod listen;
mod origin;
mod seats;
mod secret;
mod serve;
#[cfg(test)]
pub(crate) mod testing;
mod whose;

pub(crate) use browser::open_in_browser;
pub(crate) use details::{detail, pin_field};
pub(crate) use headers::harden;
pub(crate) use listen::listen;
pub(crate) use origin::{Authority, refuse_misdirected};
pub(crate) use secret::Secret;
pub(crate) use serve::serve;
