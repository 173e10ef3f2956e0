//! Receiving chains: the keys of a peer's messages since one of its ratchet steps, in order or late.

use std::collections::BTreeMap;

use super::chain_key::ChainKey;
use super::error::OpenError;
use super::header::{Header, HeaderKey};
use super::message_key::MessageKey;
use crate::limits::{MAX_SKIP, SKIPPED_KEY_LIFETIME};
use crate::time::Timestamp;

/// A receiving chain, current or retired.
#[derive(Clone)]
pub(crate) struct ReceivingChain {
    pub(crate) header_key: HeaderKey,
    /// What every header of the chain has in common: [`Header::chain`].
    pub(crate) common: [u8; 32],
    /// The lowest number not yet reached.
    pub(crate) next: u32,
    pub(crate) progress: Progress,
    pub(crate) skipped: BTreeMap<u32, SkippedKey>,
}

/// Whether a chain goes on.
#[derive(Clone)]
pub(crate) enum Progress {
    /// The peer's newest chain.
    Current(ChainKey),
    /// The peer has stepped on at this instant of ours; only skipped keys are left, and the header key to know duplicates by.
    Retired(Timestamp),
}

/// The key of a message that has not arrived though a later one has.
#[derive(Clone)]
pub(crate) struct SkippedKey {
    pub(crate) key: MessageKey,
    pub(crate) since: Timestamp,
}

impl ReceivingChain {
    /// Begins the chain that this header belongs to.
    pub(crate) fn new(header_key: HeaderKey, chain_key: ChainKey, header: &Header) -> Self {
        Self {
            header_key,
            common: header.chain(),
            next: 0,
            progress: Progress::Current(chain_key),
            skipped: BTreeMap::new(),
        }
    }

    /// Takes the key of the message with this header; it is gone from the chain afterwards.
    pub(crate) fn take(&mut self, header: &Header, now: Timestamp) -> Result<MessageKey, OpenError> {
        if header.chain() != self.common {
            return Err(OpenError::Invalid);
        }
        if header.number < self.next {
            return self.skipped.remove(&header.number).map(|skipped| skipped.key).ok_or(OpenError::AlreadyUsed);
        }
        self.skip_to(header.number, now)?;
        self.advance()
    }

    /// Ends the chain, whose sender says that it had `length` messages.
    pub(crate) fn retire(&mut self, length: u32, now: Timestamp) -> Result<(), OpenError> {
        if length < self.next {
            return Err(OpenError::Invalid);
        }
        self.skip_to(length, now)?;
        self.progress = Progress::Retired(now);
        Ok(())
    }

    /// Forgets keys that are too old; says whether the chain itself still serves.
    pub(crate) fn forget_expired(&mut self, now: Timestamp) -> bool {
        let is_young = |since: Timestamp| now.since(since) < SKIPPED_KEY_LIFETIME;
        self.skipped.retain(|_, skipped| is_young(skipped.since));
        match self.progress {
            Progress::Current(_) => true,
            Progress::Retired(at) => is_young(at),
        }
    }

    /// Keeps the keys from the lowest number not reached up to `number`, which comes next.
    fn skip_to(&mut self, number: u32, now: Timestamp) -> Result<(), OpenError> {
        if number.saturating_sub(self.next) > MAX_SKIP {
            return Err(OpenError::TooFarAhead);
        }
        while self.next < number {
            let at = self.next;
            let key = self.advance()?;
            self.skipped.insert(at, SkippedKey { key, since: now });
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<MessageKey, OpenError> {
        let Progress::Current(chain_key) = &mut self.progress else {
            return Err(OpenError::Invalid);
        };
        self.next = self.next.checked_add(1).ok_or(OpenError::Invalid)?;
        Ok(chain_key.advance())
    }
}
