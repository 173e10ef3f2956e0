//! The log's newest entry, kept outside the store: whoever puts an old store back cannot put back what the vault keeps.

use std::sync::{Arc, PoisonError};
use std::time::{Duration, Instant};

use data_encoding::HEXLOWER;
use serde::{Deserialize, Serialize};

use super::Note;
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, Trouble, notices};
use crate::store::{Tx, audit, meta};

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
        // Also when nothing newer is written.
        *core.head_kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), 0));
    }
}

async fn try_keep(core: &Arc<Core>, now: bool) -> Result<(), Trouble> {
    let last = *core.head_kept.lock().unwrap_or_else(PoisonError::into_inner);
    if !now && last.is_some_and(|(at, _)| at.elapsed() < EVERY) {
        return Ok(());
    }
    let newest = core.read(|tx, _| audit::head(tx).map_err(Trouble::from)).await?.map_or(0, |(number, _)| number);
    if last.map_or(0, |(_, kept)| kept) >= newest {
        return Ok(());
    }
    *core.head_kept.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), newest));
    // Before the vault is asked, which another process may tell the first entry meanwhile.
    let was_told = core.read(|tx, _| meta::number(tx, meta::LOG_KEPT).map_err(Trouble::from)).await? > 0;
    // Before the log is looked at: what another process kept meanwhile stands in it.
    let known = kept(core).await?;
    let forgot = was_told && known.is_none();
    if forgot {
        opens(core).await?;
    }
    let next = core.write(move |tx, ctx| next(tx, ctx, known.as_ref(), forgot)).await?;
    let Some((number, hash)) = next else { return Ok(()) };
    let kept = serde_json::to_vec(&Kept { number, hash: HEXLOWER.encode(&hash) });
    let kept = kept.map_err(|_| Trouble::Internal("a number cannot be written"))?;
    let vault = Arc::clone(&core.vault);
    let done = tokio::task::spawn_blocking(move || vault.keep(&kept)).await;
    done.map_err(|_| Trouble::Internal("a thread ended in a fault"))??;
    core.write(|tx, _| meta::set_number(tx, meta::LOG_KEPT, 1).map_err(Trouble::from)).await
}

/// An error where the vault does not even know the key: one that is locked may say that it knows nothing.
async fn opens(core: &Arc<Core>) -> Result<(), Trouble> {
    let vault = Arc::clone(&core.vault);
    let loaded = tokio::task::spawn_blocking(move || vault.load().map(drop)).await;
    Ok(loaded.map_err(|_| Trouble::Internal("a thread ended in a fault"))??)
}

/// The entry to keep, if it is newer than the known one.
///
/// A vault that knows what the log does not hold keeps that: it is the proof. And one that has forgotten may have been made to.
/// Both are noted, so that what is written afterwards hides neither.
fn next(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    known: Option<&(u64, String)>,
    forgot: bool,
) -> Result<Option<(u64, [u8; 32])>, Trouble> {
    match judge(tx, known)? {
        Verdict::RolledBack(number) => return put_back(tx, ctx, number).map(|()| None),
        Verdict::Nothing if forgot && meta::number(tx, meta::LOG_KEPT)? > 0 => forgotten(tx, ctx)?,
        Verdict::Nothing | Verdict::Stands(_) => {}
    }
    Ok(audit::head(tx)?.filter(|(number, _)| known.is_none_or(|(known, _)| known < number)))
}

fn put_back(tx: &Tx<'_>, ctx: Ctx<'_>, number: u64) -> Result<(), Trouble> {
    if meta::number(tx, meta::LOG_PUT_BACK)? == number {
        return Ok(());
    }
    meta::set_number(tx, meta::LOG_PUT_BACK, number)?;
    super::note(tx, ctx, Note::new("log_put_back").saying(format!("entry {number} is gone")))?;
    let text = format!(
        "An old store was put back: entry {number} of the audit log, which the vault knows, is gone. Run `a2a doctor`."
    );
    Ok(notices::tell(tx, ctx, "log", NoticeKind::Security, text)?)
}

fn forgotten(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), Trouble> {
    meta::set_number(tx, meta::LOG_KEPT, 0)?;
    super::note(tx, ctx, Note::new("log_unvouched").saying("the vault no longer knows the newest entry"))?;
    let text = "The vault no longer knows the newest entry of the audit log. If you did not empty it, an old store may \
                have been put back: look at the log with `a2a audit`.";
    Ok(notices::tell(tx, ctx, "log", NoticeKind::Security, text.to_owned())?)
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
