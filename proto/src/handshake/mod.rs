//! The handshake: one envelope from the initiator makes a session. See `docs/protocol.md`, "Handshake".
//!
//! Content of PQXDH (X25519 and ML-KEM-768 against signed, perhaps one-time prekeys) with the identity hiding of Noise IK (who we
//! are travels sealed to the responder), and an Ed25519 signature inside the seal, so that who holds the responder's keys
//! still cannot speak for the initiator.
//!
//! ```text
//!  initiate(bundle) ─► Initiated ─ seal(content) ─► envelope ─► FirstFlight::parse ─► respond(prekey) ─► Responded
//!                                       └► Session                                                          └► Session + content
//! ```

mod error;
mod first_flight;
mod identity;
mod initiate;
mod respond;
mod schedule;

#[cfg(test)]
mod tests;

use crate::counter::Counter;

pub use error::InitiateError;
pub use first_flight::FirstFlight;
#[cfg(any(test, feature = "fuzzing"))]
pub(crate) use identity::Identity;
pub use initiate::{Initiated, Initiation, InviteKeys, initiate};
pub use respond::{InviteSecrets, Responded, Responder, respond};

/// Why a handshake is made. The initiator signs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A stranger asks to be heard.
    Knock,
    /// The holder of an invite takes it up.
    Invite,
    /// A peer that is already paired begins anew.
    Reset {
        /// The initiator's device epoch, and a number above every earlier one of the pair.
        counter: Counter,
        /// The nonce of a report that the responder sent inside a working session, if the initiator has one.
        quoted: Option<[u8; 32]>,
    },
}

impl Purpose {
    /// The counter that ranks the session: that of a reset, else number 0 of the initiator's epoch.
    const fn counter(&self, epoch: u32) -> Counter {
        match self {
            Self::Reset { counter, .. } => *counter,
            Self::Knock | Self::Invite => Counter::new(epoch, 0),
        }
    }

    /// Whether the purpose fits the initiator's device epoch and the presence of an invite.
    const fn is_consistent(&self, epoch: u32, has_invite: bool) -> bool {
        matches!(self, Self::Invite) == has_invite && self.counter(epoch).epoch == epoch
    }
}
