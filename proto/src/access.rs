//! Proofs that an owner gives its relay: of the device key, over a challenge, for one purpose.
//!
//! The device signs LP(authority) ‖ LP(challenge) ‖ agent id 32 ‖ SHA-256(certificate) 32, under a label for registration and
//! another for sessions; so no proof serves at another relay, for another purpose, or for another certificate.

use crate::address::RelayAuthority;
use crate::certificate::Certificate;
use crate::codec::Writer;
use crate::keys::{BadSignature, DeviceKeys, SIGNATURE_SIZE};
use crate::labels::{SIG_REGISTER, SIG_SESSION};

macro_rules! proof {
    ($(#[$doc:meta])* $name:ident, $label:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub struct $name([u8; SIGNATURE_SIZE]);

        impl $name {
            /// Answers a relay's challenge.
            pub fn sign(device: &DeviceKeys, certificate: &Certificate, authority: &RelayAuthority, challenge: &str) -> Self {
                Self(device.sign($label, &input(certificate, authority, challenge)))
            }

            /// Whether the certified device answered this challenge of this relay.
            pub fn verify(
                &self,
                certificate: &Certificate,
                authority: &RelayAuthority,
                challenge: &str,
            ) -> Result<(), BadSignature> {
                certificate.device().verify($label, &input(certificate, authority, challenge), &self.0)
            }

            /// Takes the proof out of a request.
            pub fn from_slice(bytes: &[u8]) -> Result<Self, BadSignature> {
                bytes.try_into().map(Self).map_err(|_| BadSignature)
            }

            /// The proof's bytes.
            pub const fn as_bytes(&self) -> &[u8; SIGNATURE_SIZE] {
                &self.0
            }
        }
    };
}

proof! {
    /// Proof of the device key for a session token.
    SessionProof, SIG_SESSION
}

proof! {
    /// Proof of the device key for a new mailbox.
    RegistrationProof, SIG_REGISTER
}

fn input(certificate: &Certificate, authority: &RelayAuthority, challenge: &str) -> Vec<u8> {
    let mut writer = Writer::new();
    writer.lp(authority.as_str().as_bytes()).lp(challenge.as_bytes());
    writer.fixed(certificate.id().as_bytes()).fixed(&certificate.hash());
    writer.finish()
}
