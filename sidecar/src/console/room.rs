//! What the pages of one console share: the agent, the gate, what was started here, what is to be said next.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use a2a_proto::time::Timestamp;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use maud::Markup;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::act::Started;
use super::computer::Computer;
use super::gate::Gate;
use super::idle::LastLook;
use super::live::Heard;
use super::shell::{self, Frame, Place};
use crate::agent::{Agent, REHEARSED_WORDS, RecoveryError};
use crate::clock::{Clock as _, SystemClock};
use crate::error::Words;

/// The script asks for a page anew with this header; what is to be said waits for the page that the owner opens.
const LIVE: &str = "x-live";

/// One console.
pub(super) struct Room {
    pub(super) agent: Agent,
    pub(super) gate: Gate,
    /// Where it runs, as far as that is known.
    pub(super) computer: Option<Computer>,
    pub(super) closed: CancellationToken,
    pub(super) last_look: LastLook,
    /// How our relay answered last, for pages and for the live corner.
    pub(super) reach: watch::Sender<Heard>,
    /// Acts asked for on these pages, whose results are to be taken when the owner approves them here.
    started: Mutex<HashMap<String, Started>>,
    /// Which of the recovery words the settings ask for, until they were tried.
    places: Mutex<Option<[usize; REHEARSED_WORDS]>>,
    /// What the next page says first.
    said: Mutex<Vec<String>>,
}

/// A page before its frame.
pub(super) struct Page {
    pub(super) place: Place,
    pub(super) title: String,
    pub(super) main: Markup,
    pub(super) status: StatusCode,
    /// Whether it stays as it was drawn, whatever changes.
    pub(super) is_still: bool,
}

impl Page {
    /// A page that answers what was asked.
    pub(super) fn new(place: Place, title: impl Into<String>, main: Markup) -> Self {
        Self { place, title: title.into(), main, status: StatusCode::OK, is_still: false }
    }

    /// The same page, which is not drawn anew by itself.
    pub(super) fn still(mut self) -> Self {
        self.is_still = true;
        self
    }

    /// The same page as the answer to what could not be done.
    pub(super) fn refusing(mut self) -> Self {
        self.status = StatusCode::UNPROCESSABLE_ENTITY;
        self
    }
}

impl Room {
    /// A console of this agent.
    pub(super) fn new(agent: Agent, gate: Gate, computer: Option<Computer>) -> Self {
        Self {
            agent,
            gate,
            computer,
            closed: CancellationToken::new(),
            last_look: LastLook::now(),
            reach: watch::Sender::new(Heard::default()),
            started: Mutex::default(),
            places: Mutex::default(),
            said: Mutex::default(),
        }
    }

    /// The path of a page.
    pub(super) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.gate.base())
    }

    /// The time, for words such as "2 min ago".
    pub(super) fn now(&self) -> Timestamp {
        SystemClock.now()
    }

    /// Puts a page into its frame; what failed becomes a page too.
    pub(super) async fn show(&self, headers: &HeaderMap, place: Place, page: Result<Page, Words>) -> Response {
        let page = page.unwrap_or_else(|words| Page {
            status: StatusCode::CONFLICT,
            ..Page::new(place, "That did not work", shell::failure(&words))
        });
        let glance = self.agent.glance().await.ok();
        let frame = Frame {
            room: self,
            glance: glance.as_ref(),
            reach: self.reach.borrow().reach(),
            said: if headers.contains_key(LIVE) { Vec::new() } else { self.take_said() },
        };
        (page.status, shell::framed(&frame, &page)).into_response()
    }

    /// Goes on to a page, which says `said` first.
    pub(super) fn go(&self, path: &str, said: impl Into<String>) -> Response {
        self.said.lock().unwrap_or_else(PoisonError::into_inner).push(said.into());
        self.go_on(path)
    }

    /// Goes on to a page.
    pub(super) fn go_on(&self, path: &str) -> Response {
        (StatusCode::SEE_OTHER, [(header::LOCATION, self.at(path))]).into_response()
    }

    /// Remembers what was asked for here until the owner decides.
    pub(super) fn remember(&self, action_id: &str, started: Started) {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).insert(action_id.to_owned(), started);
    }

    /// What was asked for here under this id, once.
    pub(super) fn recall(&self, action_id: &str) -> Option<Started> {
        self.started.lock().unwrap_or_else(PoisonError::into_inner).remove(action_id)
    }

    /// Which of the recovery words to ask for: the same until they are tried, however often the page is drawn.
    pub(super) fn places(&self) -> Result<[usize; REHEARSED_WORDS], RecoveryError> {
        let mut places = self.places.lock().unwrap_or_else(PoisonError::into_inner);
        match *places {
            Some(drawn) => Ok(drawn),
            None => Ok(*places.insert(self.agent.rehearsal_places()?)),
        }
    }

    /// The places that were asked for, once.
    pub(super) fn take_places(&self) -> Option<[usize; REHEARSED_WORDS]> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn take_said(&self) -> Vec<String> {
        std::mem::take(&mut *self.said.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
