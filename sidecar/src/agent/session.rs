//! What this process, one session of a client, was not shown: unread mail, and what came since it began and another read.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};

use super::Trouble;
use super::core::Core;
use crate::store::{StoreError, Tx, messages};

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

/// How many messages wait for this session: unread by any, and read by another alone.
pub(super) async fn waiting(core: &Arc<Core>) -> Result<(u64, u64), Trouble> {
    let held = Arc::clone(core);
    core.read(move |tx, _| {
        let unread = messages::unread(tx, None)?.saturating_sub(held.being_shown());
        Ok::<_, Trouble>((unread, held.session.read_elsewhere(tx)?))
    })
    .await
}
