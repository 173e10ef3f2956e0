//! `a2a mcp` on the wire: raw lines of JSON in both eras of the protocol, against the real binary and real relays.

mod consent;
mod eras;
mod lifetime;
mod long;
mod strangers;
mod trouble;
mod wire;
