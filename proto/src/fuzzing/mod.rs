//! What fuzzing runs: one body for every reader of foreign bytes, fuzzed from `proto/fuzz` and run over its corpus as a test.
//!
//! A body panics where a reader breaks its promise: never to panic, to accept one form of every value, and to accept nothing
//! that was not made with the keys. What only a signature keeps strangers from is signed here with the author's own key, so
//! that the reader behind the signature meets whatever a dishonest peer could write.

mod documents;
mod sealed;
mod texts;
mod websocket;

#[cfg(test)]
mod tests;

pub use documents::{bundle, card, certificate, invite, one_time};
pub use sealed::{content, envelope, frame, header, identity};
pub use texts::{address, id, mac_header, problem};
pub use websocket::websocket;

/// A body; says whether a reader accepted the bytes.
pub type Target = fn(&[u8]) -> bool;

/// Every target, by the name of its corpus.
pub const TARGETS: &[(&str, Target)] = &[
    ("address", address),
    ("bundle", bundle),
    ("card", card),
    ("certificate", certificate),
    ("content", content),
    ("envelope", envelope),
    ("frame", frame),
    ("header", header),
    ("id", id),
    ("identity", identity),
    ("invite", invite),
    ("mac_header", mac_header),
    ("one_time", one_time),
    ("problem", problem),
    ("websocket", websocket),
];
