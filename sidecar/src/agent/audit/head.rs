//! The log's newest entry, kept outside the store: whoever puts an old store back cannot put back what the vault keeps.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use crate::agent::Trouble;
use crate::agent::core::Core;
use crate::store::{Tx, audit};

/// A keychain is asked at most so often by one process, except when it ends.
const EVERY: Duration = Duration::from_secs(60);

/// What is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Kept {
    number: u64,
    hash: String,
}

/// What the vault says of the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::agent) enum Verdict {
    /// The kept entry stands in the log.
    Stands(u64),
    /// The log ends before it, or has another one there: an old store was put back, or entries were cut off.
    RolledBack(u64),
    /// Nothing was kept yet, or the vault keeps nothing.
    Nothing,
}

/// When this process last kept it, and which.
pub(in crate::agent) type Last = std::sync::Mutex<Option<(Instant, u64)>>;

/// Keeps the newest entry when there is a new one; with `now` also shortly after the last time.
pub(in crate::agent) async fn keep(core: &Arc<Core>, now: bool) {
    if let Err(error) = try_keep(core, now).await {
        tracing::info!(%error, "the audit log's head could not be kept; it is tried again");
    }
}

async fn try_keep(core: &Arc<Core>, now: bool) -> Result<(), Trouble> {
    let last = *core.head_kept.lock().unwrap_or_else(PoisonError::into_inner);
    if !now && last.is_some_and(|(at, _)| at.elapsed() < EVERY) {
        return Ok(());
    }
    let head = core.read(|tx, _| audit::head(tx).map_err(Trouble::from)).await?;
    let Some((number, hash)) = head.filter(|(number, _)| last.is_none_or(|(_, kept)| kept < *number)) else {
        return Ok(());
    };
    *core.head_kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), number));
    let vault = Arc::clone(&core.vault);
    let work = move || -> Result<(), Trouble> {
        // Another process may have kept a newer one; and what says that the log was put back stays.
        if parse(vault.kept()?.as_deref()).is_some_and(|kept| kept.number >= number) {
            return Ok(());
        }
        let kept = serde_json::to_vec(&Kept { number, hash: HEXLOWER.encode(&hash) });
        Ok(vault.keep(&kept.map_err(|_| Trouble::Internal("a number cannot be written"))?)?)
    };
    tokio::task::spawn_blocking(work).await.unwrap_or(Err(Trouble::Internal("a thread ended in a fault")))
}

/// What the vault keeps.
pub(super) async fn kept(core: &Arc<Core>) -> Result<Option<(u64, String)>, Trouble> {
    let vault = Arc::clone(&core.vault);
    let read = tokio::task::spawn_blocking(move || vault.kept()).await;
    let kept = read.map_err(|_| Trouble::Internal("a thread ended in a fault"))??;
    Ok(parse(kept.as_deref()).map(|kept| (kept.number, kept.hash)))
}

/// Whether the log still holds what was kept.
pub(in crate::agent) fn judge(tx: &Tx<'_>, kept: Option<&(u64, String)>) -> Result<Verdict, Trouble> {
    let Some((number, hash)) = kept else { return Ok(Verdict::Nothing) };
    let found = audit::hash_of(tx, *number)?.map(|hash| HEXLOWER.encode(&hash));
    Ok(if found.as_ref() == Some(hash) { Verdict::Stands(*number) } else { Verdict::RolledBack(*number) })
}

fn parse(kept: Option<&[u8]>) -> Option<Kept> {
    serde_json::from_slice(kept?).ok()
}
