//! Performing what the owner approved, and keeping the result for the act's caller.

use std::sync::Arc;
use std::time::Duration;

use super::action::{Action, ActionResult, Claim, PendingRecord};
use crate::agent::core::{Core, random};
use crate::agent::me::Ctx;
use crate::agent::pairing::requests::{self, Seen};
use crate::agent::pairing::{accept, invite, knock, regrant, scope_words};
use crate::agent::{
    ActionKind, Approved, ApprovedBy, Authorized, AuthorizedState, ConsentError, MadeInvite, Published, Trouble, card,
    for_peers, guard, reset,
};
use crate::store::pending::{self, Stage, Stored};
use crate::store::{StoreError, Tx};

/// How long a claim holds without being renewed: so long an act waits after its process died.
const CLAIM: Duration = Duration::from_secs(45);
const RENEW_EVERY: Duration = Duration::from_secs(15);

/// Takes the right to carry an act out, unless somebody has it.
pub(super) fn claim(ctx: Ctx<'_>, stored: &mut Stored<PendingRecord>) -> Result<Claim, ConsentError> {
    if is_claimed(ctx, stored) {
        return Err(ConsentError::BeingDone);
    }
    let claim = Claim { holder: random()?, until: ctx.now.plus(CLAIM) };
    stored.record.claim = Some(claim);
    Ok(claim)
}

/// Whether somebody carries it out now. A claim from the future is one of a clock that was set back.
pub(in crate::agent) fn is_claimed(ctx: Ctx<'_>, stored: &Stored<PendingRecord>) -> bool {
    stored.record.claim.is_some_and(|claim| ctx.now < claim.until && claim.until <= ctx.now.plus(CLAIM))
}

/// Claims an approved act and carries it out; its result waits for the act's caller.
pub(in crate::agent) async fn perform(core: &Arc<Core>, id: &str) -> Result<ActionResult, ConsentError> {
    let wanted = id.to_owned();
    let (stored, claim) = core.write(move |tx, ctx| claim_in(tx, ctx, &wanted)).await?;
    claimed(core, stored, claim).await
}

/// Claims an act in one transaction.
pub(in crate::agent) fn claim_in(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    id: &str,
) -> Result<(Stored<PendingRecord>, Claim), ConsentError> {
    let mut stored = super::decide::open(tx, id, ctx.now)?;
    let claim = claim(ctx, &mut stored)?;
    pending::update(tx, &stored)?;
    Ok((stored, claim))
}

/// Carries out what was claimed. What fails may be tried again at once.
pub(super) async fn claimed(
    core: &Arc<Core>,
    stored: Stored<PendingRecord>,
    claim: Claim,
) -> Result<ActionResult, ConsentError> {
    if let Action::Send { .. } = stored.record.action {
        return send(core, stored.id, claim).await;
    }
    let Stored { id, record: PendingRecord { action, approved_by, .. }, .. } = stored;
    let by = approved_by.ok_or(Trouble::Internal("an approved act does not say how it was approved"))?;
    let done = kept_up(core, &id, claim, run(core, action, by)).await;
    let kept = done.as_ref().ok().cloned();
    core.write(move |tx, ctx| settle(tx, ctx, &id, claim, kept)).await?;
    done
}

/// A message is written and noted as sent in one transaction, so that no death in between sends it twice.
async fn send(core: &Arc<Core>, id: String, claim: Claim) -> Result<ActionResult, ConsentError> {
    let sent = guard::send_approved(core, &id).await;
    if sent.is_err() {
        core.write(move |tx, ctx| settle(tx, ctx, &id, claim, None)).await?;
    }
    sent
}

/// Renews the claim for as long as the work takes.
async fn kept_up<T>(core: &Arc<Core>, id: &str, claim: Claim, work: impl Future<Output = T>) -> T {
    tokio::pin!(work);
    loop {
        tokio::select! {
            done = &mut work => return done,
            () = tokio::time::sleep(RENEW_EVERY) => {
                let id = id.to_owned();
                drop(core.write(move |tx, ctx| change(tx, &id, claim, |record| {
                    record.claim = Some(Claim { until: ctx.now.plus(CLAIM), ..claim });
                    None
                })).await);
            }
        }
    }
}

/// Notes the result, or gives the claim back.
fn settle(tx: &Tx<'_>, ctx: Ctx<'_>, id: &str, claim: Claim, result: Option<ActionResult>) -> Result<(), Trouble> {
    change(tx, id, claim, |record| {
        record.claim = None;
        record.done_at = result.is_some().then_some(ctx.now);
        record.result = result;
        record.result.is_some().then_some(Stage::Done)
    })?;
    Ok(forget_superseded(tx, ctx, id)?)
}

/// Forgets the results of acts that this one took the place of.
fn forget_superseded(tx: &Tx<'_>, ctx: Ctx<'_>, id: &str) -> Result<(), StoreError> {
    let done: Vec<Stored<PendingRecord>> = pending::done(tx, ctx.now)?;
    let Some(this) = done.iter().find(|stored| stored.id == id) else { return Ok(()) };
    let before = done.iter().filter(|stored| stored.id != id && this.record.action.supersedes(&stored.record.action));
    before.into_iter().try_for_each(|stored| pending::delete(tx, &stored.id))
}

/// Changes an act that is still claimed by us.
fn change(
    tx: &Tx<'_>,
    id: &str,
    claim: Claim,
    how: impl FnOnce(&mut PendingRecord) -> Option<Stage>,
) -> Result<(), Trouble> {
    let Some(mut stored) = pending::find::<PendingRecord>(tx, id)? else { return Ok(()) };
    if stored.record.claim.is_none_or(|now| now.holder != claim.holder) {
        return Ok(());
    }
    if let Some(stage) = how(&mut stored.record) {
        stored.stage = stage;
    }
    Ok(pending::update(tx, &stored)?)
}

async fn run(core: &Arc<Core>, action: Action, by: ApprovedBy) -> Result<ActionResult, ConsentError> {
    Ok(match action {
        Action::MakeInvite { scopes, lifetime_secs, bounds, voucher } => {
            invite::make(core, scopes, bounds, Duration::from_secs(lifetime_secs), voucher, by).await?.into()
        }
        Action::AcceptInvite { link, granted, bounds, .. } => {
            accept::accept(core, &link, (granted, bounds), by).await?.into()
        }
        Action::Knock { agent_id, relay, handle, scopes, text, bounds } => {
            knock::knock(core, agent_id, relay, handle, (scopes, bounds), text, by).await?.into()
        }
        Action::ApproveRequest { request_id, granted, bounds, sent, .. } => {
            requests::approve(core, Seen { request_id, sent }, (granted, bounds), by).await?.into()
        }
        Action::Regrant { agent_id, granted, bounds, .. } => {
            regrant::regrant(core, agent_id, granted, bounds, by).await?.into()
        }
        Action::AcceptReset { request_id, sent, .. } => {
            reset::accept(core, Seen { request_id, sent }, by).await?.into()
        }
        Action::PublishCard { capabilities, listed, .. } => card::publish(core, capabilities, listed, by).await?.into(),
        Action::TellPeers { capabilities } => {
            let Published { capabilities, updated_at, .. } = for_peers::set(core, capabilities, by).await?;
            ActionResult::Told { capabilities, updated_at }
        }
        Action::Send { .. } => return Err(Trouble::Internal("a message is sent by its own way").into()),
    })
}

impl ActionResult {
    /// What the owner is told.
    pub(super) fn approved(self, kind: ActionKind) -> Approved {
        let (summary, invite) = match self {
            Self::Invite { link, expires_at: _, scopes, .. } => (
                format!("The invite is made. Its holder may write to you about: {}.", scope_words(&scopes)),
                Some(link),
            ),
            Self::Authorized { paired: true, peer, scopes, .. } => {
                (format!("Paired with {peer}, who may write to you about: {}.", scope_words(&scopes)), None)
            }
            Self::Authorized { peer, .. } => (format!("{peer} was asked; its owner decides."), None),
            Self::Told { capabilities: 0, .. } => {
                ("Your peers are told that you take nothing of that any more.".into(), None)
            }
            Self::Told { capabilities, .. } => (format!("Your peers are told {capabilities} entries, sealed."), None),
            Self::Published { capabilities: 0, .. } => ("Your card is withdrawn.".into(), None),
            Self::Published { capabilities, .. } => {
                (format!("Your card is published with {capabilities} entries."), None)
            }
            Self::Did { summary } => (summary, None),
            Self::Sent(written) => (written.summary(), None),
        };
        Approved { kind, summary, invite }
    }
}

impl From<MadeInvite> for ActionResult {
    fn from(made: MadeInvite) -> Self {
        Self::Invite { link: made.link, invite_id: made.invite_id, expires_at: made.expires_at, scopes: made.scopes }
    }
}

impl From<Authorized> for ActionResult {
    fn from(done: Authorized) -> Self {
        let paired = done.state == AuthorizedState::Paired;
        Self::Authorized { paired, peer: done.peer, agent_id: done.agent_id, scopes: done.scopes }
    }
}

impl From<Published> for ActionResult {
    fn from(published: Published) -> Self {
        let Published { capabilities, listed, updated_at } = published;
        Self::Published { capabilities, listed, updated_at }
    }
}

/// Results back in the shape of their acts; `None` when the result is of another act.
impl ActionResult {
    pub(in crate::agent) fn into_invite(self) -> Option<MadeInvite> {
        match self {
            Self::Invite { link, invite_id, expires_at, scopes } => {
                Some(MadeInvite { link, invite_id, expires_at, scopes })
            }
            _ => None,
        }
    }

    pub(in crate::agent) fn into_authorized(self) -> Option<Authorized> {
        match self {
            Self::Authorized { paired, peer, agent_id, scopes } => {
                let state = if paired { AuthorizedState::Paired } else { AuthorizedState::Requested };
                Some(Authorized { state, peer, agent_id, scopes })
            }
            _ => None,
        }
    }

    pub(in crate::agent) fn into_published(self) -> Option<Published> {
        match self {
            Self::Published { capabilities, listed, updated_at } => {
                Some(Published { capabilities, listed, updated_at })
            }
            Self::Told { capabilities, updated_at } => Some(Published { capabilities, listed: false, updated_at }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests;
