//! The first flight's layout, and the part of it that anybody may read.
//!
//! version u8 ‖ kind u8 = 1 ‖ bundle hash 32 ‖ flags u8 ‖ invite id 16 ‖ EK 32 ‖ ct 1088 ‖ identity box 1064 ‖ sealed header
//! 2440 ‖ body. Flag bit 0: made with an invite; without it the invite id is zero.

use super::identity::SEALED_IDENTITY_BYTES;
use crate::codec::{DecodeError, Reader, Writer};
use crate::envelope::{Kind, OUTER_BYTES};
use crate::id::InviteId;
use crate::keys::{AgreementKey, KemCiphertext};
use crate::primitives::kdf::sha256;

const FLAG_INVITE: u8 = 1;
const NO_INVITE: [u8; InviteId::SIZE] = [0; InviteId::SIZE];

/// The clear part, after the outer two bytes.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Clear {
    pub(super) bundle_hash: [u8; 32],
    pub(super) invite_id: Option<InviteId>,
    /// EK: the initiator's ephemeral key.
    pub(super) ephemeral: AgreementKey,
    pub(super) ct: KemCiphertext,
}

impl Clear {
    pub(super) fn write(&self, writer: &mut Writer) {
        writer.fixed(&self.bundle_hash).u8(self.flags()).fixed(self.invite_id_bytes());
        writer.fixed(self.ephemeral.as_bytes()).fixed(self.ct.as_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        Ok(Self {
            bundle_hash: reader.array()?,
            invite_id: match (reader.u8()?, reader.array()?) {
                (0, NO_INVITE) => None,
                (FLAG_INVITE, id) => Some(InviteId::from_bytes(id)),
                _ => return Err(DecodeError::InvalidValue),
            },
            ephemeral: AgreementKey::read(reader)?,
            ct: KemCiphertext::read(reader)?,
        })
    }

    pub(super) const fn flags(&self) -> u8 {
        if self.invite_id.is_some() { FLAG_INVITE } else { 0 }
    }

    pub(super) fn invite_id_bytes(&self) -> &[u8; InviteId::SIZE] {
        self.invite_id.as_ref().map_or(&NO_INVITE, InviteId::as_bytes)
    }
}

/// A first flight whose clear part was read. Nothing in it is proven yet.
pub struct FirstFlight {
    pub(super) clear: Clear,
    /// nonce 24 ‖ ciphertext 1040.
    pub(super) identity_box: [u8; SEALED_IDENTITY_BYTES],
    /// Sealed header ‖ body.
    pub(super) message: Vec<u8>,
}

impl FirstFlight {
    /// Reads an envelope of kind [`Kind::FirstFlight`].
    pub fn parse(envelope: &[u8]) -> Result<Self, DecodeError> {
        if Kind::of(envelope)? != Kind::FirstFlight {
            return Err(DecodeError::UnknownVersion);
        }
        let mut reader = Reader::new(envelope);
        reader.fixed(OUTER_BYTES)?;
        let clear = Clear::read(&mut reader)?;
        let identity_box = reader.array()?;
        let message = reader.fixed(reader.remaining())?.to_vec();
        Ok(Self { clear, identity_box, message })
    }

    /// Which of our bundles the initiator used: SHA-256 of its bytes.
    pub const fn bundle_hash(&self) -> &[u8; 32] {
        &self.clear.bundle_hash
    }

    /// The invite that the initiator claims to hold; it names the one-time pair.
    pub const fn invite_id(&self) -> Option<&InviteId> {
        self.clear.invite_id.as_ref()
    }

    /// SHA-256(EK ‖ ct): a first flight whose key was seen before is a replay. Remember it only after [`respond`](super::respond())
    /// accepted the flight, and for as long as the prekey's secrets.
    pub fn replay_key(&self) -> [u8; 32] {
        sha256(&[self.clear.ephemeral.as_bytes(), self.clear.ct.as_bytes()])
    }
}

impl std::fmt::Debug for FirstFlight {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("FirstFlight(..)")
    }
}
