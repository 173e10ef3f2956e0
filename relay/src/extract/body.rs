//! Bodies, read whole and never beyond their bound.

use std::future::Future;
use std::time::{Duration, Instant};

use a2a_proto::limits::{ENVELOPE_BUCKETS_BYTES, MAX_KNOCK_BYTES};
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::header::CONTENT_LENGTH;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use crate::error::Refusal;
use crate::state::{Relay, RelayState};

/// How often a body that is not there yet is looked at again.
const LOOK_UP: Duration = Duration::from_millis(100);
/// JSON requests are a few keys and a one-time pair.
const MAX_JSON_BYTES: usize = 16 * 1024;

/// The outer version of every envelope.
const ENVELOPE_VERSION: u8 = 1;
/// The outer kind of an envelope that begins a session.
const FIRST_FLIGHT: u8 = 1;
/// The outer kind of an envelope inside a session.
const RATCHET_MESSAGE: u8 = 2;

/// A body that is read whole. No handler takes one by itself: [`Anyone`] says that it is anybody's,
/// [`OwnerWith`](super::OwnerWith) looks at an owner's right after it came.
pub(crate) trait Whole: Sized {
    /// Reads the body of a request that was taken apart.
    fn read(relay: &Relay, parts: &Parts, body: Body) -> impl Future<Output = Result<Self, Refusal>> + Send;
}

/// A body that anybody may send.
pub(crate) struct Anyone<B>(pub(crate) B);

impl<B: Whole> FromRequest<RelayState> for Anyone<B> {
    type Rejection = Refusal;

    async fn from_request(request: Request, relay: &RelayState) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        B::read(relay, &parts, body).await.map(Self)
    }
}

/// A body of bytes, at most `MAX` of them.
pub(crate) struct Octets<const MAX: usize>(pub(crate) Bytes);

impl<const MAX: usize> Whole for Octets<MAX> {
    async fn read(relay: &Relay, parts: &Parts, body: Body) -> Result<Self, Refusal> {
        read(relay, parts, body, MAX).await.map(Self)
    }
}

/// A JSON body. What is wrong with one is not repeated: it could hold a token.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<T: DeserializeOwned> Whole for JsonBody<T> {
    async fn read(relay: &Relay, parts: &Parts, body: Body) -> Result<Self, Refusal> {
        let bytes = read(relay, parts, body, MAX_JSON_BYTES).await?;
        let value = serde_json::from_slice(&bytes);
        value.map(Self).map_err(|_| Refusal::Malformed("The body is not the JSON that this path takes"))
    }
}

async fn read(relay: &Relay, parts: &Parts, body: Body, most: usize) -> Result<Bytes, Refusal> {
    if stated_length(parts).is_some_and(|length| length > most) {
        return Err(Refusal::TooLarge);
    }
    read_bounded(relay, body, most).await
}

fn stated_length(parts: &Parts) -> Option<usize> {
    let value = parts.headers.get(CONTENT_LENGTH)?;
    value.to_str().ok()?.parse().ok()
}

/// Reads to the end, to the bound, or to the end of patience. A connection that breaks off counts as too large: nobody
/// is left to read the answer.
async fn read_bounded(relay: &Relay, body: Body, most: usize) -> Result<Bytes, Refusal> {
    let begun = Instant::now();
    let mut reading = std::pin::pin!(axum::body::to_bytes(body, most));
    loop {
        match timeout(LOOK_UP, &mut reading).await {
            Ok(read) => return read.map_err(|_| Refusal::TooLarge),
            Err(_) if begun.elapsed() >= patience(relay) => return Err(Refusal::TooSlow),
            Err(_) => {}
        }
    }
}

/// How long a body may take: the less room there is, the less. A flood of slow bodies drives itself out, and whoever
/// sends at once is served.
fn patience(relay: &Relay) -> Duration {
    let (free, all) = (relay.requests.available_permits(), relay.policy.max_requests);
    match () {
        () if free > all / 2 => Duration::from_secs(10),
        () if free > all / 4 => Duration::from_secs(2),
        () => Duration::from_millis(300),
    }
}

/// Whether bytes have the outer shape of an envelope: size, version and kind are all that a relay can see.
pub(crate) fn is_envelope(bytes: &[u8]) -> bool {
    let is_kind = matches!(bytes, [ENVELOPE_VERSION, FIRST_FLIGHT | RATCHET_MESSAGE, ..]);
    is_kind && ENVELOPE_BUCKETS_BYTES.contains(&bytes.len())
}

/// Whether bytes have the outer shape of a knock.
pub(crate) fn is_first_flight(bytes: &[u8]) -> bool {
    is_envelope(bytes) && bytes.get(1) == Some(&FIRST_FLIGHT) && bytes.len() <= MAX_KNOCK_BYTES
}
