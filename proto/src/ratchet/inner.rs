//! The inner plaintext of a body: the content's bytes and its author's signature, padded with zeros.
//!
//! Layout: length u32 ‖ content ‖ Ed25519 signature 64 ‖ zeros. The signature covers the header, so that a thief of the ratchet's
//! state cannot keep a genuine body and put ratchet keys of its own before it.

use zeroize::Zeroizing;

use super::error::{OpenError, SealError};
use crate::codec::{Reader, Writer};
use crate::envelope;
use crate::id::{AgentId, SessionId};
use crate::keys::{DeviceKey, DeviceKeys};
use crate::labels;
use crate::primitives::kdf;

/// What the inner plaintext adds to the content: its length and the signature.
pub(crate) const INNER_OVERHEAD_BYTES: usize = 4 + 64;

/// What a message's signature says beside the content.
pub(crate) struct Statement<'a> {
    pub(crate) session: &'a SessionId,
    pub(crate) sender: &'a AgentId,
    pub(crate) recipient: &'a AgentId,
    /// The header's plaintext.
    pub(crate) header: &'a [u8],
}

impl Statement<'_> {
    /// SID ‖ id of the sender ‖ id of the recipient ‖ SHA-256(header) ‖ SHA-256(content).
    fn signed_bytes(&self, content: &[u8]) -> Vec<u8> {
        let mut writer = Writer::new();
        writer.fixed(self.session.as_bytes()).fixed(self.sender.as_bytes()).fixed(self.recipient.as_bytes());
        writer.fixed(&kdf::sha256(&[self.header])).fixed(&kdf::sha256(&[content]));
        writer.finish()
    }
}

/// Signs the content and pads it so that with `overhead` more bytes it fills an envelope of at most `max`.
pub(crate) fn write(
    statement: &Statement<'_>,
    device: &DeviceKeys,
    content: &[u8],
    overhead: usize,
    max: usize,
) -> Result<Zeroizing<Vec<u8>>, SealError> {
    let mut writer = Writer::new();
    writer.lp(content).fixed(&device.sign(labels::SIG_MESSAGE, &statement.signed_bytes(content)));
    let mut inner = Zeroizing::new(writer.finish());
    envelope::pad(&mut inner, overhead, max).map_err(|limit| SealError::TooLarge {
        length: content.len(),
        limit: limit.saturating_sub(INNER_OVERHEAD_BYTES),
    })?;
    Ok(inner)
}

/// The content, if the sender's device signed it in this place and nothing but zeros follows.
pub(crate) fn read<'a>(statement: &Statement<'_>, device: &DeviceKey, inner: &'a [u8]) -> Result<&'a [u8], OpenError> {
    let mut reader = Reader::new(inner);
    let content = reader.lp(inner.len()).map_err(|_| OpenError::Invalid)?;
    let signature: [u8; 64] = reader.array().map_err(|_| OpenError::Invalid)?;
    envelope::strip(inner, content.len().saturating_add(INNER_OVERHEAD_BYTES)).ok_or(OpenError::Invalid)?;
    device.verify(labels::SIG_MESSAGE, &statement.signed_bytes(content), &signature).map_err(|_| OpenError::Invalid)?;
    Ok(content)
}
