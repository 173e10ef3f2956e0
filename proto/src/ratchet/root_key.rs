//! RK: the root key, replaced at every ratchet step by X25519 and ML-KEM together.

use super::chain_key::ChainKey;
use super::header::{HeaderKey, Step};
use crate::labels;
use crate::primitives::{Secret, kdf};

/// Stands for the ML-KEM secret in the initiator's first step, where the responder has not offered a key yet.
const NO_KEM_SECRET: [u8; 32] = [0; 32];

/// The root key.
#[derive(Clone)]
pub(crate) struct RootKey(Secret);

/// The secrets that one step mixes in.
pub(crate) struct StepSecrets<'a> {
    pub(crate) dh: &'a [u8; 32],
    pub(crate) kem: Option<&'a [u8; 32]>,
}

impl RootKey {
    pub(crate) fn take(bytes: &mut [u8; 32]) -> Self {
        Self(Secret::take(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// KDF_RK: the next root key, the new chain's first chain key, and the header key of the chain after it.
    pub(crate) fn step(&self, step: &Step, secrets: &StepSecrets<'_>) -> (Self, ChainKey, HeaderKey) {
        let material: [&[u8]; 2] = [secrets.dh, secrets.kem.unwrap_or(&NO_KEM_SECRET)];
        let info: [&[u8]; 2] = [labels::DR_ROOT.as_bytes(), &step.digest()];
        let mut keys = kdf::derive::<3>(self.as_bytes(), &material, &info);
        let [root, chain, header] = &mut *keys;
        (Self::take(root), ChainKey::take(chain), HeaderKey::take(header))
    }
}
