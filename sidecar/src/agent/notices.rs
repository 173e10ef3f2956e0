//! What the owner or the model should know beside the mail, each shown once.

use std::sync::Arc;

use a2a_proto::time::Timestamp;

use super::core::Core;
use super::me::Ctx;
use super::{Notice, NoticeKind, ReadError, Trouble};
use crate::store::notices::{self, NoticeRecord};
use crate::store::{StoreError, Tx, meta};

/// So many are handed out at once.
const MOST_AT_ONCE: usize = 20;

/// Adds a notice; one of the same key that was not shown yet is replaced.
pub(super) fn tell(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: &str,
    kind: NoticeKind,
    text: impl Into<String>,
) -> Result<(), StoreError> {
    notices::put(tx, key, ctx.now, &NoticeRecord { kind, text: text.into(), count: 1 })
}

/// Adds an event to the notice that stands for all of its key until it is shown; `text` hears how many they are.
pub(super) fn tell_again(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: &str,
    kind: NoticeKind,
    text: impl FnOnce(u64) -> String,
) -> Result<(), StoreError> {
    let before: Option<NoticeRecord<NoticeKind>> = notices::find(tx, key)?;
    let count = before.map_or(0, |before| before.count).saturating_add(1);
    notices::put(tx, key, ctx.now, &NoticeRecord { kind, text: text(count), count })
}

/// What waits to be shown, oldest first, with keys.
pub(super) fn waiting(tx: &Tx<'_>) -> Result<Vec<(String, Notice)>, StoreError> {
    let rows: Vec<(String, Timestamp, NoticeRecord<NoticeKind>)> = notices::all(tx)?;
    Ok(rows.into_iter().map(|(key, at, record)| (key, Notice { kind: record.kind, text: record.text, at })).collect())
}

/// What to show now, with keys: what touches security first, then the oldest. The rest waits for the next time.
pub(super) fn page(tx: &Tx<'_>) -> Result<Vec<(String, Notice)>, StoreError> {
    let mut page = waiting(tx)?;
    page.sort_by_key(|(_, notice)| notice.kind != NoticeKind::Security);
    page.truncate(MOST_AT_ONCE);
    Ok(page)
}

/// Withdraws what was shown as it stood at `at`.
pub(super) fn withdraw_shown(tx: &Tx<'_>, (key, at): &(String, Timestamp)) -> Result<(), StoreError> {
    notices::withdraw_shown(tx, key, *at)
}

/// Whether the desktop shall say that something waits; unless the owner said no, it shall.
pub(super) async fn wanted(core: &Arc<Core>) -> Result<bool, ReadError> {
    Ok(core.read(|tx, _| Ok::<_, Trouble>(meta::number(tx, meta::QUIET)? == 0)).await?)
}

/// Sets that.
pub(super) async fn want(core: &Arc<Core>, wanted: bool) -> Result<(), ReadError> {
    Ok(core.write(move |tx, _| Ok::<_, Trouble>(meta::set_number(tx, meta::QUIET, u64::from(!wanted))?)).await?)
}

/// Withdraws a notice that was not shown yet.
pub(super) fn withdraw(tx: &Tx<'_>, key: &str) -> Result<(), StoreError> {
    notices::withdraw(tx, key)
}
