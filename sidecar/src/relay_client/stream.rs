//! Mail pushed by the own relay over a WebSocket, for as long as it stays open.

use std::time::Duration;

use a2a_proto::api::mailbox::Batch;
use a2a_proto::limits::MAX_ENVELOPE_BYTES;
use data_encoding::BASE64;
use reqwest::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use reqwest::{RequestBuilder, Response, StatusCode, Upgraded};
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{RelayFailure, Why};

/// The relay asks every half minute whether we are there; more than twice that long without a word, and it is gone.
const SILENCE: Duration = Duration::from_secs(75);
/// A push is a handful of envelopes; a relay may send more, but nothing without end.
const MOST_BYTES: usize = 65 * (MAX_ENVELOPE_BYTES + 64);

/// An open stream of mail.
pub struct MailStream {
    socket: WebSocketStream<Upgraded>,
    after: u64,
}

impl MailStream {
    /// The next batch, or none when the relay only gave a sign of life: what it has was pushed by then. Cancelling this
    /// loses nothing that was not returned.
    pub async fn next(&mut self) -> Result<Option<Batch>, RelayFailure> {
        let message = tokio::time::timeout(SILENCE, read(&mut self.socket)).await;
        match message.map_err(|_| RelayFailure::retry(Why::TimedOut))? {
            Some(Ok(Message::Binary(bytes))) => self.batch(&bytes).map(Some),
            // The library answers pings by itself.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => Ok(None),
            Some(Ok(Message::Text(_))) => Err(RelayFailure::Garbage("its stream of mail holds text")),
            Some(Ok(Message::Close(_)) | Err(_)) | None => Err(RelayFailure::retry(Why::Unreachable)),
        }
    }

    fn batch(&mut self, bytes: &[u8]) -> Result<Batch, RelayFailure> {
        let batch = Batch::parse(bytes).map_err(|_| RelayFailure::Garbage("its batch of mail cannot be read"))?;
        if batch.items.iter().any(|item| item.sequence <= self.after) {
            return Err(RelayFailure::Garbage("its batch of mail is not what was asked for"));
        }
        if let Some(last) = batch.items.last() {
            self.after = last.sequence;
        }
        Ok(batch)
    }
}

async fn read(
    socket: &mut WebSocketStream<Upgraded>,
) -> Option<Result<Message, tokio_tungstenite::tungstenite::Error>> {
    use futures_util::StreamExt as _;
    socket.next().await
}

/// A key that the relay must answer: it tells a relay from a cache that answers anything.
pub(super) fn fresh_key() -> String {
    let mut key = [0; 16];
    match getrandom::fill(&mut key) {
        Ok(()) | Err(_) => BASE64.encode(&key),
    }
}

/// Makes a request ask for a WebSocket (RFC 6455, section 4.1).
pub(super) fn upgrading(request: RequestBuilder, key: &str) -> RequestBuilder {
    request
        .header(CONNECTION, HeaderValue::from_static("upgrade"))
        .header(UPGRADE, HeaderValue::from_static("websocket"))
        .header(SEC_WEBSOCKET_VERSION, HeaderValue::from_static("13"))
        .header(SEC_WEBSOCKET_KEY, key)
}

/// The stream behind an answer that agreed to one.
pub(super) async fn upgraded(response: Response, key: &str, after: u64) -> Result<MailStream, RelayFailure> {
    match response.status() {
        StatusCode::UNAUTHORIZED => return Err(RelayFailure::Unauthorized),
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => return Err(RelayFailure::retry(Why::Busy)),
        _ => {}
    }
    let agreed = response.headers().get(SEC_WEBSOCKET_ACCEPT).and_then(|value| value.to_str().ok());
    let is_stream = response.status() == StatusCode::SWITCHING_PROTOCOLS;
    if !is_stream || agreed != Some(&derive_accept_key(key.as_bytes())) {
        return Err(RelayFailure::Garbage("it gives no stream of mail"));
    }
    let upgraded = response.upgrade().await.map_err(|_| RelayFailure::retry(Why::Unreachable))?;
    let bounds = WebSocketConfig::default().max_message_size(Some(MOST_BYTES)).max_frame_size(Some(MOST_BYTES));
    let socket = WebSocketStream::from_raw_socket(upgraded, Role::Client, Some(bounds)).await;
    Ok(MailStream { socket, after })
}
