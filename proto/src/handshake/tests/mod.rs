//! Tests of the handshake, by what they defend.

mod agreement;
