//! Tests of the ratchet, by what they defend.

mod conversation;
mod craft;
mod forgery;
mod healing;
mod machine;
mod records;
mod sizes;
mod skipping;
mod tampering;
