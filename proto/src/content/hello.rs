//! Heads: where each direction of a pair's hash chain stands, so that a new session can tell what the old one lost.

use crate::codec::{DecodeError, Reader, Writer};
use crate::counter::Counter;

/// The end of one direction's chain. All zero while nothing was said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Head {
    /// The position of the last content.
    pub position: Counter,
    /// Its digest.
    pub digest: [u8; 32],
}

/// Both ends, as the sender of the hello knows them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Heads {
    /// The last content that the sender of the hello wrote to the peer.
    pub sent: Head,
    /// The last content that it received from the peer with nothing missing before it.
    pub received: Head,
}

impl Default for Head {
    fn default() -> Self {
        Self { position: Counter::new(0, 0), digest: [0; 32] }
    }
}

impl Heads {
    pub(super) fn write(&self, writer: &mut Writer) {
        for head in [self.sent, self.received] {
            head.position.write(writer);
            writer.fixed(&head.digest);
        }
    }

    pub(super) fn read(reader: &mut Reader<'_>) -> Result<Self, DecodeError> {
        let mut head = || Ok::<_, DecodeError>(Head { position: Counter::read(reader)?, digest: reader.array()? });
        Ok(Self { sent: head()?, received: head()? })
    }
}
