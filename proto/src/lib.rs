//! The a2a protocol, suite 1: everything two agents and a relay must agree on, and nothing that does I/O.
//!
//! ```text
//!   who          id ── certificate ── card ── prekey bundle        (all signed; an id IS the root's public key)
//!                 │
//!   first mail   invite / knock ──► handshake ──► session          (X25519 + ML-KEM-768, signed inside the seal)
//!                                                   │
//!   every mail   content ──► ratchet seals it ──► envelope         (padded to 4, 8, 16, 32 or 64 KiB)
//!                                                   │
//!   on the wire  lane MAC or proof of work ──► relay ──► mailbox   (the relay sees size, kind and lane; no sender)
//! ```
//!
//! Bytes are written and read by [`codec`]; each signature and derivation begins with one of [`labels`]; every bound stands in
//! [`limits`]. The crate has no clock and no random source of its own: [`time::Timestamp`] and an `rand_core::CryptoRng` are
//! passed in. `docs/protocol.md` describes exactly these bytes.

#[macro_use]
mod macros;

pub mod access;
pub mod address;
pub mod api;
pub mod attachment;
pub mod card;
pub mod certificate;
pub mod codec;
pub mod content;
pub mod counter;
pub mod envelope;
#[cfg(any(test, feature = "fuzzing"))]
pub mod fuzzing;
pub mod handshake;
pub mod id;
pub mod intent;
pub mod invite;
pub mod keys;
pub mod labels;
pub mod lane;
pub mod limits;
pub mod pow;
pub mod prekey;
mod primitives;
pub mod ratchet;
pub mod safety_words;
pub mod scope;
#[cfg(any(test, feature = "fuzzing"))]
#[cfg_attr(not(test), allow(dead_code, reason = "fuzzing needs some of these people"))]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod testing;
pub mod time;
