//! What the owner or the model should know beside the mail, each shown once.

use a2a_proto::time::Timestamp;

use super::me::Ctx;
use super::{Notice, NoticeKind};
use crate::store::notices::{self, NoticeRecord};
use crate::store::{StoreError, Tx};

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

/// Withdraws a notice that was not shown yet.
pub(super) fn withdraw(tx: &Tx<'_>, key: &str) -> Result<(), StoreError> {
    notices::withdraw(tx, key)
}
