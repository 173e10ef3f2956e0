//! Content that was opened and whose author is proven.

use crate::content::{Content, ContentError};
use crate::id::{AgentId, SessionId};
use crate::primitives::kdf::sha256;
use crate::ratchet::Session;

/// Opened content. Only a session makes one, after every check has passed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    content: Content,
    digest: [u8; 32],
    sender: AgentId,
    sender_epoch: u32,
    session: SessionId,
}

impl Opened {
    pub(super) fn new(bytes: &[u8], session: &Session) -> Result<Self, ContentError> {
        Ok(Self {
            content: Content::parse(bytes)?,
            digest: sha256(&[bytes]),
            sender: *session.peer(),
            sender_epoch: session.peer_certificate().epoch(),
            session: *session.id(),
        })
    }

    /// The content.
    pub const fn content(&self) -> &Content {
        &self.content
    }

    /// Takes the content out.
    pub fn into_content(self) -> Content {
        self.content
    }

    /// SHA-256 of the content's bytes: what receipts and the next content's `previous` name.
    pub const fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    /// Who signed it.
    pub const fn sender(&self) -> &AgentId {
        &self.sender
    }

    /// The epoch of the device that signed it. Content of an epoch below the peer's highest known one is to be held.
    pub const fn sender_epoch(&self) -> u32 {
        self.sender_epoch
    }

    /// The session it came through.
    pub const fn session(&self) -> &SessionId {
        &self.session
    }
}
