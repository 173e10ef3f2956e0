//! What this process, one session of a client, was not shown: unread mail, and what came since it began and another read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::core::Core;
use super::{MailNews, Trouble};
use crate::store::{StoreError, Tx, leases, messages};

/// One session's memory; it ends with the process.
pub(super) struct Session {
    /// What is older was nobody's news when the session began, unless it is unread.
    began_after: i64,
    seen: Mutex<BTreeSet<i64>>,
}

impl Session {
    /// A session that begins now.
    pub(super) fn begin(tx: &Tx<'_>) -> Result<Self, StoreError> {
        Ok(Self { began_after: messages::newest(tx)?, seen: Mutex::default() })
    }

    /// Notes what the session was shown.
    pub(super) fn note(&self, ids: impl IntoIterator<Item = i64>) {
        let new = ids.into_iter().filter(|id| *id > self.began_after);
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).extend(new);
    }

    /// How much another session read that came since this one began and was not shown here.
    pub(super) fn read_elsewhere(&self, tx: &Tx<'_>) -> Result<u64, StoreError> {
        let read = messages::shown_after(tx, self.began_after)?;
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(read.iter().filter(|id| !seen.contains(id)).count() as u64)
    }
}

/// How many messages wait for this session: unread by any and in nobody's hands, and read by another alone.
pub(super) async fn waiting(core: &Arc<Core>) -> Result<(u64, u64), Trouble> {
    let (held, reader) = (Arc::clone(core), core.reader());
    core.read(move |tx, _| {
        let others = leases::held_by_others(tx, &reader)?;
        let unread = messages::unread(tx, None)?.saturating_sub(others).saturating_sub(held.being_shown());
        Ok::<_, Trouble>((unread, held.session.read_elsewhere(tx)?))
    })
    .await
}

/// The unread mail that is in nobody else's hands.
pub(super) async fn news(core: &Arc<Core>) -> Result<MailNews, Trouble> {
    let reader = core.reader();
    let unread = core.read(move |tx, _| leases::unread(tx, &reader).map_err(Trouble::from)).await?;
    let free: Vec<i64> = unread.into_iter().filter(|(_, is_free)| *is_free).map(|(id, _)| id).collect();
    Ok(MailNews { unread: free.len() as u64, newest: free.last().copied().unwrap_or(0) })
}
