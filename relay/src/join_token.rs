//! Registration tokens: shown once inside a join link, kept as a hash.

use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use data_encoding::{BASE64URL_NOPAD, HEXLOWER};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::entropy;
use crate::store::RegistrationToken;

/// A fresh token: whoever has it may register.
pub struct JoinToken(Zeroizing<String>);

impl JoinToken {
    /// Draws a token.
    pub fn draw() -> Self {
        let bytes = Zeroizing::new(entropy::bytes::<18>());
        Self(Zeroizing::new(BASE64URL_NOPAD.encode(bytes.as_slice())))
    }

    /// What the store keeps of it.
    pub fn record(&self, uses: u32, now: Timestamp, lifetime: Duration) -> RegistrationToken {
        RegistrationToken { hash: hash(&self.0), uses, expires_at: now.plus(lifetime) }
    }

    /// The link that carries it. What stands after `#` never reaches a server.
    pub fn link(&self, relay: &RelayAuthority) -> Zeroizing<String> {
        Zeroizing::new(format!("{}/join#{}", relay.base_url(), self.0.as_str()))
    }
}

/// The hash of a token that was shown.
pub(crate) fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

/// What an operator calls a token: the beginning of its hash, which lets nobody in.
pub fn name_of(hash: &[u8; 32]) -> String {
    HEXLOWER.encode(&hash[..4])
}
