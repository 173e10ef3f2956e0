//! The sending chain: the keys of our messages since our last ratchet step.

use super::chain_key::ChainKey;
use super::header::{Header, HeaderKey, Step};
use super::message_key::MessageKey;

/// A sending chain.
#[derive(Clone)]
pub(crate) struct SendingChain {
    pub(crate) header_key: HeaderKey,
    pub(crate) chain_key: ChainKey,
    /// What every header of the chain repeats.
    pub(crate) step: Step,
    /// PN: how many messages our chain before this one had.
    pub(crate) previous: u32,
    /// N of the next message.
    pub(crate) next: u32,
}

impl SendingChain {
    /// The next message's header and key; `None` once the chain's numbers are used up.
    pub(crate) fn advance(&mut self) -> Option<(Header, MessageKey)> {
        let after = self.next.checked_add(1)?;
        let header = Header { step: self.step.clone(), previous: self.previous, number: self.next };
        self.next = after;
        Some((header, self.chain_key.advance()))
    }
}
