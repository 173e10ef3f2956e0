//! How long ago anybody looked at a console, and the end of one that nobody looks at.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::room::Room;

/// How often it is noticed that a page still listens.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// When somebody asked for something last.
pub(super) struct LastLook(Mutex<Instant>);

impl LastLook {
    /// Just now.
    pub(super) fn now() -> Self {
        Self(Mutex::new(Instant::now()))
    }

    /// Somebody looks.
    pub(super) fn renew(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    fn ago(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).elapsed()
    }
}

/// Waits until no page has listened, and none was asked for, for that long.
pub(super) async fn unwatched(room: &Room, patience: Duration) {
    loop {
        if room.reach.receiver_count() > 0 {
            room.last_look.renew();
        }
        let Some(left) = patience.checked_sub(room.last_look.ago()) else { return };
        tokio::time::sleep(left.min(LOOK_EVERY)).await;
    }
}
