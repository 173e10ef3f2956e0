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
/// A reader that takes nothing for so long is given up.
const SLOW_READER: Duration = Duration::from_secs(15);
/// How often a stream is asked whether it is alive, and its right looked at again.
const PING_EVERY: Duration = Duration::from_secs(30);
/// Without a word for so long it is not.
const SILENCE: Duration = Duration::from_secs(75);

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
        let mut stream = Stream { relay: &relay, session, socket, after: ask.after, heard: Instant::now() };
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
}

/// The stream goes on, or it is over.
type Next = ControlFlow<()>;

impl Stream<'_> {
    async fn run(&mut self, place: &Waiting) {
        while let Next::Continue(()) = self.round(place).await {}
        let _ = timeout(SLOW_READER, self.socket.send(Message::Close(None))).await;
    }

    /// Pushes what is there; then waits for a ring, a word, the time to ask, or the relay's end.
    async fn round(&mut self, place: &Waiting) -> Next {
        // The bell before the look: what arrives in between rings.
        let mut ring = std::pin::pin!(place.rings().notified());
        ring.as_mut().enable();
        while self.push().await? {}
        tokio::select! {
            () = ring => Next::Continue(()),
            word = self.socket.recv() => self.heed(word).await,
            () = tokio::time::sleep(PING_EVERY) => self.ask().await,
            () = self.relay.shutdown.cancelled() => Next::Break(()),
        }
    }

    /// Sends the next batch, if there is one. The right to it is looked at each time: another device may have come, the
    /// account may be gone.
    async fn push(&mut self) -> ControlFlow<(), bool> {
        let room = self.relay.pushes.acquire().await;
        let _room = or_end(room)?;
        let collected = self.relay.store.collect(self.session.agent, self.after, PUSH_ENVELOPES).await;
        let batch = mailbox::batch(or_end(collected)?);
        let Some(last) = batch.items.last().map(|item| item.sequence) else {
            return ControlFlow::Continue(false);
        };
        if !or_end(holds(self.relay, &self.session).await)? {
            return ControlFlow::Break(());
        }
        self.send(Message::Binary(Bytes::from(batch.to_bytes()))).await?;
        self.after = last;
        ControlFlow::Continue(true)
    }

    async fn send(&mut self, message: Message) -> Next {
        let sent = timeout(SLOW_READER, self.socket.send(message)).await;
        or_end(or_end(sent)?).map_continue(drop)
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
        let is_alive = self.heard.elapsed() < SILENCE;
        if !is_alive || !or_end(holds(self.relay, &self.session).await)? {
            return Next::Break(());
        }
        self.send(Message::Ping(Bytes::new())).await
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
