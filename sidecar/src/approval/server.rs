//! Serves one approval page on the loopback interface until its action is decided or expires.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::time::Timestamp;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Form, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use maud::Markup;
use serde::Deserialize;
use tokio::net::TcpListener;
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::gate::{Entry, Gate};
use super::{ApprovalLink, Decision, html};
use crate::agent::{Agent, Approved, PendingAction, Pin, Way, Word};
use crate::clock::{Clock as _, SystemClock};
use crate::error::{Explain, Words};
use crate::loopback::{self, harden, listen, refuse_misdirected};

/// A decision fits in less.
const MAX_FORM_BYTES: usize = 1024;

/// Why no approval page could be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PageError {
    /// There is no such action, or it was decided or expired.
    #[error("nothing is waiting for the owner under {0}")]
    NotPending(String),
    /// The list of pending actions could not be read.
    #[error("{what}")]
    Unreadable {
        /// What failed.
        what: String,
        /// What to do about it.
        next: String,
    },
    /// The loopback interface or the system's randomness is not to be had.
    #[error("the approval page cannot be opened on this computer")]
    NoListener,
}

impl Explain for PageError {
    fn code(&self) -> &'static str {
        match self {
            Self::NotPending(_) => "not_pending",
            Self::Unreadable { .. } => "unreadable",
            Self::NoListener => "no_listener",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NotPending(_) => "Run `a2a approve` to see what is waiting.".to_owned(),
            Self::Unreadable { next, .. } => next.clone(),
            Self::NoListener => "Use `a2a approve` in a terminal instead.".to_owned(),
        }
    }
}

/// What the page needs of the agent; tests stand in for it.
pub(super) trait Desk: Send + Sync + 'static {
    /// The action, as long as it waits for a decision.
    fn pending(&self) -> impl Future<Output = Result<PendingAction, PageError>> + Send;
    /// Carries the action out, on the owner's word given on this page.
    fn approve(&self, pin: Option<Pin>) -> impl Future<Output = Result<Approved, Words>> + Send;
    /// Drops the action.
    fn decline(&self) -> impl Future<Output = Result<(), Words>> + Send;
    /// The time.
    fn now(&self) -> Timestamp;
}

/// The approval page of one pending action.
#[derive(Debug)]
pub struct Page;

impl Page {
    /// Starts serving the page of this action and returns the link that opens it once.
    ///
    /// The server ends by itself: after the decision, or when the action expires.
    pub async fn open(agent: Agent, action_id: &str) -> Result<ApprovalLink, PageError> {
        open(AgentDesk { agent, action_id: action_id.to_owned() }).await
    }
}

pub(super) async fn open(desk: impl Desk) -> Result<ApprovalLink, PageError> {
    let action = desk.pending().await?;
    let (listener, port) = listen(0).await.map_err(|_| PageError::NoListener)?;
    let gate = Gate::new(port).ok_or(PageError::NoListener)?;
    let (told, decision) = watch::channel(None);
    let link = ApprovalLink { url: gate.link(), expires_at: action.expires_at, decision };
    let closes_in = action.expires_at.since(desk.now());
    let desk = Arc::new(Room { desk, gate, told, deciding: Mutex::new(()), closed: CancellationToken::new() });
    tokio::spawn(serve(listener, desk, closes_in));
    Ok(link)
}

/// One page: its agent, its secrets, and whether it was decided.
struct Room<D> {
    desk: D,
    gate: Gate,
    told: watch::Sender<Option<Decision>>,
    /// Held while a decision is carried out, so that a second click waits for the first.
    deciding: Mutex<()>,
    closed: CancellationToken,
}

impl<D> Room<D> {
    fn decided(&self) -> Option<Decision> {
        *self.told.borrow()
    }

    fn close(&self, decision: Decision) {
        self.told.send_replace(Some(decision));
        self.closed.cancel();
    }
}

async fn serve<D: Desk>(listener: TcpListener, room: Arc<Room<D>>, closes_in: Duration) {
    let served = loopback::serve(listener, routes(Arc::clone(&room)), room.closed.clone());
    tokio::select! {
        () = served => {}
        () = tokio::time::sleep(closes_in) => room.close(Decision::Expired),
    }
}

fn routes<D: Desk>(room: Arc<Room<D>>) -> Router {
    Router::new()
        .route("/open/{token}", get(enter::<D>))
        .route(html::DECIDE, post(decide::<D>))
        .fallback(not_here)
        .layer(DefaultBodyLimit::max(MAX_FORM_BYTES))
        .layer(from_fn_with_state(Arc::clone(&room), guard::<D>))
        .with_state(room)
}

/// Turns away what is not for this server, and puts the strict headers on every answer.
async fn guard<D: Desk>(State(room): State<Arc<Room<D>>>, request: Request, next: Next) -> Response {
    let mut answer = match refuse_misdirected(room.gate.authority(), request.method(), request.headers()) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    harden(answer.headers_mut(), &html::content_security_policy());
    answer
}

async fn enter<D: Desk>(State(room): State<Arc<Room<D>>>, Path(token): Path<String>) -> Response {
    match room.gate.enter(&token) {
        Entry::Open => show(&room, None).await,
        Entry::Used => answer(StatusCode::GONE, html::opened_before()),
        Entry::Unknown => not_here().await,
    }
}

/// The question, below what went wrong with the last answer to it, if anything did.
async fn show<D: Desk>(room: &Room<D>, failed: Option<&Words>) -> Response {
    match room.desk.pending().await {
        Ok(action) => {
            let failed = failed.map(|words| (words.what.as_str(), words.next.as_str()));
            let status = if failed.is_some() { StatusCode::CONFLICT } else { StatusCode::OK };
            answer(status, html::question(&action, room.gate.form_secret(), room.desk.now(), failed))
        }
        // What came of the owner's own click says more than that nothing waits any more.
        Err(error) => answer(
            StatusCode::GONE,
            match failed {
                Some(words) => html::notice(&words.what, &words.next),
                None => html::notice(&error.to_string(), &error.next_step()),
            },
        ),
    }
}

/// The owner's click.
#[derive(Deserialize)]
struct Choice {
    form: String,
    decision: String,
    #[serde(default)]
    pin: String,
}

async fn decide<D: Desk>(State(room): State<Arc<Room<D>>>, headers: HeaderMap, Form(choice): Form<Choice>) -> Response {
    if !room.gate.authority().origin_is_ours(&headers) || !room.gate.accepts(&choice.form) {
        return not_here().await;
    }
    let _one_at_a_time = room.deciding.lock().await;
    if let Some(decision) = room.decided() {
        return answer(StatusCode::GONE, html::already(decision));
    }
    let pin = Some(choice.pin).filter(|pin| !pin.is_empty()).map(Pin::new);
    match choice.decision.as_str() {
        "approve" => approve(&room, pin).await,
        "decline" => decline(&room).await,
        _ => not_here().await,
    }
}

async fn approve<D: Desk>(room: &Room<D>, pin: Option<Pin>) -> Response {
    match room.desk.approve(pin).await {
        Ok(approved) => {
            room.close(Decision::Approved);
            answer(StatusCode::OK, html::approved(&approved))
        }
        Err(words) => show(room, Some(&words)).await,
    }
}

async fn decline<D: Desk>(room: &Room<D>) -> Response {
    match room.desk.decline().await {
        Ok(()) => {
            room.close(Decision::Declined);
            answer(StatusCode::OK, html::declined())
        }
        Err(words) => show(room, Some(&words)).await,
    }
}

async fn not_here() -> Response {
    let words = html::notice("There is nothing here", "Run `a2a approve` in a terminal to see what is waiting.");
    answer(StatusCode::NOT_FOUND, words)
}

fn answer(status: StatusCode, page: Markup) -> Response {
    (status, page).into_response()
}

/// The real desk: this machine's agent.
struct AgentDesk {
    agent: Agent,
    action_id: String,
}

impl Desk for AgentDesk {
    async fn pending(&self) -> Result<PendingAction, PageError> {
        let pending = self
            .agent
            .pending()
            .await
            .map_err(|error| PageError::Unreadable { what: error.to_string(), next: error.next_step() })?;
        pending
            .into_iter()
            .find(|action| action.id == self.action_id)
            .ok_or_else(|| PageError::NotPending(self.action_id.clone()))
    }

    async fn approve(&self, pin: Option<Pin>) -> Result<Approved, Words> {
        Ok(self.agent.approve(&self.action_id, Word::on_page(pin)).await?)
    }

    async fn decline(&self) -> Result<(), Words> {
        self.agent.decline_action(&self.action_id, Way::Page).await?;
        Ok(())
    }

    fn now(&self) -> Timestamp {
        SystemClock.now()
    }
}
