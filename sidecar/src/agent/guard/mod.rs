//! What stands between a draft and the outbox: the owner's rules, a budget for each pair, and a look for what must not
//! leave unasked.
//!
//! | what | for whom | then |
//! |---|---|---|
//! | rule `never`, thanks for thanks, more than the budget | the agent | an error that says how to go on |
//! | rule `ask` | the agent | a pending action |
//! | a secret, words or a file of another peer's mail | everybody | a pending action that shows what was found |
//!
//! Deciding, writing and noting happen in one transaction, so nothing that was stopped is sent, and nothing that was
//! approved is sent twice.

mod budget;
mod commonplace;
mod copied;
mod files;
mod outgoing;
mod secrets;
mod settings;
mod stop;
#[cfg(test)]
mod tests;
mod thanks;

use std::sync::Arc;

pub(super) use budget::{change_limits, limits, resume};
pub(super) use copied::note as note_received;
pub(super) use files::{FileScan, Found};
pub(super) use outgoing::Outgoing;
pub(super) use settings::{list_rules, rule_of, set_rule};
pub(super) use stop::{Stop, details};

use super::audit::{self, Note};
use super::consent::{self, Action, ActionResult, PendingRecord};
use super::core::Core;
use super::mail::send::{self, Written};
use super::me::Ctx;
use super::{ConsentError, Draft, Hand, PendingAction, Policy, Rule, SendError, Trouble, owner};
use crate::store::peers::Peer;
use crate::store::pending::{self, Stage, Stored};
use crate::store::{StoreError, Tx, attachments};
use settings::Settings;

/// Whether a text holds what must not leave unseen.
pub(super) fn holds_secret(text: &str) -> bool {
    !secrets::scan(text).is_empty()
}

/// What became of a draft.
pub(super) enum Passed {
    /// It is on disk.
    Written(Written),
    /// The owner decides.
    Waits(PendingAction),
}

/// What was decided. A refusal is noted, so unlike a failure it does not undo its transaction.
type Decided = Result<Passed, SendError>;

/// Writes a draft down, unless something stops it; and tells which of its sealed copies nothing uses, because those of an
/// earlier call are.
pub(super) async fn pass(core: &Arc<Core>, draft: Draft) -> Result<(Passed, Vec<String>), SendError> {
    core.write(move |tx, ctx| pass_in(tx, ctx, draft)).await?
}

fn pass_in(tx: &Tx<'_>, ctx: Ctx<'_>, draft: Draft) -> Result<Result<(Passed, Vec<String>), SendError>, SendError> {
    let ready = draft.attachments.iter().filter_map(|file| file.ready.as_ref());
    let mut unused: Vec<String> = ready.map(|ready| ready.spool.clone()).collect();
    let passed = match decide(tx, ctx, draft)? {
        Ok(passed) => passed,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !unused.is_empty() {
        let used = copies_in_use(tx, &passed)?;
        unused.retain(|copy| !used.contains(copy));
    }
    Ok(Ok((passed, unused)))
}

/// The sealed copies that are sent, now or when the owner says yes.
fn copies_in_use(tx: &Tx<'_>, passed: &Passed) -> Result<Vec<String>, StoreError> {
    let Passed::Waits(action) = passed else { return attachments::outgoing(tx) };
    let stored: Option<Stored<PendingRecord>> = pending::find(tx, &action.id)?;
    Ok(match stored.map(|stored| stored.record.action) {
        Some(Action::Send { message, .. }) => message.copies(),
        _ => Vec::new(),
    })
}

/// Sends what the owner approved, once.
pub(super) async fn send_approved(core: &Arc<Core>, id: &str) -> Result<ActionResult, ConsentError> {
    let id = id.to_owned();
    let written = core
        .write(move |tx, ctx| {
            let stored = pending::find(tx, &id)?.ok_or(ConsentError::Unknown)?;
            approved(tx, ctx, stored)
        })
        .await?;
    core.nudge.notify_one();
    Ok(ActionResult::Sent(written))
}

/// Writes an approved message down, in the transaction that notes that it was.
fn approved(tx: &Tx<'_>, ctx: Ctx<'_>, mut stored: Stored<PendingRecord>) -> Result<Written, ConsentError> {
    if let (Stage::Done, Some(ActionResult::Sent(written))) = (stored.stage, &stored.record.result) {
        return Ok(written.clone());
    }
    let Action::Send { message, .. } = &stored.record.action else {
        return Err(Trouble::Internal("an act that is no message was to be sent").into());
    };
    let written = send::write_down(tx, ctx, message.draft())?;
    budget::owner_was_here(tx, written.peer())?;
    stored.stage = Stage::Done;
    stored.record.claim = None;
    stored.record.done_at = Some(ctx.now);
    stored.record.result = Some(ActionResult::Sent(written.clone()));
    pending::update(tx, &stored)?;
    Ok(written)
}

/// Writes a draft down in this transaction, unless something stops it.
pub(super) fn decide(tx: &Tx<'_>, ctx: Ctx<'_>, draft: Draft) -> Result<Decided, SendError> {
    let (peer, scope) = send::addressed(tx, ctx, &draft)?;
    let message = Outgoing::new(&peer, scope, &draft);
    match consent::same(tx, ctx, &message.digest()?)? {
        Some(stored) if stored.stage == Stage::Declined => {
            pending::delete(tx, &stored.id)?;
            Ok(Err(SendError::Declined))
        }
        // Its approver carries it out right now.
        Some(stored) if stored.stage == Stage::Approved && consent::is_claimed(ctx, &stored) => {
            Ok(Ok(Passed::Waits(stored.record.action.view(&stored, owner::policy(tx)?))))
        }
        Some(stored) if stored.stage != Stage::Asked => claim(tx, ctx, stored).map(Ok),
        asked => judge(tx, ctx, &peer, message, draft, asked.as_ref()),
    }
}

/// The owner said yes: the message goes if it did not go already, and the caller learns its name.
fn claim(tx: &Tx<'_>, ctx: Ctx<'_>, stored: Stored<PendingRecord>) -> Result<Passed, SendError> {
    let id = stored.id.clone();
    let written = approved(tx, ctx, stored).map_err(|error| match error {
        ConsentError::Send(error) => error,
        ConsentError::Trouble(trouble) => trouble.into(),
        _ => Trouble::Internal("an approved message cannot be sent").into(),
    })?;
    pending::delete(tx, &id)?;
    Ok(Passed::Written(written))
}

fn judge(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    message: Outgoing,
    draft: Draft,
    asked: Option<&Stored<PendingRecord>>,
) -> Result<Decided, SendError> {
    // With a PIN, only what took it counts as the owner's: a model with a shell can type at a terminal too.
    let by_agent = draft.hand != Hand::Owner || owner::policy(tx)? == Policy::Pin;
    let settings = Settings::of(tx, peer.key)?;
    let rule = settings.rule(&message.scope);
    if by_agent && rule == Rule::Never {
        return Ok(Err(SendError::Forbidden { peer: peer.record.petname.clone(), scope: message.scope }));
    }
    let mut stops = stop::find(tx, ctx, peer, &message)?;
    if by_agent && rule == Rule::Ask && draft.hand != Hand::Rule {
        stops.insert(0, Stop::Rule);
    }
    if let Some(stored) = asked {
        if !stops.is_empty() {
            return Ok(Ok(Passed::Waits(stored.record.action.view(stored, owner::policy(tx)?))));
        }
        pending::delete(tx, &stored.id)?;
    }
    if !by_agent {
        budget::owner_was_here(tx, peer.key)?;
    } else if let Some(refusal) = refuse(tx, ctx, peer, &settings, &draft, message.bytes())? {
        return Ok(Err(refusal));
    }
    Ok(Ok(match stops.is_empty() {
        true => Passed::Written(send::write_down(tx, ctx, draft)?),
        false => Passed::Waits(ask(tx, ctx, peer, message, stops)?),
    }))
}

/// What the agent may not send now, whatever it says.
fn refuse(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    settings: &Settings,
    draft: &Draft,
    bytes: u64,
) -> Result<Option<SendError>, SendError> {
    match thanks::refuse(tx, ctx, peer, draft)? {
        Some(refusal) => Ok(Some(refusal)),
        None => Ok(budget::spend(tx, ctx, peer, settings, bytes)?),
    }
}

fn ask(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &Peer,
    message: Outgoing,
    stops: Vec<Stop>,
) -> Result<PendingAction, SendError> {
    let to = peer.record.petname.clone();
    let why: Vec<String> = stops.iter().map(Stop::kind).collect();
    let digest = message.digest()?;
    audit::note(tx, ctx, Note::new("send_stopped").about(&to).saying(why.join(", ")).on(digest))?;
    Ok(consent::insert(tx, ctx, &digest, Action::Send { message, to, stops })?)
}

/// Forgets what no guard looks at any more.
pub(super) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<(), StoreError> {
    copied::prune(tx, ctx)?;
    budget::prune(tx, ctx)
}
