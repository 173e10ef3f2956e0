//! Keys, by what they are for.
//!
//! | key | who holds it | how long it lives |
//! |---|---|---|
//! | [`Entropy`] | the owner, as 24 words, and the vault | as long as the identity |
//! | [`RootKey`] (Ed25519) | derived from the entropy | as long as the identity; it *is* the agent id |
//! | [`BackupKey`] | derived from the entropy | as long as the identity |
//! | [`DeviceKeys`] (Ed25519 + X25519) | one device; random, never derived, so a restore is no clone | its certificate, at most 400 days |
//! | [`AgreementSecret`] (X25519), [`KemSecret`] (ML-KEM-768) | prekeys, ratchet steps, ephemerals | one use, or one rotation |
//!
//! Every secret is wiped when dropped, is compared by nobody, and prints as its type's name alone.

mod agreement;
mod device;
mod entropy;
mod kem;
mod root;
pub(crate) mod signature;

pub use agreement::{AgreementKey, AgreementSecret, NotContributory, SharedSecret};
pub use device::{DeviceKey, DeviceKeys};
pub use entropy::{BackupKey, Entropy, WordsError};
pub use kem::{KemCiphertext, KemKey, KemSecret};
pub use root::RootKey;
pub use signature::{BadSignature, PublicKeyFault, SIGNATURE_SIZE};
