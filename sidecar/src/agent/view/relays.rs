//! Which relays may be called, as the owner decided.

use a2a_proto::address::RelayAuthority;
use serde::Serialize;

/// The own relay, and hosts of others that may be called although they are not public.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AllowedRelays {
    /// Where the mailbox is.
    pub own: RelayAuthority,
    /// The hosts, in order.
    pub hosts: Vec<String>,
}
