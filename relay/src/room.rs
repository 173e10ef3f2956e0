//! Room for what waits to be read: bounded in all, given in turn, and only a little of it to each mailbox.

use std::collections::HashMap;
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use a2a_proto::id::AgentId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Of one mailbox so much is read at a time; the second covers the hand-over between an owner's sidecars.
const OF_ONE_MAILBOX: usize = 2;
/// How often a slow reader is looked at.
const LOOK_UP: Duration = Duration::from_millis(100);

/// Places for what was read from the store and is not yet with its reader.
pub(crate) struct Room {
    places: Arc<Semaphore>,
    size: usize,
    shares: Mutex<HashMap<AgentId, Arc<Semaphore>>>,
}

/// A mailbox's right to one of the places; given back when dropped.
pub(crate) struct Share {
    room: Arc<Room>,
    mailbox: AgentId,
    turns: Option<Arc<Semaphore>>,
    turn: Option<OwnedSemaphorePermit>,
}

/// Places taken; given back when dropped.
pub(crate) struct Place {
    _places: OwnedSemaphorePermit,
    _share: Share,
}

impl Room {
    /// So many places.
    pub(crate) fn new(size: usize) -> Arc<Self> {
        Arc::new(Self { places: Arc::new(Semaphore::new(size)), size, shares: Mutex::default() })
    }

    /// Waits for a mailbox's turn among its own readers. They never wait in the way of others.
    pub(crate) async fn share(self: &Arc<Self>, mailbox: AgentId) -> Option<Share> {
        let turns =
            Arc::clone(self.shares().entry(mailbox).or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_MAILBOX))));
        let mut share = Share { room: Arc::clone(self), mailbox, turns: Some(Arc::clone(&turns)), turn: None };
        share.turn = Some(turns.acquire_owned().await.ok()?);
        Some(share)
    }

    /// Waits for a mailbox's turn, and then for one place.
    pub(crate) async fn place(self: &Arc<Self>, mailbox: AgentId) -> Option<Place> {
        self.share(mailbox).await?.places(1).await
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.size.saturating_sub(self.places.available_permits())
    }

    /// Whether less than half is free.
    pub(crate) fn is_short(&self) -> bool {
        self.places.available_permits() <= self.size / 2
    }

    /// What `reading` gives, unless it takes longer than so many bytes may.
    pub(crate) async fn in_time<T>(&self, bytes: usize, reading: impl Future<Output = T>) -> Option<T> {
        let begun = Instant::now();
        let mut reading = pin!(reading);
        loop {
            match timeout(LOOK_UP, &mut reading).await {
                Ok(read) => return Some(read),
                Err(_) if begun.elapsed() >= self.patience(bytes) => return None,
                Err(_) => {}
            }
        }
    }

    /// How long a reader may take: the less room there is, the less. Who takes nothing drives itself out. Never long: the
    /// answers of a connection that died unnoticed keep their owner's next ones waiting.
    fn patience(&self, bytes: usize) -> Duration {
        let at = |kib_each_sec: usize| Duration::from_secs((bytes / 1024 / kib_each_sec) as u64);
        match self.places.available_permits() {
            free if free > self.size / 2 => Duration::from_secs(5) + at(256),
            free if free > self.size / 4 => Duration::from_secs(2) + at(512),
            _ => Duration::from_secs(1) + at(1024),
        }
    }

    fn shares(&self) -> MutexGuard<'_, HashMap<AgentId, Arc<Semaphore>>> {
        self.shares.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Share {
    /// Waits for places; who wants more than there are waits for all.
    pub(crate) async fn places(self, wanted: usize) -> Option<Place> {
        let wanted = u32::try_from(wanted.min(self.room.size)).ok()?;
        let places = Arc::clone(&self.room.places).acquire_many_owned(wanted).await.ok()?;
        Some(Place { _places: places, _share: self })
    }
}

impl Drop for Share {
    /// Under the lock, so that the last one sees that it is the last.
    fn drop(&mut self) {
        let mut shares = self.room.shares();
        drop((self.turn.take(), self.turns.take()));
        if shares.get(&self.mailbox).is_some_and(|turns| Arc::strong_count(turns) == 1) {
            shares.remove(&self.mailbox);
        }
    }
}

#[cfg(test)]
mod tests {
    use a2a_proto::keys::Entropy;

    use super::*;

    fn mailbox(number: u8) -> AgentId {
        Entropy::from_bytes([number; 32]).root_key().agent_id()
    }

    async fn at_once<T>(waiting: impl Future<Output = Option<T>>) -> Option<T> {
        timeout(Duration::from_millis(20), waiting).await.ok().flatten()
    }

    #[tokio::test]
    async fn a_mailbox_has_its_share_and_others_theirs() {
        let room = Room::new(3);
        let (one, two) = (mailbox(1), mailbox(2));
        let held = [room.place(one).await.unwrap(), room.place(one).await.unwrap()];
        assert!(at_once(room.place(one)).await.is_none(), "a mailbox took a third place");
        let third = at_once(room.place(two)).await.unwrap();
        assert!(at_once(room.place(mailbox(3))).await.is_none(), "there was a fourth place");
        drop((held, third));
        assert_eq!(room.taken(), 0);
        assert!(room.shares().is_empty());
        assert!(at_once(room.share(one).await.unwrap().places(99)).await.is_some());
    }

    #[tokio::test]
    async fn a_slow_reader_is_waited_for_the_less_the_less_room_there_is() {
        let room = Room::new(4);
        let calm = room.patience(4 << 20);
        let mut places = Vec::new();
        for number in 0..4 {
            places.push(room.place(mailbox(number)).await.unwrap());
        }
        assert_eq!((calm, room.patience(4 << 20)), (Duration::from_secs(5 + 16), Duration::from_secs(1 + 4)));
        assert_eq!(room.in_time(0, std::future::ready(7)).await, Some(7));
        assert_eq!(room.in_time(0, std::future::pending::<u8>()).await, None);
    }
}
