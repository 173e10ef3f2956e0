//! The root key: its public half is the agent id; it signs device certificates and nothing else.

use std::fmt;

use ed25519_dalek::SigningKey;
use zeroize::ZeroizeOnDrop;

use super::signature::{self, SIGNATURE_SIZE};
use crate::id::AgentId;

/// An identity's signing key. Obtained from [`super::Entropy`]; may be taken offline once a device is certified.
pub struct RootKey(SigningKey);

impl RootKey {
    pub(crate) fn from_seed(seed: &[u8; 32]) -> Self {
        Self(SigningKey::from_bytes(seed))
    }

    /// The agent id: this key's public half.
    pub fn agent_id(&self) -> AgentId {
        AgentId::from_own_key(self.0.verifying_key().to_bytes())
    }

    /// Signs `LP(label)` ‖ `message`.
    pub fn sign(&self, label: &str, message: &[u8]) -> [u8; SIGNATURE_SIZE] {
        signature::sign(&self.0, label, message)
    }
}

// Every part is wiped when dropped.
impl ZeroizeOnDrop for RootKey {}

impl fmt::Debug for RootKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(_secret) = self;
        f.write_str("RootKey(..)")
    }
}
