//! Serves the console: its port, its link, its life, and the guard before every page.

use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::computer::Computer;
use super::gate::Gate;
use super::room::{Page, Room};
use super::shell::Place;
use super::{idle, live, routes, shell};
use crate::agent::Agent;
use crate::error::{Explain, Words};
use crate::loopback::{self, harden, listen, refuse_misdirected};

/// Scripts, styles and pictures come from this server's own files, and forms go back to it. Nothing else.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; \
                      form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// How long a console that no terminal holds waits for somebody to look again.
const UNWATCHED: Duration = Duration::from_secs(10 * 60);

/// Why the console cannot be served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConsoleError {
    /// The port is taken, or the loopback interface is not to be had.
    #[error("the console cannot listen on port {port} of this computer: {reason}")]
    NoListener {
        /// The port that was asked for; 0 for any.
        port: u16,
        /// What the system said.
        reason: String,
    },
    /// The system has no randomness to give.
    #[error("this computer has no randomness to give")]
    NoRandomness,
}

impl Explain for ConsoleError {
    fn code(&self) -> &'static str {
        match self {
            Self::NoListener { .. } => "no_listener",
            Self::NoRandomness => "no_randomness",
        }
    }

    fn next_step(&self) -> String {
        match self {
            Self::NoListener { .. } => "Leave `--port` out to take any free port.".to_owned(),
            Self::NoRandomness => "Restart the computer, then try again.".to_owned(),
        }
    }
}

/// A console that listens and is not served yet.
pub struct Console {
    listener: TcpListener,
    room: Arc<Room>,
}

impl Console {
    /// Takes a port of the loopback interface; 0 takes any. Without a computer the settings do not speak of it.
    pub async fn open(agent: Agent, computer: Option<Computer>, port: u16) -> Result<Self, ConsoleError> {
        let refused = |error: std::io::Error| ConsoleError::NoListener { port, reason: error.to_string() };
        let (listener, port) = listen(port).await.map_err(refused)?;
        let gate = Gate::new(port).ok_or(ConsoleError::NoRandomness)?;
        Ok(Self { listener, room: Arc::new(Room::new(agent, gate, computer)) })
    }

    /// A fresh link that opens the console once; it replaces one that was not opened.
    pub fn link(&self) -> Result<String, ConsoleError> {
        self.links().fresh()
    }

    /// What makes fresh links while the console is served.
    pub fn links(&self) -> Links {
        Links(Arc::clone(&self.room))
    }

    /// Serves until cancelled, or until the owner closes the console on its page.
    pub async fn serve(self, cancel: CancellationToken) {
        self.serve_until(cancel.cancelled()).await;
    }

    /// Serves until the owner closes the console on its page, or nobody has looked at it for ten minutes.
    pub async fn serve_while_watched(self) {
        self.serve_while_watched_within(UNWATCHED).await;
    }

    pub(super) async fn serve_while_watched_within(self, patience: Duration) {
        let room = Arc::clone(&self.room);
        self.serve_until(idle::unwatched(&room, patience)).await;
    }

    async fn serve_until(self, end: impl Future<Output = ()>) {
        let Self { listener, room } = self;
        let watcher = tokio::spawn(live::watch(Arc::clone(&room)));
        tokio::select! {
            () = loopback::serve(listener, routes::all(Arc::clone(&room)), room.closed.clone()) => {}
            () = end => room.closed.cancel(),
        }
        watcher.abort();
    }
}

/// Makes links into a console that is being served.
#[derive(Clone)]
pub struct Links(pub(super) Arc<Room>);

impl Links {
    /// A fresh link that opens the console once; it replaces one that was not opened.
    pub fn fresh(&self) -> Result<String, ConsoleError> {
        self.0.last_look.renew();
        self.0.gate.new_link().ok_or(ConsoleError::NoRandomness)
    }
}

/// Turns away what is not for this server, and puts the strict headers on every answer.
pub(super) async fn guard(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    let mut answer = match refuse_misdirected(room.gate.authority(), request.method(), request.headers()) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    harden(answer.headers_mut(), POLICY);
    answer
}

/// Lets only the browser in that opened a link.
pub(super) async fn signed_in(State(room): State<Arc<Room>>, request: Request, next: Next) -> Response {
    if !room.gate.knows(request.headers()) {
        return not_here().await;
    }
    room.last_look.renew();
    next.run(request).await
}

/// Opens the link: sets the cookie, and goes on from a page of our own, since a browser that came here from another
/// site would not send a strict cookie along with a redirection.
pub(super) async fn enter(State(room): State<Arc<Room>>, Path(token): Path<String>) -> Response {
    let Some(cookie) = room.gate.enter(&token, Instant::now()).and_then(|cookie| HeaderValue::try_from(cookie).ok())
    else {
        return (StatusCode::GONE, shell::opened_before()).into_response();
    };
    let headers = HeaderMap::from_iter([(header::SET_COOKIE, cookie)]);
    (headers, shell::entrance(&format!("{}/inbox", room.gate.base()))).into_response()
}

/// What the owner is told who mistyped.
pub(super) async fn no_page(State(room): State<Arc<Room>>, headers: HeaderMap) -> Response {
    nowhere(&room, &headers, StatusCode::NOT_FOUND).await
}

/// What the owner is told who went to where only a form leads.
pub(super) async fn no_form(State(room): State<Arc<Room>>, headers: HeaderMap) -> Response {
    nowhere(&room, &headers, StatusCode::METHOD_NOT_ALLOWED).await
}

/// What the owner is told whose form is longer than any of ours.
pub(super) async fn too_long(room: &Room, headers: &HeaderMap) -> Response {
    let words = Words {
        what: "that is longer than any form here takes".to_owned(),
        next: "Nothing was done with it. Go back in the browser, which may still have what you typed. A long text goes as a file.".to_owned(),
    };
    let page =
        Page { status: StatusCode::PAYLOAD_TOO_LARGE, ..Page::new(Place::Nowhere, "Too long", shell::failure(&words)) };
    room.show(headers, Place::Nowhere, Ok(page)).await
}

async fn nowhere(room: &Room, headers: &HeaderMap, status: StatusCode) -> Response {
    let words = Words {
        what: "there is no such page".to_owned(),
        next: "Nothing is lost. Choose one of the five pages in the menu.".to_owned(),
    };
    let page = Page { status, ..Page::new(Place::Nowhere, "No such page", shell::failure(&words)) };
    room.show(headers, Place::Nowhere, Ok(page)).await
}

/// What whoever has no business here is told.
pub(super) async fn not_here() -> Response {
    (StatusCode::NOT_FOUND, shell::nothing_here()).into_response()
}
