//! The owner's word on an act.

use std::sync::Arc;

use super::action::PendingRecord;
use super::perform;
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{Approved, ApprovedBy, ConsentError, Policy, Way, Word, owner};
use crate::store::Tx;
use crate::store::pending::{self, Stage, Stored};

/// Approves an act and performs it, once, whoever else approves it at the same moment. One that failed may be approved
/// again.
pub(in crate::agent) async fn approve(core: &Arc<Core>, id: &str, word: Word) -> Result<Approved, ConsentError> {
    let by = owner::check(core, word).await?;
    let id = id.trim().to_uppercase();
    let (stored, claim) = core
        .write(move |tx, ctx| {
            owner::still_counts(tx, by)?;
            let mut stored = open(tx, &id, ctx.now)?;
            let claim = perform::claim(ctx, &mut stored)?;
            if stored.stage == Stage::Asked {
                let note = Note::new("action_approved").saying(kind_words(&stored)).by(by);
                audit::note(tx, ctx, note.on(stored.record.action.digest()?))?;
            }
            stored.stage = Stage::Approved;
            stored.record.approved_by = Some(by);
            pending::update(tx, &stored)?;
            Ok::<_, ConsentError>((stored, claim))
        })
        .await?;
    let kind = stored.record.action.kind();
    Ok(perform::claimed(core, stored, claim).await?.approved(kind))
}

/// Declines an act.
///
/// This gives nothing away, so it takes no PIN; what is being carried out cannot be declined any more.
pub(in crate::agent) async fn decline(core: &Arc<Core>, id: &str, way: Way) -> Result<(), ConsentError> {
    let id = id.trim().to_uppercase();
    let by = ApprovedBy { policy: Policy::Confirm, way };
    core.write(move |tx, ctx| {
        let mut stored = open(tx, &id, ctx.now)?;
        if perform::is_claimed(ctx, &stored) {
            return Err(ConsentError::BeingDone);
        }
        stored.stage = Stage::Declined;
        pending::update(tx, &stored)?;
        let note = Note::new("action_declined").saying(kind_words(&stored)).by(by);
        Ok(audit::note(tx, ctx, note.on(stored.record.action.digest()?))?)
    })
    .await
}

/// The act, when it still waits for a decision or for its performance.
pub(super) fn open(
    tx: &Tx<'_>,
    id: &str,
    now: a2a_proto::time::Timestamp,
) -> Result<Stored<PendingRecord>, ConsentError> {
    let stored: Stored<PendingRecord> = pending::find(tx, id)?.ok_or(ConsentError::Unknown)?;
    if stored.expires_at <= now {
        return Err(ConsentError::Expired);
    }
    match stored.stage {
        Stage::Asked | Stage::Approved => Ok(stored),
        Stage::Done | Stage::Declined => Err(ConsentError::Decided),
    }
}

fn kind_words(stored: &Stored<PendingRecord>) -> &'static str {
    stored.record.action.kind().word()
}
