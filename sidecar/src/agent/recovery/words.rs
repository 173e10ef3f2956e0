//! The recovery words: for the owner's eyes, and whether the owner has them or a backup.

use std::sync::Arc;

use a2a_proto::time::Timestamp;

use super::{kept, off_thread};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{AgentConfig, RecoveryError, RecoveryState, RecoveryWords, Trouble, device};
use crate::keys::add_recovery_slot;
use crate::store::{StoreError, Tx, identity, meta};

/// The words. They open this home too from now on, should they not have before.
pub(in crate::agent) async fn show(config: &AgentConfig, core: &Arc<Core>) -> Result<RecoveryWords, RecoveryError> {
    let (config, store) = (config.clone(), core.store.clone());
    off_thread(move || {
        let record = store.write_blocking(identity::load)?.ok_or(Trouble::NoIdentity)?;
        let entropy = device::entropy(&record).ok_or(RecoveryError::Offline)?;
        let key = config.vault.load().map_err(Trouble::from)?;
        add_recovery_slot(&config.home, &key, &entropy.backup_key()).map_err(Trouble::from)?;
        Ok(RecoveryWords(entropy.to_words()))
    })
    .await
}

/// Notes that the owner wrote the words down.
pub(in crate::agent) async fn note_kept(core: &Arc<Core>) -> Result<(), RecoveryError> {
    core.write(|tx, ctx| {
        meta::set_number(tx, meta::WORDS_KEPT_AT, ctx.now.millis())?;
        Ok(audit::note(tx, ctx, Note::new("recovery_words_kept"))?)
    })
    .await
}

/// What the owner could get this identity back with.
pub(in crate::agent) fn state(tx: &Tx<'_>, now: Timestamp) -> Result<RecoveryState, StoreError> {
    let moment = |key| meta::number(tx, key).map(|at| (at > 0).then(|| Timestamp::from_millis(at)));
    Ok(RecoveryState {
        words_kept_at: moment(meta::WORDS_KEPT_AT)?,
        backed_up_at: moment(meta::BACKED_UP_AT)?,
        is_kept_failing: kept::keeps_failing(tx, now)?,
    })
}
