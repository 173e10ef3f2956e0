//! The primitives of suite 1 as this protocol calls them, so that each call's traps are handled in one place.

pub(crate) mod aead;
pub(crate) mod kdf;
mod secret;
#[cfg(test)]
mod tests;

pub(crate) use secret::Secret;
