//! A new device under the same identity on this machine, and keeping the identity's secret off it.

use std::sync::Arc;

use a2a_proto::keys::Entropy;

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{RecoveryError, Trouble, device};
use crate::store::identity::{self, IdentityRecord};
use crate::store::peers::{self, PeerState};
use crate::store::tasks::{self, Task};
use crate::store::{SecretBlob, StoreError, Tx, backup};

/// Puts a new device in the place of this one and has every peer begin anew with it.
pub(in crate::agent) async fn rotate(core: &Arc<Core>, words: Option<Entropy>) -> Result<(), RecoveryError> {
    core.write(move |tx, ctx| write_down(tx, ctx, words)).await
}

/// As [`rotate`], in a transaction. The old device signs its own end in the audit log.
pub(in crate::agent) fn write_down(tx: &Tx<'_>, ctx: Ctx<'_>, words: Option<Entropy>) -> Result<(), RecoveryError> {
    let mut record = stored(tx)?;
    let entropy = match words {
        Some(words) => checked(ctx, words)?,
        None => device::entropy(&record).ok_or(RecoveryError::Offline)?,
    };
    let epoch = ctx.me.certificate.epoch().checked_add(1);
    let epoch = epoch.ok_or(Trouble::Internal("there is no epoch above this one"))?;
    audit::note(tx, ctx, Note::new("key_rotated").saying(format!("epoch {epoch}")))?;
    device::succeed(&mut record, &entropy, epoch, ctx.now)?;
    device::install(tx, &mut record)?;
    backup::forget_device(tx)?;
    for peer in peers::all(tx)?.into_iter().filter(|peer| peer.state == PeerState::Paired) {
        tasks::add(tx, &Task::Reset(peer.key, None), ctx.now)?;
    }
    Ok(())
}

/// Takes the identity's secret off this machine. The words prove that the owner has it.
pub(in crate::agent) async fn offline(core: &Arc<Core>, words: Entropy) -> Result<(), RecoveryError> {
    core.write(move |tx, ctx| {
        let (mut record, entropy) = (stored(tx)?, checked(ctx, words)?);
        record.backup_key = Some(SecretBlob::copy_of(entropy.backup_key().as_bytes()));
        record.entropy = SecretBlob::copy_of(&[]);
        identity::save(tx, &record)?;
        Ok(audit::note(tx, ctx, Note::new("key_offline"))?)
    })
    .await
}

/// Brings it back.
pub(in crate::agent) async fn online(core: &Arc<Core>, words: Entropy) -> Result<(), RecoveryError> {
    core.write(move |tx, ctx| {
        let (mut record, entropy) = (stored(tx)?, checked(ctx, words)?);
        record.entropy = SecretBlob::copy_of(&*entropy.to_bytes());
        record.backup_key = None;
        identity::save(tx, &record)?;
        Ok(audit::note(tx, ctx, Note::new("key_online"))?)
    })
    .await
}

/// Whether the identity's secret is on this machine.
pub(in crate::agent) fn is_online(tx: &Tx<'_>) -> Result<bool, StoreError> {
    Ok(identity::load(tx)?.is_some_and(|record| device::entropy(&record).is_some()))
}

fn stored(tx: &Tx<'_>) -> Result<IdentityRecord, Trouble> {
    identity::load(tx)?.ok_or(Trouble::NoIdentity)
}

fn checked(ctx: Ctx<'_>, words: Entropy) -> Result<Entropy, RecoveryError> {
    if words.root_key().agent_id() == *ctx.me.id() { Ok(words) } else { Err(RecoveryError::OtherWords) }
}
