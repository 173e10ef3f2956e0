//! The one way in which a tool waits for the owner.
//!
//! An act that needs the owner comes back from the agent as a pending action. What happens then depends on the client:
//!
//! | client | how the owner is asked | what the call returns |
//! |---|---|---|
//! | from 2026-07-28 on | the result itself carries a form, or a link where forms are not offered; the client calls again with the answer | the act's result |
//! | older, with elicitation | a request to the client while the call waits | the act's result |
//! | without elicitation | a page that we open in the owner's browser | `pending_owner`; the model calls again later |
//!
//! Under the policy `pin` forms are off, because a program may fill them in: the owner decides on a page or in a terminal.
//! So it is with an act that is longer than a form may be, because a yes covers the whole of it.
//!
//! In every case `a2a approve` in a terminal works too, and the model can decide nothing: a tool's arguments never
//! carry an answer, and what a stranger wrote is shown in the form or on the page only.

mod patience;
mod question;
mod rounds;

use std::future::Future;
use std::time::Duration;

use rmcp::model::{
    ElicitRequest, ElicitRequestParams, ElicitationAction, InputRequest, InputRequests, InputRequiredResult,
};
use rmcp::service::ElicitationError;
use schemars::JsonSchema;
use serde::Serialize;

pub(super) use patience::Patience;
pub(super) use rounds::Rounds;

use super::call::{Asking, Call, OWNER};
use super::reply::Failure;
use super::when::rfc3339;
use crate::agent::{Agent, ConsentError, Outcome, PendingAction, Way, Word};
use crate::approval::{ApprovalLink, Decision, Page};
use crate::error::Explain;
use crate::loopback::open_in_browser;
use question::{OwnerDecision, Verdict};

/// How long a call of an older client waits for its owner; then the act waits without it.
const OWNER_TAKES: Duration = Duration::from_secs(600);

/// How an act with consent ended.
#[derive(Debug)]
pub(super) enum Settled<T> {
    /// The owner agreed and it is done.
    Done(T),
    /// The owner has not decided.
    Pending(PendingOwner),
    /// The client must ask the owner and call again.
    AskOwner(InputRequiredResult),
}

/// An act that waits for the owner, as a result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub(super) struct PendingOwner {
    pub(super) action_id: String,
    pub(super) expires_at: String,
    pub(super) how: String,
}

/// Does an act, asking the owner where the agent says that it must.
///
/// `act` is called again after the owner agreed, and then returns what was done.
pub(super) async fn settle<T, E, F>(call: &Call<'_>, act: impl Fn() -> F + Send + Sync) -> Result<Settled<T>, Failure>
where
    E: Explain,
    F: Future<Output = Result<Outcome<T>, E>> + Send,
{
    if let Some(action_id) = call.server.rounds().redeem(call.state.as_deref(), &call.fingerprint) {
        take_answer(call, &action_id).await?;
        return Ok(done_or_pending(act().await?));
    }
    let action = match act().await? {
        Outcome::Done(done) => return Ok(Settled::Done(done)),
        Outcome::Pending(action) => action,
    };
    if !call.server.patience().admits(&action.id) {
        return Ok(Settled::Pending(waiting(&action, Shown::Before)));
    }
    match (call.asking(action.policy, question::text(&action)), call.is_stateless()) {
        (Asking::Nothing, _) => Ok(Settled::Pending(waiting(&action, show_page(call.agent().await?, &action).await))),
        (Asking::Form(text), true) => Ok(Settled::AskOwner(form_in_result(call, &action, text)?)),
        (Asking::Link, true) => link_in_result(call, &action).await,
        (asking, false) => {
            let shown = ask_at_once(call, asking, &action).await?;
            Ok(match act().await? {
                Outcome::Done(done) => Settled::Done(done),
                Outcome::Pending(action) => Settled::Pending(waiting(&action, shown)),
            })
        }
    }
}

fn done_or_pending<T>(outcome: Outcome<T>) -> Settled<T> {
    match outcome {
        Outcome::Done(done) => Settled::Done(done),
        Outcome::Pending(action) => Settled::Pending(waiting(&action, Shown::Before)),
    }
}

/// Carries out what the owner answered to the question of the round before.
async fn take_answer(call: &Call<'_>, action_id: &str) -> Result<(), Failure> {
    let agent = call.agent().await?;
    match call.server.rounds().page_of(action_id) {
        Some(page) => {
            follow_page(call, agent, &page, call.answer.as_ref().map(|answer| &answer.action), action_id).await
        }
        None => apply(agent, action_id, question::verdict(call.answer.as_ref())).await,
    }
}

async fn apply(agent: &Agent, action_id: &str, verdict: Verdict) -> Result<(), Failure> {
    match verdict {
        Verdict::Approve => match agent.approve(action_id, Word::by_form()).await {
            // decided meanwhile on a page or in a terminal: the act itself will tell
            Ok(_) | Err(ConsentError::Decided | ConsentError::BeingDone) => Ok(()),
            Err(error) => Err(error.into()),
        },
        Verdict::Decline => decline(agent, action_id).await,
        Verdict::Undecided => Ok(()),
    }
}

async fn decline(agent: &Agent, action_id: &str) -> Result<(), Failure> {
    match agent.decline_action(action_id, Way::Form).await {
        Ok(()) => Err(declined()),
        Err(ConsentError::Decided | ConsentError::BeingDone | ConsentError::Expired | ConsentError::Unknown) => Ok(()),
        Err(error) => Err(error.into()),
    }
}

fn declined() -> Failure {
    Failure::new("declined", "the owner said no", "Do not ask again unless the owner tells you to.")
}

/// Waits for the page if the owner agreed to open it.
async fn follow_page(
    call: &Call<'_>,
    agent: &Agent,
    page: &ApprovalLink,
    opened: Option<&ElicitationAction>,
    action_id: &str,
) -> Result<(), Failure> {
    match opened {
        Some(ElicitationAction::Accept) => {}
        Some(ElicitationAction::Decline) => return decline(agent, action_id).await,
        _ => return Ok(()),
    }
    tokio::select! {
        decision = page.decided() => match decision {
            Decision::Declined => Err(declined()),
            Decision::Approved | Decision::Expired => Ok(()),
        },
        () = tokio::time::sleep(OWNER_TAKES) => Ok(()),
        () = call.context.ct.cancelled() => Ok(()),
    }
}

/// The form as part of the result, for clients that then call again.
fn form_in_result(call: &Call<'_>, action: &PendingAction, text: String) -> Result<InputRequiredResult, Failure> {
    let form =
        ElicitRequestParams::FormElicitationParams { meta: None, message: text, requested_schema: question::form()? };
    input_required(call, action, form)
}

async fn link_in_result<T>(call: &Call<'_>, action: &PendingAction) -> Result<Settled<T>, Failure> {
    let Ok(page) = Page::open(call.agent().await?.clone(), &action.id).await else {
        return Ok(Settled::Pending(waiting(action, Shown::Nothing)));
    };
    let link = ElicitRequestParams::UrlElicitationParams {
        meta: None,
        message: action.title.clone(),
        url: page.url().to_owned(),
        elicitation_id: String::new(),
    };
    call.server.rounds().keep_page(&action.id, page);
    Ok(Settled::AskOwner(input_required(call, action, link)?))
}

fn input_required(
    call: &Call<'_>,
    action: &PendingAction,
    ask: ElicitRequestParams,
) -> Result<InputRequiredResult, Failure> {
    let state = call.server.rounds().begin(&action.id, &call.fingerprint)?;
    let request = InputRequest::Elicitation(ElicitRequest::new(ask));
    Ok(InputRequiredResult::new(Some(InputRequests::from([(OWNER.to_owned(), request)])), Some(state)))
}

/// Asks through an older client while the call waits. Where the client fails at it, the browser shows the page.
async fn ask_at_once(call: &Call<'_>, asking: Asking, action: &PendingAction) -> Result<Shown, Failure> {
    let agent = call.agent().await?;
    let asked = match asking {
        Asking::Link => ask_by_link(call, agent, action).await?,
        Asking::Form(text) => ask_by_form(call, agent, action, text).await?,
        Asking::Nothing => None,
    };
    Ok(match asked {
        Some(shown) => shown,
        None => show_page(agent, action).await,
    })
}

async fn ask_by_form(
    call: &Call<'_>,
    agent: &Agent,
    action: &PendingAction,
    text: String,
) -> Result<Option<Shown>, Failure> {
    let asked = call.context.peer.elicit_with_timeout::<OwnerDecision>(text, Some(OWNER_TAKES));
    let verdict = tokio::select! {
        answer = asked => match answer {
            Ok(Some(decision)) => decision.verdict(),
            Err(ElicitationError::UserDeclined) => Verdict::Decline,
            Err(ElicitationError::Service(_) | ElicitationError::CapabilityNotSupported) => return Ok(None),
            _ => Verdict::Undecided,
        },
        () = call.context.ct.cancelled() => Verdict::Undecided,
    };
    apply(agent, &action.id, verdict).await?;
    Ok(Some(Shown::Before))
}

async fn ask_by_link(call: &Call<'_>, agent: &Agent, action: &PendingAction) -> Result<Option<Shown>, Failure> {
    let Ok(page) = Page::open(agent.clone(), &action.id).await else { return Ok(None) };
    let Ok(url) = url::Url::parse(page.url()) else { return Ok(None) };
    let asked = call.context.peer.elicit_url_with_timeout(action.title.clone(), url, &action.id, Some(OWNER_TAKES));
    let opened = tokio::select! {
        answer = asked => match answer {
            Ok(action) => Some(action),
            Err(ElicitationError::Service(_) | ElicitationError::CapabilityNotSupported) => return Ok(None),
            Err(_) => None,
        },
        () = call.context.ct.cancelled() => None,
    };
    follow_page(call, agent, &page, opened.as_ref(), &action.id).await?;
    Ok(Some(Shown::Before))
}

/// What the owner has before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    /// A question of an earlier call.
    Before,
    /// A page that just opened in the browser.
    Page,
    /// Nothing: there is no browser to open.
    Nothing,
}

async fn show_page(agent: &Agent, action: &PendingAction) -> Shown {
    match Page::open(agent.clone(), &action.id).await {
        Ok(page) if open_in_browser(page.url()).await => Shown::Page,
        Ok(_) | Err(_) => Shown::Nothing,
    }
}

fn waiting(action: &PendingAction, shown: Shown) -> PendingOwner {
    let decides = match shown {
        Shown::Page => "The owner decides on the page that just opened in the browser, or runs",
        Shown::Before | Shown::Nothing => "The owner decides by running",
    };
    PendingOwner {
        action_id: action.id.clone(),
        expires_at: rfc3339(action.expires_at),
        how: format!(
            "{decides} `a2a approve {}` in a terminal. Call this tool again with the same arguments afterwards.",
            action.id
        ),
    }
}
