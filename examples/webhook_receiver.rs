//! A server for `a2a webhook set`: verifies each call, sends challenges back, and acts once when mail waits.
//!
//!     WEBHOOK_SECRET=whsec_… cargo run --example webhook_receiver
//!
//! It listens on 127.0.0.1:9000; a proxy with a certificate belongs before it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde::Deserialize;
use standardwebhooks::Webhook;
use tokio::net::TcpListener;

/// The library refuses timestamps that are off by more than five minutes; calls are remembered well beyond that.
const REMEMBERED: Duration = Duration::from_secs(15 * 60);

/// What a relay says.
#[derive(Deserialize)]
#[serde(tag = "event", rename_all = "lowercase")]
enum Event {
    /// Is this your server? Then send the challenge back.
    Challenge { challenge: String },
    /// Mail waits. Nothing more is said: fetch it with `a2a inbox`, or let `a2a watch` do so.
    Mail,
}

/// The receiver: the secret, and the calls that were handled.
struct Receiver {
    webhook: Webhook,
    handled: Mutex<HashMap<String, Handled>>,
}

/// A call that was handled.
struct Handled {
    timestamp: String,
    at: Instant,
}

/// Whether a verified call is new.
#[derive(Debug, PartialEq, Eq)]
enum Seen {
    /// Act on it.
    First,
    /// The relay did not hear our answer and tries again under a new timestamp: say yes, do nothing.
    Retry,
    /// The very same call again: somebody recorded it.
    Replay,
}

impl Receiver {
    fn new(secret: &str) -> Result<Arc<Self>> {
        let webhook = Webhook::new(secret).context("WEBHOOK_SECRET is no secret of Standard Webhooks")?;
        Ok(Arc::new(Self { webhook, handled: Mutex::default() }))
    }

    /// Answers one call.
    fn answer(&self, headers: &HeaderMap, body: &[u8]) -> (StatusCode, String) {
        if self.webhook.verify(body, headers).is_err() {
            return (StatusCode::UNAUTHORIZED, String::new());
        }
        let Ok(event) = serde_json::from_slice(body) else {
            return (StatusCode::BAD_REQUEST, String::new());
        };
        match (self.note(headers), event) {
            (Seen::Replay, _) => (StatusCode::CONFLICT, String::new()),
            (_, Event::Challenge { challenge }) => (StatusCode::OK, challenge),
            (Seen::First, Event::Mail) => {
                mail_waits();
                (StatusCode::NO_CONTENT, String::new())
            }
            (Seen::Retry, Event::Mail) => (StatusCode::NO_CONTENT, String::new()),
        }
    }

    /// Notes a verified call.
    fn note(&self, headers: &HeaderMap) -> Seen {
        let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
        let (id, timestamp) = (text("webhook-id"), text("webhook-timestamp"));
        let mut handled = self.handled.lock().unwrap_or_else(PoisonError::into_inner);
        handled.retain(|_, call| call.at.elapsed() < REMEMBERED);
        let seen = match handled.get(&id) {
            None => Seen::First,
            Some(call) if call.timestamp == timestamp => Seen::Replay,
            Some(_) => Seen::Retry,
        };
        handled.insert(id, Handled { timestamp, at: Instant::now() });
        seen
    }
}

/// Put here what should happen: start a program, ring a bell.
fn mail_waits() {
    eprintln!("mail waits");
}

async fn receive(State(receiver): State<Arc<Receiver>>, headers: HeaderMap, body: Bytes) -> (StatusCode, String) {
    receiver.answer(&headers, &body)
}

#[tokio::main]
async fn main() -> Result<()> {
    let secret = std::env::var("WEBHOOK_SECRET").context("set WEBHOOK_SECRET to what `a2a webhook set` printed")?;
    let app = Router::new().route("/", post(receive)).with_state(Receiver::new(&secret)?);
    let listener = TcpListener::bind("127.0.0.1:9000").await?;
    Ok(axum::serve(listener, app).await?)
}

#[cfg(test)]
mod tests {
    use std::time::{SystemTime, UNIX_EPOCH};

    use super::*;

    const SECRET: &str = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    const MAIL: &[u8] = br#"{"v":1,"event":"mail","id":"msg_1"}"#;

    fn now() -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs().try_into().unwrap()
    }

    /// A call as a relay makes it.
    fn call(secret: &str, id: &str, timestamp: i64, body: &[u8]) -> HeaderMap {
        let signature = Webhook::new(secret).unwrap().sign(id, timestamp, body).unwrap();
        let mut headers = HeaderMap::new();
        headers.insert("webhook-id", id.parse().unwrap());
        headers.insert("webhook-timestamp", timestamp.into());
        headers.insert("webhook-signature", signature.parse().unwrap());
        headers
    }

    fn answers(calls: &[(HeaderMap, &[u8])]) -> Vec<u16> {
        let receiver = Receiver::new(SECRET).unwrap();
        calls.iter().map(|(headers, body)| receiver.answer(headers, body).0.as_u16()).collect()
    }

    #[test]
    fn a_signed_call_is_taken_and_a_challenge_is_sent_back() {
        let receiver = Receiver::new(SECRET).unwrap();
        let body = br#"{"v":1,"event":"challenge","id":"msg_0","challenge":"abc"}"#;
        let answer = receiver.answer(&call(SECRET, "msg_0", now(), body), body);
        assert_eq!(answer, (StatusCode::OK, "abc".to_owned()));
        assert_eq!(receiver.answer(&call(SECRET, "msg_1", now(), MAIL), MAIL).0, StatusCode::NO_CONTENT);
    }

    #[test]
    fn a_forged_call_is_refused() {
        let other = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";
        let signed = call(SECRET, "msg_1", now(), MAIL);
        let changed: &[u8] = br#"{"v":1,"event":"mail","id":"msg_2"}"#;
        let calls = [(call(other, "msg_1", now(), MAIL), MAIL), (signed, changed), (HeaderMap::new(), MAIL)];
        assert_eq!(answers(&calls), [401, 401, 401]);
    }

    #[test]
    fn a_stale_call_is_refused() {
        let at = |timestamp| (call(SECRET, "msg_1", timestamp, MAIL), MAIL);
        assert_eq!(answers(&[at(now() - 600), at(now() + 600)]), [401, 401]);
    }

    #[test]
    fn a_replay_is_refused_and_a_retry_is_not_acted_upon() {
        let first = call(SECRET, "msg_1", now(), MAIL);
        let retry = call(SECRET, "msg_1", now() - 10, MAIL);
        assert_eq!(answers(&[(first.clone(), MAIL), (first, MAIL), (retry, MAIL)]), [204, 409, 204]);
        let receiver = Receiver::new(SECRET).unwrap();
        assert_eq!(receiver.note(&call(SECRET, "msg_1", now(), MAIL)), Seen::First);
        assert_eq!(receiver.note(&call(SECRET, "msg_1", now() - 10, MAIL)), Seen::Retry);
    }
}
