//! Which secrets open this home, and putting another one in their place.

use std::sync::Arc;

use a2a_proto::keys::Entropy;

use super::off_thread;
use crate::agent::audit::{self, Note};
use crate::agent::me::{Asker, Ctx, Me};
use crate::agent::{AgentConfig, RecoveryError, Trouble, VaultView};
use crate::keys::{VaultChoice, choose_vault, open_by_words, slot_names};
use crate::store::{Store, identity, meta};

/// The slots there are, and whether the configured vault opens its own.
pub(in crate::agent) async fn slots(config: &AgentConfig) -> Result<VaultView, RecoveryError> {
    let config = config.clone();
    off_thread(move || {
        let slots = slot_names(&config.home).map_err(Trouble::from)?;
        let configured = config.vault.describe();
        let opens = match config.vault.load() {
            Ok(_key) => None,
            Err(failed) => Some(failed.to_string()),
        };
        Ok(VaultView { slots, configured, does_not_open: opens, left_behind: None })
    })
    .await
}

/// Lets another vault open this home from now on, in the place of whichever vault did. The key comes out of the configured
/// vault, or by the words where that is lost. It must open the store before any slot is touched.
pub(in crate::agent) async fn switch(
    config: &AgentConfig,
    to: VaultChoice,
    words: Option<Entropy>,
) -> Result<VaultView, RecoveryError> {
    let (work, target) = (config.clone(), choose_vault(&config.home, &to));
    off_thread(move || {
        let key = match &words {
            Some(words) => open_by_words(&work.home, &words.backup_key()),
            None => work.vault.load(),
        };
        let key = key.map_err(Trouble::from)?;
        let path = work.home.store();
        if !path.exists() {
            return Err(Trouble::NoIdentity.into());
        }
        let store = Store::open(&path, &key)?;
        let before = slot_names(&work.home).map_err(Trouble::from)?;
        target.take_over(&key).map_err(Trouble::from)?;
        let name = target.describe();
        store.write_blocking(|tx| {
            let record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
            let (me, now) = (Me::from_record(&record)?, work.clock.now());
            meta::set_number(tx, meta::LOG_KEPT, 0)?;
            Ok::<_, Trouble>(audit::note(
                tx,
                Ctx { me: &me, now, asker: Asker::Commands },
                Note::new("vault_switched").saying(name),
            )?)
        })?;
        // What the vault before knows of the audit log goes along: an old store that was put back shows still.
        if let Ok(Some(known)) = work.vault.kept() {
            drop(target.keep(&known));
        }
        let left_behind = left_behind(&work, &before, name);
        let slots = slot_names(&work.home).map_err(Trouble::from)?;
        Ok(VaultView { slots, configured: name, does_not_open: None, left_behind })
    })
    .await
}

/// Has the vault before forget its secret, and says why it could not.
fn left_behind(config: &AgentConfig, before: &[&str], name: &str) -> Option<String> {
    let old = match config.vault.describe() == name {
        true => choose_vault(&config.home, &VaultChoice::Keychain),
        false => Arc::clone(&config.vault),
    };
    let had_a_slot = before.contains(&old.describe()) && old.describe() != name;
    if had_a_slot { old.forget().err().map(|failed| failed.to_string()) } else { None }
}

#[cfg(test)]
mod tests;
