//! Answers that wait for their reader: each holds its room until its last byte is written, and a reader who takes too long is
//! hung up on.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Bytes;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::Refusal;
use crate::room::{Place, Room};

/// How long a request waits for room before it is told to come again.
const TURN: Duration = Duration::from_secs(2);
/// What one place stands for.
pub(crate) const PIECE_BYTES: usize = 64 * 1024;

/// Ends the connection that a request came over, whatever else goes over it.
#[derive(Clone, Default)]
pub(crate) struct HangUp(CancellationToken);

impl HangUp {
    /// Resolves when the connection is to end.
    pub(crate) async fn asked(&self) {
        self.0.cancelled().await;
    }
}

/// Waits for room, but not for long.
pub(crate) async fn in_turn<T>(room: impl Future<Output = Option<T>>) -> Result<T, Refusal> {
    timeout(TURN, room).await.ok().flatten().ok_or(Refusal::Unavailable)
}

/// The bytes of an answer. Wherever they lie on their way out, their place is taken for as long.
struct Unread<B> {
    bytes: B,
    _place: Place,
    _written: DropGuard,
}

impl<B: AsRef<[u8]>> AsRef<[u8]> for Unread<B> {
    fn as_ref(&self) -> &[u8] {
        self.bytes.as_ref()
    }
}

/// An answer in its place. A request that came over no connection of ours has nobody to hang up on.
pub(crate) fn answer<B>(room: &Arc<Room>, place: Place, bytes: B, hang_up: Option<HangUp>) -> Bytes
where
    B: AsRef<[u8]> + Send + 'static,
{
    let written = CancellationToken::new();
    if let Some(hang_up) = hang_up {
        let (room, length, written) = (Arc::clone(room), bytes.as_ref().len(), written.clone());
        tokio::spawn(async move {
            if room.in_time(length, written.cancelled()).await.is_none() {
                hang_up.0.cancel();
            }
        });
    }
    Bytes::from_owner(Unread { bytes, _place: place, _written: written.drop_guard() })
}
