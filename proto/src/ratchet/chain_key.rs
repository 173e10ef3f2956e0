//! CK: a chain key, which yields one message key and is replaced by it.

use super::message_key::MessageKey;
use crate::primitives::{Secret, kdf};

/// A chain key.
#[derive(Clone)]
pub(crate) struct ChainKey(Secret);

impl ChainKey {
    pub(crate) fn take(bytes: &mut [u8; 32]) -> Self {
        Self(Secret::take(bytes))
    }

    pub(crate) fn as_bytes(&self) -> &[u8; 32] {
        self.0.as_bytes()
    }

    /// KDF_CK: MK = HMAC(CK, 0x01), CK' = HMAC(CK, 0x02). The old chain key is gone afterwards.
    pub(crate) fn advance(&mut self) -> MessageKey {
        let message = MessageKey::take(&mut kdf::hmac(self.as_bytes(), &[1]));
        self.0 = Secret::take(&mut kdf::hmac(self.as_bytes(), &[2]));
        message
    }
}
