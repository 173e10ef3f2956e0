//! Tests of the ratchet, by what they defend.

mod conversation;
