//! The acts that need the owner: ask, perform when approved, hand the result out once.

use std::sync::Arc;

use a2a_proto::address::Address;
use a2a_proto::card::Capability;

use super::consent::{self, Action, ActionResult, Asked, perform};
use super::core::Core;
use super::pairing::{accept, ended, invite, is_usable, knock, regrant, requests};
use super::{
    Authorize, AuthorizeError, Authorized, Bounds, CardError, ConsentError, InviteError, MadeInvite, MakeInvite,
    Outcome, Published, Trouble, card, for_peers,
};

const WRONG_RESULT: Trouble = Trouble::Internal("an act has the result of another");

/// What the caller of an act gets.
enum Answer {
    Outcome(Outcome<ActionResult>),
    Declined,
}

/// Asks; performs what was approved and not done yet.
async fn answer(core: &Arc<Core>, action: Action) -> Result<Answer, ConsentError> {
    match consent::ask(core, action.clone()).await? {
        Asked::Pending(pending) => Ok(Answer::Outcome(Outcome::Pending(pending))),
        Asked::Done(result) => Ok(Answer::Outcome(Outcome::Done(result))),
        Asked::Declined => Ok(Answer::Declined),
        Asked::Approved { id } => match perform(core, &id).await {
            Ok(result) => {
                consent::claim(core, id).await?;
                Ok(Answer::Outcome(Outcome::Done(result)))
            }
            // Somebody was quicker; it waits, or is done by now.
            Err(ConsentError::BeingDone | ConsentError::Decided) => again(core, action).await,
            Err(error) => Err(error),
        },
    }
}

async fn again(core: &Arc<Core>, action: Action) -> Result<Answer, ConsentError> {
    match consent::ask(core, action).await? {
        Asked::Pending(pending) => Ok(Answer::Outcome(Outcome::Pending(pending))),
        Asked::Done(result) => Ok(Answer::Outcome(Outcome::Done(result))),
        Asked::Declined => Ok(Answer::Declined),
        Asked::Approved { .. } => Err(ConsentError::BeingDone),
    }
}

/// Makes an invite.
pub(super) async fn make_invite(core: &Arc<Core>, request: MakeInvite) -> Result<Outcome<MadeInvite>, InviteError> {
    match answer(core, invite::action(core, request)?).await {
        Ok(Answer::Declined) => Err(InviteError::Declined),
        Ok(Answer::Outcome(outcome)) => Ok(typed(outcome, ActionResult::into_invite)?),
        Err(ConsentError::Invite(error)) => Err(error),
        Err(error) => Err(trouble(error).into()),
    }
}

/// Accepts an invite, asks an address, or approves a request.
pub(super) async fn authorize(core: &Arc<Core>, request: Authorize) -> Result<Outcome<Authorized>, AuthorizeError> {
    let action = understand(core, request).await?;
    let answered = match answer(core, action.clone()).await {
        Err(ConsentError::Authorize(error)) if ended::explains(core, &error).await? => answer(core, action).await,
        answered => answered,
    };
    match answered {
        Ok(Answer::Declined) => Err(AuthorizeError::Declined),
        Ok(Answer::Outcome(outcome)) => Ok(typed(outcome, ActionResult::into_authorized)?),
        Err(ConsentError::Authorize(error)) => Err(error),
        Err(error) => Err(trouble(error).into()),
    }
}

/// Publishes or withdraws our card.
pub(super) async fn set_capabilities(
    core: &Arc<Core>,
    capabilities: Vec<Capability>,
    listed: Option<bool>,
) -> Result<Outcome<Published>, CardError> {
    publish(core, card::action(core, capabilities, listed).await?).await
}

/// Tells peers what we take from them, or takes it back.
pub(super) async fn tell_peers(
    core: &Arc<Core>,
    capabilities: Vec<Capability>,
) -> Result<Outcome<Published>, CardError> {
    publish(core, for_peers::action(core, capabilities)?).await
}

async fn publish(core: &Arc<Core>, action: Action) -> Result<Outcome<Published>, CardError> {
    match answer(core, action).await {
        Ok(Answer::Declined) => Err(CardError::Declined),
        Ok(Answer::Outcome(outcome)) => Ok(typed(outcome, ActionResult::into_published)?),
        Err(ConsentError::Card(error)) => Err(error),
        Err(error) => Err(trouble(error).into()),
    }
}

/// What the owner is asked, by what the text is: a link, an address, or a request's id.
async fn understand(core: &Arc<Core>, request: Authorize) -> Result<Action, AuthorizeError> {
    let Authorize { peer, scopes, text, bounds } = request;
    if !is_usable(bounds, core.now()) {
        return Err(AuthorizeError::UselessBounds);
    }
    let what = peer.trim();
    if what.contains("://") || what.contains('#') {
        return invited(core, what, scopes, bounds).await;
    }
    if what.contains('@') {
        return match regrant::action(core, what, scopes.clone(), bounds).await? {
            Some(action) if bounds != Bounds::default() => Ok(action),
            _ => knock::action(core, what.parse::<Address>()?, scopes, text, bounds).await,
        };
    }
    if what.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("a2a_")) {
        what.parse::<a2a_proto::id::AgentId>()?;
        return regrant::action(core, what, scopes, bounds).await?.ok_or(AuthorizeError::NoRelayNamed);
    }
    match requests::action(core, what, scopes.clone(), bounds).await {
        // The part of a link after `#` is long; ids of requests are short.
        Err(AuthorizeError::UnknownRequest) if what.len() > 40 => invited(core, what, scopes, bounds).await,
        Err(AuthorizeError::UnknownRequest) => match regrant::action(core, what, scopes, bounds).await? {
            Some(action) => Ok(action),
            None if looks_like_request(what) => Err(AuthorizeError::UnknownRequest),
            None => Err(AuthorizeError::NotUnderstood),
        },
        other => other,
    }
}

async fn invited(
    core: &Core,
    link: &str,
    scopes: Option<Vec<a2a_proto::scope::Scope>>,
    bounds: Bounds,
) -> Result<Action, AuthorizeError> {
    let invite = accept::parse(link)?;
    knock::may_call(core, &invite.relay).await?;
    accept::action(core, link, &invite, scopes, bounds)
}

fn looks_like_request(text: &str) -> bool {
    text.len() == 6 && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

fn typed<T>(outcome: Outcome<ActionResult>, into: impl Fn(ActionResult) -> Option<T>) -> Result<Outcome<T>, Trouble> {
    Ok(match outcome {
        Outcome::Pending(pending) => Outcome::Pending(pending),
        Outcome::Done(result) => Outcome::Done(into(result).ok_or(WRONG_RESULT)?),
    })
}

fn trouble(error: ConsentError) -> Trouble {
    match error {
        ConsentError::Trouble(trouble) => trouble,
        _ => WRONG_RESULT,
    }
}
