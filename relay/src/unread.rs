//! Answers that wait for their reader: each holds its room until its last byte is written, and a reader who takes too long is
//! hung up on.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::id::AgentId;
use axum::body::Bytes;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::error::Refusal;
use crate::room::{Place, Room};
use crate::store::StoreError;

/// How long a request waits for room before it is told to come again.
const TURN: Duration = Duration::from_secs(2);
/// What one place stands for.
const PIECE_BYTES: usize = 64 * 1024;
/// Requests that look something up at once; what they find has no place among the unread answers yet.
const LOOKS_AT_ONCE: usize = 16;

/// Answers of one kind, so that a download takes no room from mail.
pub(crate) struct Answers {
    room: Arc<Room>,
    looks: Semaphore,
}

impl Answers {
    /// So many places of 64 KiB.
    pub(crate) fn new(places: usize) -> Self {
        Self { room: Room::new(places), looks: Semaphore::new(LOOKS_AT_ONCE) }
    }

    /// Looks into a mailbox, and finds a place for what is there. Few look at a time, so that what has no place yet is
    /// bounded too; nobody waits for a mailbox's turn in the way of others.
    pub(crate) async fn find<T, Look>(
        &self,
        mailbox: AgentId,
        look: impl FnOnce() -> Look,
        bytes: impl FnOnce(&T) -> usize,
    ) -> Result<(T, Place), Refusal>
    where
        Look: Future<Output = Result<T, StoreError>>,
    {
        let share = in_turn(self.room.share(mailbox)).await?;
        let _look = in_turn(async { self.looks.acquire().await.ok() }).await?;
        let found = look().await?;
        let place = in_turn(share.places(bytes(&found) / PIECE_BYTES + 1)).await?;
        Ok((found, place))
    }

    /// A place for the word that there is nothing.
    pub(crate) async fn place(&self, mailbox: AgentId) -> Result<Place, Refusal> {
        in_turn(self.room.place(mailbox)).await
    }

    /// An answer in its place. A request that came over no connection of ours has nobody to hang up on.
    pub(crate) fn give<B>(&self, place: Place, bytes: B, hang_up: Option<HangUp>) -> Bytes
    where
        B: AsRef<[u8]> + Send + 'static,
    {
        let written = CancellationToken::new();
        if let Some(hang_up) = hang_up {
            let (room, length, written) = (Arc::clone(&self.room), bytes.as_ref().len(), written.clone());
            tokio::spawn(async move {
                if room.in_time(length, written.cancelled()).await.is_none() {
                    hang_up.0.cancel();
                }
            });
        }
        Bytes::from_owner(Unread { bytes, _place: place, _written: written.drop_guard() })
    }

    /// Places that are taken.
    pub(crate) fn taken(&self) -> usize {
        self.room.taken()
    }

    /// Whether less than half is free.
    pub(crate) fn is_short(&self) -> bool {
        self.room.is_short()
    }
}

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
async fn in_turn<T>(room: impl Future<Output = Option<T>>) -> Result<T, Refusal> {
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
