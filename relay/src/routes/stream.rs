//! `GET /api/mailbox/stream`: mail pushed to its owner over a WebSocket as it arrives.
//!
//! Each message of the relay is a batch as in `GET /api/mailbox`; each message of the owner is eight bytes, the number up
//! to which everything is safe. One batch is in memory at a time, and only while it is being sent.

use std::ops::ControlFlow;
use std::time::Duration;

use a2a_proto::api::Acknowledge;
use axum::body::Bytes;
use axum::extract::rejection::QueryRejection;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::extract::ws::{Message, WebSocket, WebSocketUpgrade};
use axum::extract::{Query, State};
use axum::response::Response;
use serde::Deserialize;
use tokio::time::{Instant, timeout};

use super::mailbox;
use crate::error::Refusal;
use crate::extract::{OwnerSession, holds};
use crate::openapi::{NoStream, OwnersOnly, Usual};
use crate::room::Place;
use crate::state::{Relay, RelayState};
use crate::tickets::Session;
use crate::wake::Waiting;

/// Envelopes of a push; with the largest envelopes a push is 320 KiB.
const PUSH_ENVELOPES: usize = 5;
/// An owner sends acknowledgements and answers to pings.
const MOST_FROM_OWNER_BYTES: usize = 125;
/// Little is read, so little is set aside: most streams are idle.
const READ_BUFFER_BYTES: usize = 512;
/// One batch, its frame, and answers to pings.
const WRITE_BUFFER_BYTES: usize = 512 * 1024;
/// How long a last word may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// A stream that said nothing since it was asked twice, and half as long again, is dead.
const SILENT_ASKS: f32 = 2.5;

/// Where to begin.
#[derive(Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct Ask {
    /// Envelopes after this number.
    #[serde(default)]
    #[param(format = "uint64")]
    after: u64,
}

/// Opens the stream, if there is room for one more connection at this mailbox.
#[utoipa::path(
    get,
    path = "/api/mailbox/stream",
    tag = "owners",
    summary = "Mail pushed as it arrives, over a WebSocket",
    security(("session" = [])),
    params(Ask),
    responses((status = 101, description = "The stream"), NoStream, OwnersOnly, Usual)
)]
pub(crate) async fn stream(
    State(relay): State<RelayState>,
    OwnerSession(session): OwnerSession,
    ask: Result<Query<Ask>, QueryRejection>,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Result<Response, Refusal> {
    let Query(ask) = ask.map_err(|_| Refusal::Malformed("after is a number"))?;
    let upgrade = upgrade.map_err(|_| Refusal::UpgradeNeeded)?;
    let place = relay.wakers.wait_at(session.agent).ok_or(Refusal::TooManyStreams)?;
    let room = relay.collectors.clone().try_acquire_owned().map_err(|_| Refusal::Unavailable)?;
    let under_way = relay.tasks.token();
    let upgrade = upgrade
        .read_buffer_size(READ_BUFFER_BYTES)
        .write_buffer_size(0)
        .max_write_buffer_size(WRITE_BUFFER_BYTES)
        .max_message_size(MOST_FROM_OWNER_BYTES)
        .max_frame_size(MOST_FROM_OWNER_BYTES);
    Ok(upgrade.on_upgrade(async move |socket| {
        let (after, heard) = (ask.after, Instant::now());
        let ask_at = heard + relay.policy.stream_asked_every;
        let mut stream = Stream { relay: &relay, session, socket, after, heard, ask_at, stalled: false };
        stream.run(&place).await;
        drop((room, under_way));
    }))
}

/// One open stream.
struct Stream<'a> {
    relay: &'a Relay,
    session: Session,
    socket: WebSocket,
    after: u64,
    heard: Instant,
    /// Whatever else happens: mail that goes out says nothing of a reader who is there.
    ask_at: Instant,
    /// Its reader took nothing for too long; it would not read a last word either.
    stalled: bool,
}

/// What comes while a stream waits.
enum Event {
    Word(Option<Result<Message, axum::Error>>),
    Ask,
    End,
}

/// The stream goes on, or it is over.
type Next = ControlFlow<()>;

impl Stream<'_> {
    async fn run(&mut self, place: &Waiting) {
        while let Next::Continue(()) = self.round(place).await {}
        if !self.stalled {
            let _ = timeout(GOODBYE, self.socket.send(Message::Close(None))).await;
        }
    }

    /// Pushes what is there; then waits for a ring, a word, the time to ask, or the relay's end.
    async fn round(&mut self, place: &Waiting) -> Next {
        // The bell before the look: what arrives in between rings.
        let mut ring = std::pin::pin!(place.rings().notified());
        ring.as_mut().enable();
        while self.push().await? {}
        let event = tokio::select! {
            () = ring => return Next::Continue(()),
            event = self.event() => event,
        };
        self.meet(event).await
    }

    async fn event(&mut self) -> Event {
        tokio::select! {
            word = self.socket.recv() => Event::Word(word),
            () = tokio::time::sleep_until(self.ask_at) => Event::Ask,
            () = self.relay.shutdown.cancelled() => Event::End,
        }
    }

    async fn meet(&mut self, event: Event) -> Next {
        match event {
            Event::Word(word) => self.heed(word).await,
            Event::Ask => self.ask().await,
            Event::End => Next::Break(()),
        }
    }

    /// A place to push from. Until it is there the stream lives on: it hears its owner, asks, and sees the relay's end.
    async fn place(&mut self) -> ControlFlow<(), Place> {
        let (relay, mailbox) = (self.relay, self.session.agent);
        loop {
            let event = tokio::select! {
                place = relay.pushes.place(mailbox) => return or_end(place.ok_or(())),
                event = self.event() => event,
            };
            self.meet(event).await?;
        }
    }

    /// Sends the next batch, if there is one. The right to it is looked at each time: another device may have come, the
    /// account may be gone.
    async fn push(&mut self) -> ControlFlow<(), bool> {
        let _place = self.place().await?;
        let collected = self.relay.store.collect(self.session.agent, self.after, PUSH_ENVELOPES).await;
        let batch = mailbox::batch(or_end(collected)?);
        let Some(last) = batch.items.last().map(|item| item.sequence) else {
            return ControlFlow::Continue(false);
        };
        if !or_end(holds(self.relay, &self.session).await)? {
            return ControlFlow::Break(());
        }
        self.send(Bytes::from(batch.to_bytes()), Message::Binary).await?;
        self.after = last;
        ControlFlow::Continue(true)
    }

    /// Sends, unless the reader takes too long: then what is under way is let go of with the stream.
    async fn send(&mut self, bytes: Bytes, kind: fn(Bytes) -> Message) -> Next {
        let relay = self.relay;
        let sent = tokio::select! {
            sent = relay.pushes.in_time(bytes.len(), self.socket.send(kind(bytes))) => sent,
            () = relay.shutdown.cancelled() => return Next::Break(()),
        };
        self.stalled = !matches!(sent, Some(Ok(())));
        if self.stalled { Next::Break(()) } else { Next::Continue(()) }
    }

    /// A word of the owner: an acknowledgement. Anything else that is not the protocol's own ends the stream.
    async fn heed(&mut self, word: Option<Result<Message, axum::Error>>) -> Next {
        self.heard = Instant::now();
        match word {
            Some(Ok(Message::Binary(bytes))) => match Acknowledge::parse(&bytes) {
                Some(request) => or_end(acknowledge(self.relay, &self.session, request).await),
                None => Next::Break(()),
            },
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Next::Continue(()),
            Some(Ok(Message::Text(_) | Message::Close(_)) | Err(_)) | None => Next::Break(()),
        }
    }

    /// Asks whether anybody is there, unless that was answered with silence or the session is over.
    async fn ask(&mut self) -> Next {
        let every = self.relay.policy.stream_asked_every;
        self.ask_at = Instant::now() + every;
        let is_alive = self.heard.elapsed() < every.mul_f32(SILENT_ASKS);
        if !is_alive || !or_end(holds(self.relay, &self.session).await)? {
            return Next::Break(());
        }
        self.send(Bytes::new(), Message::Ping).await
    }
}

async fn acknowledge(relay: &Relay, session: &Session, request: Acknowledge) -> Result<(), Refusal> {
    if !holds(relay, session).await? {
        return Err(Refusal::Unauthorized);
    }
    Ok(relay.store.acknowledge(session.agent, request.through).await?)
}

/// A stream has nobody to explain an error to: it ends, and its owner collects otherwise.
fn or_end<T, E>(result: Result<T, E>) -> ControlFlow<(), T> {
    result.map_or(ControlFlow::Break(()), ControlFlow::Continue)
}
