//! Getting an identity back: recovery words, sealed backups, and a new device in the place of a lost one.
//!
//! ```text
//!  24 words ─► entropy ─┬─► root key: the identity itself
//!                       └─► backup key: opens the sealed backup, and the slot of the words in keyslots.json
//!  backup = the store without what only the device that made it may use: no device keys, no ratchets, no prekeys
//!  restore = store out of the backup + a new device under the next epoch + a new start with every peer
//! ```

pub(super) mod backup;
pub(super) mod kept;
pub(super) mod rehearsal;
pub(super) mod restore;
pub(super) mod rotate;
mod sealed;
pub(super) mod vault;
pub(super) mod words;

use super::Trouble;

/// Runs what blocks (files, the vault, SQLite) off the async threads.
async fn off_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<Trouble> + Send + 'static,
{
    let ended = tokio::task::spawn_blocking(work).await;
    ended.unwrap_or_else(|_| Err(Trouble::Internal("a thread ended in a fault").into()))
}
