//! How a session begins: from the output of a handshake, on either side.

use super::header::HeaderKey;
use super::rank::Rank;
use super::root_key::RootKey;
use super::session::{Ourselves, Session};
use super::turn::{OurKeys, TheirKeys, Turn};
use crate::certificate::Certificate;
use crate::counter::Counter;
use crate::id::SessionId;
use crate::keys::{AgreementKey, AgreementSecret};

/// The output of a handshake: RK0 ‖ HK of the initiator's first chain ‖ NHK of the responder's first chain ‖ SID.
pub(crate) struct Start {
    pub(crate) ours: Ourselves,
    pub(crate) peer: Certificate,
    /// The initiator's: the counter of its reset, or number 0 at its device epoch.
    pub(crate) counter: Counter,
    /// The responder's device epoch.
    pub(crate) responder_epoch: u32,
    pub(crate) root: RootKey,
    pub(crate) initiator_header: HeaderKey,
    pub(crate) responder_header: HeaderKey,
    pub(crate) id: SessionId,
}

impl Start {
    /// The initiator's session. It steps first, against the responder's signed prekey.
    pub(crate) fn initiator(self, prekey: AgreementKey) -> Session {
        Session {
            id: self.id,
            rank: Rank::new(self.counter, self.responder_epoch),
            ours: self.ours,
            peer: self.peer,
            root: self.root,
            next_sending: self.initiator_header,
            next_receiving: self.responder_header,
            turn: Turn::Ours { theirs: TheirKeys { dh: prekey, kem: None }, previous: 0 },
            receiving: Vec::new(),
        }
    }

    /// The responder's session. It waits for the initiator's first step.
    pub(crate) fn responder(self, prekey: AgreementSecret) -> Session {
        Session {
            id: self.id,
            rank: Rank::new(self.counter, self.responder_epoch),
            ours: self.ours,
            peer: self.peer,
            root: self.root,
            next_sending: self.responder_header,
            next_receiving: self.initiator_header,
            turn: Turn::Theirs { ours: OurKeys { dh: prekey, kem: None }, sending: None },
            receiving: Vec::new(),
        }
    }
}
