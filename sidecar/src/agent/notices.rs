//! What the owner or the model should know beside the mail, each shown once.

use std::sync::Arc;

use a2a_proto::time::Timestamp;

use super::core::Core;
use super::me::Ctx;
use super::{Notice, NoticeKind, ReadError, Trouble};
use crate::store::notices::{self, NoticeRecord};
use crate::store::{StoreError, Tx, meta};

/// Adds a notice; one of the same key that was not shown yet is replaced.
pub(super) fn tell(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: &str,
    kind: NoticeKind,
    text: impl Into<String>,
) -> Result<(), StoreError> {
    notices::put(tx, key, ctx.now, &NoticeRecord { kind, text: text.into() })
}

/// What waits to be shown, oldest first, with keys.
pub(super) fn waiting(tx: &Tx<'_>) -> Result<Vec<(String, Notice)>, StoreError> {
    let rows: Vec<(String, Timestamp, NoticeRecord<NoticeKind>)> = notices::all(tx)?;
    Ok(rows.into_iter().map(|(key, at, record)| (key, Notice { kind: record.kind, text: record.text, at })).collect())
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
