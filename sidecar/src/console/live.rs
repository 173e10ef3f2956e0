//! What changed, told to open pages as server-sent events; the relay is asked for as long as somebody looks.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use serde_json::json;

use super::room::Room;
use super::shell;
use crate::agent::{Glance, RelayReply, RelayState};
use crate::words;

/// How often the store is looked at for changes, by whichever process.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the relay is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(10);

/// How our relay answered last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// It was not asked yet.
    #[default]
    Unknown,
    /// It answered, within so many milliseconds.
    Connected(u128),
    /// It did not; why, in our words.
    Away(String),
}

impl Reach {
    /// For the style sheet.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Connected(_) => "connected",
            Self::Away(_) => "away",
        }
    }

    /// For people.
    pub(super) fn words(&self) -> String {
        match self {
            Self::Unknown => "asking the relay …".to_owned(),
            Self::Connected(millis) => format!("relay connected, {millis} ms"),
            Self::Away(reason) => format!("relay away: {reason}. Mail waits here and goes by itself later."),
        }
    }
}

impl From<RelayReply> for Reach {
    fn from(reply: RelayReply) -> Self {
        match reply.state {
            RelayState::Reachable => Self::Connected(reply.took.as_millis()),
            RelayState::Away(reason) => Self::Away(reason),
        }
    }
}

/// Asks the relay at the start, and then as long as a page is open.
pub(super) async fn watch(room: Arc<Room>) {
    let mut asked: Option<Instant> = None;
    loop {
        let is_due = asked.is_none_or(|asked| room.reach.receiver_count() > 0 && asked.elapsed() >= ASK_EVERY);
        if is_due {
            asked = Some(Instant::now());
            if let Ok(reply) = room.agent.ask_relay().await {
                room.reach.send_replace(reply.into());
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One page listens: it is told how things stand now, and then whenever that changes.
pub(super) async fn listen(State(room): State<Arc<Room>>) -> impl IntoResponse {
    let reach = room.reach.subscribe();
    let changes = stream::unfold((room, reach, String::new()), |(room, reach, told)| async move {
        loop {
            let answered = reach.borrow().clone();
            let now = state(&room, &answered).await;
            if now != told {
                let event = Event::default().event("state").data(&now);
                return Some((Ok::<_, Infallible>(event), (room, reach, now)));
            }
            tokio::select! {
                () = room.closed.cancelled() => return None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    });
    Sse::new(changes).keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// How things stand, as the script reads it.
async fn state(room: &Room, reach: &Reach) -> String {
    let glance = room.agent.glance().await.ok();
    let count = |of: fn(&Glance) -> u64| glance.as_ref().map_or(0, of);
    let ticker = glance.as_ref().and_then(|glance| glance.last_decision.as_ref());
    json!({
        "revision": glance.as_ref().map_or("", |glance| &glance.revision),
        "counts": {
            "unread": count(|glance| glance.unread),
            "pairs": count(|glance| glance.pairs),
            "pending": count(|glance| glance.pending),
            "waiting": count(|glance| glance.waiting),
        },
        "pulled": glance.as_ref().and_then(|glance| glance.pulled_at).map(words::rfc3339),
        "reach": reach.word(),
        "words": reach.words(),
        "ticker": ticker.map(|entry| shell::decision(entry, room).into_string()),
    })
    .to_string()
}
