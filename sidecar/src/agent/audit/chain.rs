//! What holds the log together: each entry names the one before it by hash and is signed by the device of its time.
//!
//! Entry hash = SHA-256(LP(label) ‖ number u64 ‖ hash of the entry before 32 ‖ open digest 32 ‖ private digest 32), where
//! open digest = SHA-256(LP(label) ‖ LP(when, what, how approved, device epoch, as JSON)) and private digest = SHA-256(LP(label)
//! ‖ salt 16 ‖ LP(whom, what more, and the digest of what was decided on, as JSON)). So an export can leave out whom an entry concerns, or the whole entry, and
//! still be checked; the salt keeps what is left out from being guessed.

use a2a_proto::certificate::Certificate;
use a2a_proto::codec::Writer;
use a2a_proto::id::AgentId;
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::store::audit::{OpenPart, PrivatePart};

const LABEL_ENTRY: &str = "a2a/1/audit/entry";
const LABEL_OPEN: &str = "a2a/1/audit/open";
const LABEL_PRIVATE: &str = "a2a/1/audit/private";
pub(super) const LABEL_SIGNATURE: &str = "a2a/1/sig/audit";

/// One entry as far as the chain needs it.
#[derive(Debug, Clone)]
pub(super) struct Link {
    pub(super) number: u64,
    pub(super) epoch: u32,
    pub(super) open: [u8; 32],
    pub(super) private: [u8; 32],
    pub(super) hash: [u8; 32],
    pub(super) signature: Vec<u8>,
}

/// Digest of what an entry says openly; none if it cannot be written.
pub(super) fn open_digest(part: &OpenPart) -> Option<[u8; 32]> {
    digest(Writer::label(LABEL_OPEN), part)
}

/// Digest of whom it concerns.
pub(super) fn private_digest(part: &PrivatePart) -> Option<[u8; 32]> {
    let mut writer = Writer::label(LABEL_PRIVATE);
    writer.fixed(&part.salt);
    digest(writer, &(&part.peer, &part.detail, &part.bytes))
}

fn digest(mut writer: Writer, part: &impl Serialize) -> Option<[u8; 32]> {
    writer.lp(&serde_json::to_vec(part).ok()?);
    Some(Sha256::digest(writer.as_slice()).into())
}

/// The hash of an entry in its place.
pub(super) fn entry_hash(number: u64, previous: &[u8; 32], open: &[u8; 32], private: &[u8; 32]) -> [u8; 32] {
    let mut writer = Writer::label(LABEL_ENTRY);
    writer.u64(number).fixed(previous).fixed(open).fixed(private);
    Sha256::digest(writer.as_slice()).into()
}

/// Checks entries one after the other.
pub(super) struct Checker {
    agent: AgentId,
    certificates: Vec<Certificate>,
    number: u64,
    hash: [u8; 32],
}

impl Checker {
    /// Begins after an entry; certificates of other agents, and what is none, do not count.
    pub(super) fn after(agent: AgentId, certificates: &[Vec<u8>], number: u64, hash: [u8; 32]) -> Self {
        let verified = certificates.iter().filter_map(|bytes| Certificate::parse_verified(bytes).ok());
        Self { agent, certificates: verified.filter(|one| *one.id() == agent).collect(), number, hash }
    }

    /// Takes the next entry; false when it does not fit, and then nothing counts any more.
    pub(super) fn take(&mut self, link: &Link) -> bool {
        let expected = entry_hash(self.number + 1, &self.hash, &link.open, &link.private);
        let fits = link.number == self.number + 1
            && link.hash == expected
            && self.is_signed(link.epoch, LABEL_SIGNATURE, &link.hash, &link.signature);
        if fits {
            (self.number, self.hash) = (link.number, link.hash);
        }
        fits
    }

    /// Whether the device of that epoch signed something.
    pub(super) fn is_signed(&self, epoch: u32, label: &str, what: &[u8], signature: &[u8]) -> bool {
        let Ok(signature) = <[u8; 64]>::try_from(signature) else { return false };
        let mut devices = self.certificates.iter().filter(|certificate| certificate.epoch() == epoch);
        devices.any(|certificate| certificate.device().verify(label, what, &signature).is_ok())
    }

    /// Number and hash of the last entry that fitted.
    pub(super) fn last(&self) -> (u64, [u8; 32]) {
        (self.number, self.hash)
    }

    /// Whose log it is.
    pub(super) fn agent(&self) -> &AgentId {
        &self.agent
    }
}
