//! Tests of the handshake, by what they defend.

mod agreement;
mod forgery;
mod invites;
mod several;
mod vectors;
