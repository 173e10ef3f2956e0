//! So many connections at once, and who gives way when one more comes.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use tokio_util::sync::CancellationToken;

/// The places of one server, the oldest first.
pub(super) struct Seats {
    most: usize,
    taken: Mutex<Vec<Weak<Seat>>>,
}

/// The place of one connection, for as long as it lasts.
#[derive(Default)]
pub(super) struct Seat {
    given_away: CancellationToken,
    has_asked: AtomicBool,
}

impl Seats {
    /// So many.
    pub(super) fn new(most: usize) -> Self {
        Self { most, taken: Mutex::default() }
    }

    /// A place for whoever comes; when all are taken, that of the connection which has been silent for longest. `None` when
    /// every one of them has asked for something.
    pub(super) fn take(&self) -> Option<Arc<Seat>> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.retain(|seat| seat.strong_count() > 0);
        if taken.len() >= self.most {
            let silent = taken.iter().position(|seat| seat.upgrade().is_none_or(|seat| !seat.has_asked()))?;
            if let Some(seat) = taken.remove(silent).upgrade() {
                seat.given_away.cancel();
            }
        }
        let seat = Arc::new(Seat::default());
        taken.push(Arc::downgrade(&seat));
        Some(seat)
    }
}

impl Seat {
    /// Its first request has come.
    pub(super) fn asks(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
    }

    /// Whether a request ever came.
    fn has_asked(&self) -> bool {
        self.has_asked.load(Ordering::Relaxed)
    }

    /// Waits until somebody else has it.
    pub(super) async fn given_away(&self) {
        self.given_away.cancelled().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_silent_gives_way_and_nobody_who_asked() {
        let seats = Seats::new(3);
        let [asking, silent, younger] = [(); 3].map(|()| seats.take().unwrap());
        asking.asks();
        let newcomer = seats.take().unwrap();
        assert!(silent.given_away.is_cancelled());
        assert!(!asking.given_away.is_cancelled() && !younger.given_away.is_cancelled());
        younger.asks();
        newcomer.asks();
        assert!(seats.take().is_none(), "three ask");
        drop(asking);
        assert!(seats.take().is_some(), "who left makes room");
    }
}
