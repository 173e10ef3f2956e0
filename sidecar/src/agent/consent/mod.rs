//! Consent: acts that the owner completes outside the model, each bound to the exact bytes that are approved.
//!
//! An act is asked for, shown to the owner, approved (which performs it) and claimed once by a call of the same act.

mod action;
mod decide;
mod perform;

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;

pub(super) use action::{Action, ActionResult, PendingRecord};
pub(super) use decide::{approve, decline};
pub(super) use perform::perform;

use super::core::{Core, random};
use super::me::Ctx;
use super::{ApprovedBy, ConsentError, PendingAction, ReadError, Trouble};
use crate::store::pending::{self, Stage, Stored};
use crate::store::{StoreError, Tx};

/// How long the owner has.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
const ID_CHARS: usize = 6;

/// How far an act is when it is asked for.
pub(super) enum Asked {
    /// The owner has not decided.
    Pending(PendingAction),
    /// The owner said yes, and it has not succeeded yet.
    Approved {
        /// The act's id.
        id: String,
        /// How the owner said yes.
        by: ApprovedBy,
    },
    /// It was done; the result is handed out once.
    Done(ActionResult),
    /// The owner said no.
    Declined,
}

/// Asks for an act, or finds how far the same one is.
pub(super) async fn ask(core: &Arc<Core>, action: Action) -> Result<Asked, ConsentError> {
    core.write(move |tx, ctx| ask_in(tx, ctx, action)).await
}

fn ask_in(tx: &Tx<'_>, ctx: Ctx<'_>, action: Action) -> Result<Asked, ConsentError> {
    let digest = action.digest()?;
    let found: Option<Stored<PendingRecord>> = pending::by_digest(tx, &digest, ctx.now)?;
    let Some(stored) = found else {
        // Only now: an act that was done may have made itself impossible to ask for again.
        action.refuse_vain(tx, ctx)?;
        return Ok(Asked::Pending(insert(tx, ctx, &digest, action)?));
    };
    match (stored.stage, stored.record.result.clone(), stored.record.approved_by) {
        (Stage::Asked, ..) => Ok(Asked::Pending(stored.record.action.view(&stored))),
        (Stage::Declined, ..) => {
            pending::delete(tx, &stored.id)?;
            Ok(Asked::Declined)
        }
        (Stage::Done, Some(result), _) => {
            pending::delete(tx, &stored.id)?;
            Ok(Asked::Done(result))
        }
        (_, _, Some(by)) => Ok(Asked::Approved { id: stored.id, by }),
        _ => Err(Trouble::Internal("an approved act does not say how it was approved").into()),
    }
}

fn insert(tx: &Tx<'_>, ctx: Ctx<'_>, digest: &[u8; 32], action: Action) -> Result<PendingAction, Trouble> {
    let stored = Stored {
        id: free_id(tx)?,
        stage: Stage::Asked,
        created_at: ctx.now,
        expires_at: ctx.now.plus(LIFETIME),
        record: PendingRecord { action, approved_by: None, result: None },
    };
    pending::insert(tx, digest, &stored)?;
    Ok(stored.record.action.view(&stored))
}

fn free_id(tx: &Tx<'_>) -> Result<String, Trouble> {
    loop {
        let id = short_id()?;
        if pending::find::<PendingRecord>(tx, &id)?.is_none() {
            return Ok(id);
        }
    }
}

/// Six characters that a person can type.
pub(super) fn short_id() -> Result<String, Trouble> {
    let bytes: [u8; 5] = random()?;
    Ok(BASE32_NOPAD.encode(&bytes)[..ID_CHARS].to_owned())
}

/// What waits for the owner.
pub(super) async fn list(core: &Arc<Core>) -> Result<Vec<PendingAction>, ReadError> {
    core.read(|tx, ctx| {
        let stored: Vec<Stored<PendingRecord>> = pending::asked(tx, ctx.now)?;
        Ok(stored.iter().map(|stored| stored.record.action.view(stored)).collect())
    })
    .await
}

/// Strikes off an act whose result its caller has.
pub(super) async fn claim(core: &Arc<Core>, id: String) -> Result<(), Trouble> {
    core.write(move |tx, _| pending::delete(tx, &id).map_err(Trouble::from)).await
}

/// The act that approved a request which is gone by now: its result may not have been claimed yet.
pub(super) fn of_request(tx: &Tx<'_>, ctx: Ctx<'_>, request_id: &str) -> Result<Option<Action>, StoreError> {
    let done: Vec<Stored<PendingRecord>> = pending::done(tx, ctx.now)?;
    Ok(done.into_iter().map(|stored| stored.record.action).find(|action| action.request_id() == Some(request_id)))
}

/// Forgets what lapsed a day ago.
pub(super) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<usize, StoreError> {
    pending::delete_expired(tx, ctx.now.minus(Duration::from_secs(24 * 60 * 60)))
}
