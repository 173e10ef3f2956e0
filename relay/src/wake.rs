//! Wakes collectors that wait for mail.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use a2a_proto::id::AgentId;
use tokio::sync::Notify;

use crate::store::Bells;

/// Collectors that may wait at one mailbox at a time. An owner's sidecars elect one; a second covers the hand-over.
const MOST_WAITING: usize = 4;

/// The mailboxes somebody waits at.
#[derive(Clone, Default)]
pub(crate) struct Wakers {
    waiting: Arc<Mutex<HashMap<AgentId, Bell>>>,
}

#[derive(Default)]
struct Bell {
    rings: Arc<Notify>,
    waiting: usize,
}

/// A place in front of a mailbox; given up when dropped.
pub(crate) struct Waiting {
    wakers: Wakers,
    mailbox: AgentId,
    rings: Arc<Notify>,
}

impl Wakers {
    /// Takes a place in front of a mailbox, if one is free.
    ///
    /// To miss nothing: take the place, enable [`Waiting::rings`], look into the mailbox, and only then wait.
    pub(crate) fn wait_at(&self, mailbox: AgentId) -> Option<Waiting> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = waiting.entry(mailbox).or_default();
        if bell.waiting >= MOST_WAITING {
            return None;
        }
        bell.waiting += 1;
        Some(Waiting { wakers: self.clone(), mailbox, rings: Arc::clone(&bell.rings) })
    }

    /// Wakes whoever waits at a mailbox.
    pub(crate) fn wake(&self, mailbox: &AgentId) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = waiting.get(mailbox) {
            bell.rings.notify_waiters();
        }
    }
}

impl Bells for Wakers {
    fn waiting(&self) -> Vec<AgentId> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).keys().copied().collect()
    }

    fn ring(&self, mailbox: &AgentId) {
        self.wake(mailbox);
    }
}

impl Waiting {
    /// Rings when mail has arrived.
    pub(crate) fn rings(&self) -> &Notify {
        &self.rings
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let mut waiting = self.wakers.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = waiting.get_mut(&self.mailbox) {
            bell.waiting -= 1;
            if bell.waiting == 0 {
                waiting.remove(&self.mailbox);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mailbox() -> AgentId {
        a2a_proto::keys::Entropy::from_bytes([1; 32]).root_key().agent_id()
    }

    #[tokio::test]
    async fn a_ring_between_looking_and_waiting_is_heard() {
        let wakers = Wakers::default();
        let waiting = wakers.wait_at(mailbox()).unwrap();
        let mut ring = std::pin::pin!(waiting.rings().notified());
        ring.as_mut().enable();
        wakers.wake(&mailbox());
        ring.await;
    }

    #[test]
    fn places_are_few_and_given_back() {
        let wakers = Wakers::default();
        let places: Vec<_> = (0..MOST_WAITING).map(|_| wakers.wait_at(mailbox())).collect();
        assert!(places.iter().all(Option::is_some));
        assert!(wakers.wait_at(mailbox()).is_none());
        drop(places);
        assert!(wakers.waiting.lock().unwrap().is_empty());
    }
}
