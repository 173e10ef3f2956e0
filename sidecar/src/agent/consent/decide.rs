//! The owner's word on an act.

use std::sync::Arc;

use super::action::PendingRecord;
use super::perform::perform;
use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{Approved, ApprovedBy, ConsentError};
use crate::store::Tx;
use crate::store::pending::{self, Stage, Stored};

/// Approves an act and performs it. One that failed may be approved again.
pub(in crate::agent) async fn approve(core: &Arc<Core>, id: &str, by: ApprovedBy) -> Result<Approved, ConsentError> {
    let id = id.trim().to_uppercase();
    let wanted = id.clone();
    let stored = core
        .write(move |tx, ctx| {
            let mut stored = open(tx, &wanted, ctx.now)?;
            if stored.stage == Stage::Asked {
                audit::note(tx, ctx, Note::new("action_approved").saying(kind_words(&stored)).by(by))?;
            }
            stored.stage = Stage::Approved;
            stored.record.approved_by = Some(by);
            pending::update(tx, &stored)?;
            Ok::<_, ConsentError>(stored)
        })
        .await?;
    let result = perform(core, &id, &stored.record.action, by).await?;
    Ok(result.approved(stored.record.action.kind()))
}

/// Declines an act.
pub(in crate::agent) async fn decline(core: &Arc<Core>, id: &str, by: ApprovedBy) -> Result<(), ConsentError> {
    let id = id.trim().to_uppercase();
    core.write(move |tx, ctx| {
        let mut stored = open(tx, &id, ctx.now)?;
        stored.stage = Stage::Declined;
        pending::update(tx, &stored)?;
        Ok(audit::note(tx, ctx, Note::new("action_declined").saying(kind_words(&stored)).by(by))?)
    })
    .await
}

/// The act, when it still waits for a decision or for its performance.
fn open(tx: &Tx<'_>, id: &str, now: a2a_proto::time::Timestamp) -> Result<Stored<PendingRecord>, ConsentError> {
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
