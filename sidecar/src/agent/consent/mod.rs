//! Consent: acts that the owner completes outside the model, each bound to the exact bytes that are approved.
//!
//! An act is asked for, shown to the owner, approved (which performs it) and claimed once by a call of the same act.
//!
//! What came of it is handed to sessions or to commands, as it was asked for, for a few minutes, and only while it still holds; after
//! that the same act is another one, and the owner is asked. Several who ask for the same while the owner decides share one
//! question; the first that comes back is handed the result.

mod action;
mod decide;
mod perform;

use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE32_NOPAD;

pub(super) use action::{Action, ActionResult, PendingRecord};
pub(super) use decide::{approve, decline};
#[cfg(test)]
pub(super) use perform::claim_in;
pub(super) use perform::perform;

use super::core::{Core, random};
use super::me::Ctx;
use super::{ConsentError, PendingAction, ReadError, Trouble, owner};
use crate::store::peers::{self, PeerState};
use crate::store::pending::{self, Stage, Stored};
use crate::store::{StoreError, Tx, invites};
pub(super) use perform::is_claimed;

/// How long the owner has.
const LIFETIME: Duration = Duration::from_secs(60 * 60);
/// How long the result of an act waits for its caller.
const WAITS: Duration = Duration::from_secs(5 * 60);
const ID_CHARS: usize = 6;
/// More questions than this at once are no questions any more.
const MOST_ASKED: u64 = 10;

/// How far an act is when it is asked for.
pub(super) enum Asked {
    /// The owner has not decided.
    Pending(PendingAction),
    /// The owner said yes, and it has not succeeded yet.
    Approved {
        /// The act's id.
        id: String,
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

pub(super) fn ask_in(tx: &Tx<'_>, ctx: Ctx<'_>, action: Action) -> Result<Asked, ConsentError> {
    let digest = action.digest()?;
    let Some(stored) = same(tx, ctx, &digest)? else {
        // Only now: an act that was done may have made itself impossible to ask for again.
        action.refuse_vain(tx, ctx)?;
        return Ok(Asked::Pending(insert(tx, ctx, &digest, action)?));
    };
    let waits = |tx| Ok(Asked::Pending(stored.record.action.view(&stored, owner::policy(tx)?)));
    match (stored.stage, stored.record.result.clone()) {
        (Stage::Asked, _) => waits(tx),
        (Stage::Declined, _) => {
            pending::delete(tx, &stored.id)?;
            Ok(Asked::Declined)
        }
        (Stage::Done, Some(result)) => {
            pending::delete(tx, &stored.id)?;
            Ok(Asked::Done(result))
        }
        // Its approver carries it out right now.
        _ if is_claimed(ctx, &stored) => waits(tx),
        _ => Ok(Asked::Approved { id: stored.id }),
    }
}

/// The same act as it was asked for before, unless what came of it is not this caller's.
pub(super) fn same(tx: &Tx<'_>, ctx: Ctx<'_>, digest: &[u8; 32]) -> Result<Option<Stored<PendingRecord>>, StoreError> {
    let all: Vec<Stored<PendingRecord>> = pending::by_digest(tx, digest, ctx.now)?;
    let mut undecided = None;
    for stored in all {
        match stored.stage {
            Stage::Approved if is_own(ctx, &stored) => return Ok(Some(stored)),
            Stage::Done if is_own(ctx, &stored) => match is_recent(ctx, &stored) && holds(tx, &stored)? {
                true => return Ok(Some(stored)),
                false => pending::delete(tx, &stored.id)?,
            },
            Stage::Asked | Stage::Declined if undecided.is_none() => undecided = Some(stored),
            _ => {}
        }
    }
    if let Some(stored) = &mut undecided
        && !is_own(ctx, stored)
    {
        stored.record.askers.push(ctx.asker);
        pending::update(tx, stored)?;
    }
    Ok(undecided)
}

fn is_own(ctx: Ctx<'_>, stored: &Stored<PendingRecord>) -> bool {
    stored.record.askers.contains(&ctx.asker)
}

fn is_recent(ctx: Ctx<'_>, stored: &Stored<PendingRecord>) -> bool {
    stored.record.done_at.is_some_and(|done| ctx.now.since(done) < WAITS)
}

/// Whether what came of an act is still so.
fn holds(tx: &Tx<'_>, stored: &Stored<PendingRecord>) -> Result<bool, StoreError> {
    Ok(match &stored.record.result {
        Some(ActionResult::Invite { invite_id, .. }) => {
            invites::find(tx, *invite_id)?.is_some_and(|invite| invite.open)
        }
        Some(ActionResult::Authorized { paired: true, agent_id, scopes, .. }) => peers::by_agent(tx, agent_id)?
            .is_some_and(|peer| peer.state == PeerState::Paired && peer.record.granted == *scopes),
        _ => true,
    })
}

/// Puts an act to the owner.
pub(super) fn insert(tx: &Tx<'_>, ctx: Ctx<'_>, digest: &[u8; 32], action: Action) -> Result<PendingAction, Trouble> {
    if pending::asked_count(tx, ctx.now)? >= MOST_ASKED {
        return Err(Trouble::TooManyAsked { count: MOST_ASKED });
    }
    let stored = Stored {
        id: free_id(tx)?,
        stage: Stage::Asked,
        created_at: ctx.now,
        expires_at: ctx.now.plus(LIFETIME),
        record: PendingRecord {
            action,
            approved_by: None,
            result: None,
            askers: vec![ctx.asker],
            done_at: None,
            claim: None,
        },
    };
    pending::insert(tx, digest, &stored)?;
    Ok(stored.record.action.view(&stored, owner::policy(tx)?))
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
        let policy = owner::policy(tx)?;
        Ok(stored.iter().map(|stored| stored.record.action.view(stored, policy)).collect())
    })
    .await
}

/// Strikes off an act whose result its caller has.
pub(super) async fn claim(core: &Arc<Core>, id: String) -> Result<(), Trouble> {
    core.write(move |tx, _| pending::delete(tx, &id).map_err(Trouble::from)).await
}

/// The caller's act that approved a request which is gone by now: its result may not have been claimed yet.
pub(super) fn of_request(tx: &Tx<'_>, ctx: Ctx<'_>, request_id: &str) -> Result<Option<Action>, StoreError> {
    let done: Vec<Stored<PendingRecord>> = pending::done(tx, ctx.now)?;
    let own = done.into_iter().filter(|stored| is_own(ctx, stored) && is_recent(ctx, stored));
    Ok(own.map(|stored| stored.record.action).find(|action| action.request_id() == Some(request_id)))
}

/// Forgets what lapsed a day ago.
pub(super) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<usize, StoreError> {
    pending::delete_expired(tx, ctx.now.minus(Duration::from_secs(24 * 60 * 60)))
}
