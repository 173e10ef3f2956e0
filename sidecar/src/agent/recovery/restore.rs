//! Restoring: the same identity on a new device, whose epoch is above that of every device before it.
//!
//! First [`plan`] looks at what there is, so that the owner can be asked by the name of the device that retires. Then
//! [`write_down`] makes the home, and [`announce`] tells relay and peers; what it cannot tell is told later by itself.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::api::code;
use a2a_proto::keys::Entropy;
use a2a_proto::time::Timestamp;

use super::sealed::Inside;
use super::{backup, kept, off_thread};
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::mail::flush;
use crate::agent::me::{Asker, Ctx, Me};
use crate::agent::open::Inner;
use crate::agent::{
    AgentConfig, BackupView, RecoveryError, RestoreSource, RestoreView, Restored, Trouble, card, cursor, device,
    prekeys, register, relays, tasks,
};
use crate::durable_file::write_private;
use crate::keys::{DatabaseKey, Marker, VaultError, add_recovery_slot};
use crate::relay_client::RelayFailure;
use crate::store::identity::{self, IdentityRecord};
use crate::store::peers::{self, PeerState};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::{Blob, SecretBlob, Store, Tx, meta};

mod standing;
#[cfg(test)]
mod tests;

use standing::Standing;
pub(super) use standing::client;

/// So long peers' lanes that the restored store does not know stay open.
const STRANGE_LANES_KEPT: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// More restores than a relay could have seen without us.
const MOST_EPOCHS_TRIED: u32 = 16;

/// What is about to be restored.
pub struct RestorePlan {
    entropy: Entropy,
    inside: Option<Inside>,
    standing: Standing,
    relay: Option<RelayAuthority>,
    view: RestoreView,
}

impl RestorePlan {
    /// What the owner is asked about.
    #[must_use]
    pub fn view(&self) -> &RestoreView {
        &self.view
    }
}

impl std::fmt::Debug for RestorePlan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RestorePlan").field("view", &self.view).finish_non_exhaustive()
    }
}

/// Looks at backup and relay. Changes nothing.
pub(in crate::agent) async fn plan(
    config: &AgentConfig,
    source: RestoreSource,
    entropy: Entropy,
) -> Result<RestorePlan, RecoveryError> {
    refuse_occupied(config)?;
    let id = entropy.root_key().agent_id();
    let (inside, relay, name) = match source {
        RestoreSource::Backup(path) => {
            let words = entropy.clone();
            let inside = open(move || backup::read(&path, &words)).await?;
            let relay = inside.0.head.relay.clone();
            (Some(inside), relay, None)
        }
        RestoreSource::Kept { relay } => {
            let (file, words) = (kept::fetch(config, &relay, &entropy).await?, entropy.clone());
            let inside = open(move || backup::open(&file, &words)).await?;
            let relay = inside.0.head.relay.clone().or(Some(relay));
            (Some(inside), relay, None)
        }
        RestoreSource::WordsOnly { relay, name } => (None, Some(relay), name),
    };
    let standing = match &relay {
        Some(relay) => standing::ask(config, relay, &id).await?,
        None => Standing::default(),
    };
    let (inside, found) = inside.unzip();
    if inside.is_none() && !standing.is_known() {
        return Err(match standing.away {
            Some(reason) => RecoveryError::RelayNeeded { reason },
            None => RecoveryError::UnknownThere,
        });
    }
    let is_kept = match &relay {
        Some(relay) if inside.is_none() => kept::is_kept(config, relay, &entropy).await,
        _ => false,
    };
    let known = inside.as_ref().map(|inside| inside.head.display_name.clone());
    let display_name = known.or(name).or_else(|| standing.name.clone()).unwrap_or_else(|| "agent".into());
    let view = RestoreView {
        agent_id: id,
        display_name,
        relay: relay.clone(),
        backup: found,
        is_kept,
        retires: standing.device.clone(),
        relay_away: standing.away.clone(),
    };
    Ok(RestorePlan { entropy, inside, standing, relay, view })
}

async fn open(
    read: impl FnOnce() -> Result<Inside, RecoveryError> + Send + 'static,
) -> Result<(Inside, BackupView), RecoveryError> {
    off_thread(move || {
        let inside = read()?;
        let found = backup::describe(&inside)?;
        Ok((inside, found))
    })
    .await
}

/// Nothing may be lost here: a home with any trace of an identity is not touched.
fn refuse_occupied(config: &AgentConfig) -> Result<(), RecoveryError> {
    let stands = |path: PathBuf| path.symlink_metadata().is_ok();
    let home = &config.home;
    if stands(home.marker()) || stands(home.store()) {
        return Err(RecoveryError::Occupied { home: home.folder().display().to_string() });
    }
    Ok(())
}

/// Makes the home, as a new identity's is made: cut off before its marker, nothing counts. Blocks.
pub(in crate::agent) fn write_down(config: &AgentConfig, plan: &RestorePlan) -> Result<(), RecoveryError> {
    register::prepare(config)?;
    let _lock = register::creation_lock(config)?;
    refuse_occupied(config)?;
    let key = keep_key(config, plan).map_err(Trouble::from)?;
    let fresh = register::fresh(config);
    register::remove_leftovers(&fresh);
    if let Some(inside) = &plan.inside {
        write_private(&fresh, &inside.store).map_err(|error| RecoveryError::file("write", &error))?;
    }
    let (store, now) = (Store::open(&fresh, &key)?, config.clock.now());
    store.write_blocking(|tx| take_over(tx, plan, now))?;
    store.close()?;
    add_recovery_slot(&config.home, &key, &plan.entropy.backup_key()).map_err(Trouble::from)?;
    Marker::new(plan.view.agent_id, config.vault.as_ref(), now).write(&config.home).map_err(Trouble::from)?;
    Ok(register::finish(config)?)
}

fn keep_key(config: &AgentConfig, plan: &RestorePlan) -> Result<DatabaseKey, VaultError> {
    match &plan.inside {
        Some(inside) => {
            config.vault.adopt(&inside.key)?;
            Ok(inside.key.clone())
        }
        None => config.vault.create(),
    }
}

/// Puts a new device into the store, and has every peer begin anew with it.
fn take_over(tx: &Tx<'_>, plan: &RestorePlan, now: Timestamp) -> Result<(), RecoveryError> {
    let highest = plan.inside.as_ref().map_or(0, |inside| inside.head.epoch).max(plan.standing.epoch);
    let epoch = highest.checked_add(1).ok_or(Trouble::Internal("there is no epoch above the highest"))?;
    let mut record = match identity::load(tx)? {
        Some(mut record) => {
            device::succeed(&mut record, &plan.entropy, epoch, now)?;
            record.entropy = SecretBlob::copy_of(&*plan.entropy.to_bytes());
            record.backup_key = None;
            record
        }
        None => register::new_identity(&plan.entropy, &plan.view.display_name, epoch, now)?,
    };
    settle_at(&mut record, plan);
    device::install(tx, &mut record)?;
    let (me, until) = (Me::from_record(&record)?, now.plus(STRANGE_LANES_KEPT));
    meta::set_number(tx, meta::STRANGE_LANES_UNTIL, until.millis())?;
    meta::set_number(tx, meta::WORDS_KEPT_AT, now.millis())?;
    meta::set_number(tx, meta::LOG_KEPT, 0)?;
    for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
        task_rows::add(tx, &Task::Reset(peer.key, None), now)?;
    }
    let how = if plan.inside.is_some() { "out of a backup" } else { "by its words alone" };
    Ok(audit::note(
        tx,
        Ctx { me: &me, now, asker: Asker::Commands },
        Note::new("restored").saying(format!("{how}; epoch {epoch}")),
    )?)
}

/// The relay counts as ours: it lets the higher epoch in, also when it is away just now.
fn settle_at(record: &mut IdentityRecord, plan: &RestorePlan) {
    record.relay.clone_from(&plan.relay);
    record.registered = plan.relay.is_some();
    if plan.standing.away.is_none() {
        // What stands there now is newer than the backup.
        record.card = plan.standing.card.clone().map(Blob);
    }
}

/// Whether this store knows how far its mailbox was taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::agent) enum Mailbox {
    /// It was there all the time.
    Known,
    /// It comes out of a backup, or out of nothing.
    Unknown,
}

/// Tells the relay, then the peers. The relay's failure is returned in words; everything is tried again later by itself.
pub(in crate::agent) async fn announce(inner: &Inner, mailbox: Mailbox) -> Result<Restored, RecoveryError> {
    let mut later = None;
    for _ in 0..MOST_EPOCHS_TRIED {
        let core = inner.core().await?;
        if core.me.relay.is_none() {
            break;
        }
        match claim(&core).await? {
            Ok(()) => {
                begin(&core, mailbox).await;
                break;
            }
            Err(RelayFailure::Problem(code::EPOCH_TOO_LOW)) => raise(&core).await?,
            Err(failure) => {
                later = Some(relays::reason(&failure));
                break;
            }
        }
        inner.forget().await;
    }
    inner.forget().await;
    let core = inner.core().await?;
    let pairs = core.read(|tx, _| Ok::<_, Trouble>(peers::all(tx)?)).await?;
    let pairs = pairs.into_iter().filter(|peer| peer.state == PeerState::Paired).map(|peer| peer.record.petname);
    Ok(Restored {
        agent_id: *core.me.id(),
        address: core.me.relay.as_ref().map(|_| core.me.address()).transpose()?,
        pairs: pairs.collect(),
        later,
    })
}

/// Registers, which raises the epoch of an account that is there and makes one that is not.
async fn claim(core: &Arc<Core>) -> Result<Result<(), RelayFailure>, RecoveryError> {
    let own = &core.net()?.own;
    let mut answer = own.register(core.me.handle.clone(), None).await;
    if matches!(answer, Err(RelayFailure::Problem(code::HANDLE_TAKEN))) {
        answer = own.register(None, None).await;
    }
    let handle = match answer {
        Ok(registered) => registered.handle.map(|handle| handle.to_string()),
        Err(failure) => return Ok(Err(failure)),
    };
    core.write(move |tx, _| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        record.handle = handle;
        Ok::<_, Trouble>(identity::save(tx, &record)?)
    })
    .await?;
    Ok(Ok(()))
}

/// The relay knows a device of a higher epoch than anything that we were told of.
async fn raise(core: &Arc<Core>) -> Result<(), Trouble> {
    core.write(|tx, ctx| {
        let mut record = identity::load(tx)?.ok_or(Trouble::NoIdentity)?;
        let epoch = ctx.me.certificate.epoch().saturating_add(1);
        let entropy = device::entropy(&record).ok_or(Trouble::Internal("a restored identity is whole"))?;
        let certificate = device::certify(&entropy, &ctx.me.device, epoch, ctx.now)?;
        record.certificate = Blob(certificate.as_bytes().to_vec());
        device::install(tx, &mut record)
    })
    .await
}

/// The first round of the new device: where the mailbox stands, prekeys, card, a new start with everybody.
async fn begin(core: &Arc<Core>, mailbox: Mailbox) {
    if mailbox == Mailbox::Unknown
        && let Ok(net) = core.net()
        && let Ok(batch) = net.own.collect(0, 1).await
    {
        // What was acknowledged is gone, and is no sign of a rollback.
        let through = batch.acknowledged_through;
        drop(core.write(move |tx, _| cursor::Mailbox::Own.begin_at(tx, through).map_err(Trouble::from)).await);
    }
    drop(prekeys::refresh(core).await);
    drop(card::keep_current(core).await);
    tasks::run(core).await;
    flush::all(core).await;
}
