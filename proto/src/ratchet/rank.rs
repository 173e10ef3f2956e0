//! Which of several sessions with one peer is the newest, answered alike by both ends.

use crate::counter::Counter;

/// A session's age: first the sum of both device epochs, then the handshake's number.
///
/// Each epoch only grows, so the sum grows whichever device was restored; comparing one side's epoch with the other's would let
/// the side with the higher one hold on to a session that the other has lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank {
    pub(crate) epochs: u64,
    pub(crate) number: u64,
}

impl Rank {
    /// The rank of a session that the owner of `counter` made with a device of epoch `responder`.
    pub(crate) fn new(counter: Counter, responder: u32) -> Self {
        Self { epochs: u64::from(counter.epoch).saturating_add(u64::from(responder)), number: counter.number }
    }
}
