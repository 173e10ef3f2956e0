//! What changed, told to open pages as server-sent events; the relay is asked for as long as somebody looks.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::extract::State;
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{StreamExt as _, future, stream};
use serde_json::json;

use super::room::Room;
use super::shell;
use crate::agent::{Glance, RelayReply, RelayState};
use crate::words;

/// How often the store is looked at for changes, by whichever process.
const LOOK_EVERY: Duration = Duration::from_secs(1);
/// How often the relay is asked whether it is there.
const ASK_EVERY: Duration = Duration::from_secs(10);
/// What was heard longer ago may no longer be so.
const STALE: Duration = Duration::from_secs(20);

/// How our relay answered last.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Reach {
    /// It was not asked yet, or too long ago.
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

/// What was heard of the relay, and when: while nobody looks, nobody asks, and what is old is not said.
#[derive(Debug, Clone, Default)]
pub(super) struct Heard(Option<(Reach, Instant)>);

impl Heard {
    /// An answer of this moment.
    fn now(reach: Reach) -> Self {
        Self(Some((reach, Instant::now())))
    }

    /// What can still be said.
    pub(super) fn reach(&self) -> Reach {
        self.reach_at(Instant::now())
    }

    fn reach_at(&self, now: Instant) -> Reach {
        let fresh = self.0.as_ref().filter(|(_, at)| now.saturating_duration_since(*at) < STALE);
        fresh.map(|(reach, _)| reach.clone()).unwrap_or_default()
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
                room.reach.send_replace(Heard::now(reply.into()));
            }
        }
        tokio::time::sleep(LOOK_EVERY).await;
    }
}

/// One page listens: it is told that this is its console, how things stand now, and then whenever that changes.
pub(super) async fn listen(State(room): State<Arc<Room>>) -> impl IntoResponse {
    let reach = room.reach.subscribe();
    let changes = stream::unfold((Arc::clone(&room), reach, String::new()), |(room, reach, told)| async move {
        loop {
            let answered = reach.borrow().reach();
            let glance = room.agent.glance().await.ok();
            if let Some(now) = glance.map(|glance| state(&room, &glance, &answered)).filter(|now| *now != told) {
                let event = Event::default().event("state").data(&now);
                return Some((Ok::<_, Infallible>(event), (room, reach, now)));
            }
            tokio::select! {
                () = room.closed.cancelled() => return None,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    });
    let proof = Event::default().event("proof").data(room.gate.proof());
    Sse::new(stream::once(future::ready(Ok(proof))).chain(changes))
        .keep_alive(KeepAlive::new().interval(Duration::from_secs(20)))
}

/// How things stand, as the script reads it. What cannot be looked at is not told: no number of it would be true.
fn state(room: &Room, glance: &Glance, reach: &Reach) -> String {
    json!({
        "revision": glance.revision,
        "counts": {
            "unread": glance.unread,
            "pairs": glance.pairs,
            "pending": glance.pending,
            "waiting": glance.waiting,
        },
        "pulled": glance.pulled_at.map(words::rfc3339),
        "reach": reach.word(),
        "words": reach.words(),
        "ticker": glance.last_decision.as_ref().map(|entry| shell::decision(entry, room).into_string()),
    })
    .to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_heard_long_ago_is_not_said() {
        for reach in [Reach::Connected(7), Reach::Away("it is off".to_owned())] {
            let heard = Heard::now(reach.clone());
            assert_eq!(heard.reach(), reach);
            assert_eq!(heard.reach_at(Instant::now() + STALE), Reach::Unknown);
        }
        assert_eq!(Heard::default().reach(), Reach::Unknown);
    }
}
