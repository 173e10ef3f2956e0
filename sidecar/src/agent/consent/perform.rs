//! Performing what the owner approved, and keeping the result for the act's caller.

use std::sync::Arc;
use std::time::Duration;

use super::action::{Action, ActionResult, PendingRecord};
use crate::agent::core::Core;
use crate::agent::pairing::{accept, invite, knock, requests, scope_words};
use crate::agent::{
    ActionKind, Approved, ApprovedBy, Authorized, AuthorizedState, ConsentError, MadeInvite, Published, Trouble, card,
    reset,
};
use crate::store::pending::{self, Stage};

/// Performs an approved act and notes its result.
pub(in crate::agent) async fn perform(
    core: &Arc<Core>,
    id: &str,
    action: &Action,
    by: ApprovedBy,
) -> Result<ActionResult, ConsentError> {
    let result = run(core, action.clone(), by).await?;
    let (id, kept) = (id.to_owned(), result.clone());
    core.write(move |tx, _| {
        // Another process may have performed and claimed it meanwhile.
        if let Some(mut stored) = pending::find::<PendingRecord>(tx, &id)? {
            stored.stage = Stage::Done;
            stored.record.result = Some(kept);
            pending::update(tx, &stored)?;
        }
        Ok::<_, Trouble>(())
    })
    .await?;
    Ok(result)
}

async fn run(core: &Arc<Core>, action: Action, by: ApprovedBy) -> Result<ActionResult, ConsentError> {
    Ok(match action {
        Action::MakeInvite { scopes, lifetime_secs } => {
            invite::make(core, scopes, Duration::from_secs(lifetime_secs), by).await?.into()
        }
        Action::AcceptInvite { link, granted, .. } => accept::accept(core, &link, granted, by).await?.into(),
        Action::Knock { agent_id, relay, handle, scopes, text } => {
            knock::knock(core, agent_id, relay, handle, scopes, text, by).await?.into()
        }
        Action::ApproveRequest { request_id, granted, .. } => {
            requests::approve(core, request_id, granted, by).await?.into()
        }
        Action::AcceptReset { request_id, .. } => reset::accept(core, request_id, by).await?.into(),
        Action::PublishCard { capabilities, .. } => card::publish(core, capabilities, by).await?.into(),
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
            Self::Published { capabilities: 0, .. } => ("Your card is withdrawn.".into(), None),
            Self::Published { capabilities, .. } => {
                (format!("Your card is published with {capabilities} entries."), None)
            }
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
        Self::Published { capabilities: published.capabilities, updated_at: published.updated_at }
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
            Self::Published { capabilities, updated_at } => Some(Published { capabilities, updated_at }),
            _ => None,
        }
    }
}
