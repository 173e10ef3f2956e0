//! Keeps requests whose target a stranger chose away from private networks.
//!
//! ```text
//!   a URL or a host ─► url, host    scheme, port, userinfo, what looks like a name of this network
//!                        │ a name                     │ an address
//!                        ▼                            ▼
//!                     resolver ─── every answer ─► address    default-deny, from the IANA registries
//!                        │
//!                        ▼ the very addresses that were checked: there is no second look-up to be rebound
//!                     the connection
//! ```
//!
//! A relay calls webhooks that owners register; a sidecar calls relays that peers name. Both use this crate, and both
//! refuse redirects and proxy variables where they build their clients.
//! Who vouches for a host calls it without this guard: there are no exceptions in here.
//!
//! *Invariant:* no connection is made to an address that [`is_public`] was not asked about. HTTP clients do not ask a
//! resolver about literal addresses, so those are checked before a request is made.

mod address;
mod blocks;
mod host;
mod resolver;
mod url;

pub use address::is_public;
pub use host::{check_host, is_loopback_host};
pub use resolver::{Found, Lookup, PinningResolver, SystemLookup, resolve};
pub use url::{CallbackUrl, Rules};

/// Why a destination is not called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum Forbidden {
    /// It is no URL.
    #[error("it is no URL")]
    Unparsable,
    /// It is longer than any URL needs to be.
    #[error("it is too long")]
    TooLong,
    /// Characters that parsers disagree about.
    #[error("it holds characters that a URL writes otherwise (spaces, backslashes, letters beyond ASCII)")]
    Characters,
    /// Another scheme than `https`.
    #[error("it does not begin with https://")]
    Scheme,
    /// A name or password before the host.
    #[error("it holds a user name or a password")]
    Userinfo,
    /// A part after `#`.
    #[error("it holds a part after #")]
    Fragment,
    /// A port that is not among the allowed ones.
    #[error("its port is not allowed")]
    Port,
    /// An address in place of a name.
    #[error("its host is an address, not a name")]
    Literal,
    /// The host is no name of the public internet.
    #[error("its host is no full name of the public internet")]
    Name,
    /// A name that means this machine or the network around it.
    #[error("its host names this machine or a private network")]
    LocalName,
    /// It is, or leads to, an address that is not public.
    #[error("it leads to an address that is not public")]
    NotPublic,
}
