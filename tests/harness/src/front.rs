//! A server in front of a relay that can pass requests on, answer nonsense or bend what comes back.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::UPGRADE;
use axum::http::{HeaderMap, HeaderName, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

/// What the front does with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// Passes it on and the answer back.
    Honest,
    /// Answers 200 with bytes that mean nothing.
    Garbage,
    /// Passes it on, but gives back only the first half of a mailbox's content.
    Truncating,
    /// Passes it on, but flips a bit near the end of a mailbox's content.
    Flipping,
    /// Passes deposits on and then answers 503, as if the answer had been lost.
    LosingAnswers,
}

/// One request as it went through, with its answer.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Method and path.
    pub line: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Vec<u8>,
    /// What the relay answered.
    pub status: StatusCode,
    /// The body of the answer.
    pub answer: Vec<u8>,
}

/// The server: give its URL to a relay as `--public-url`.
pub struct Front {
    url: String,
    state: Arc<Inner>,
}

struct Inner {
    mood: Mutex<Mood>,
    passes_streams: AtomicBool,
    streams: AtomicUsize,
    upstream: Mutex<String>,
    seen: Mutex<Vec<Seen>>,
    client: reqwest::Client,
}

impl Front {
    /// Listens on a free port; [`Front::leads_to`] says where requests go.
    pub async fn start() -> Result<Self> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            // The relay drops idle connections: a request on one that it drops just now would be lost.
            .pool_max_idle_per_host(0)
            .build()?;
        let state = Arc::new(Inner {
            mood: Mutex::new(Mood::Honest),
            passes_streams: AtomicBool::new(false),
            streams: AtomicUsize::new(0),
            upstream: Mutex::default(),
            seen: Mutex::default(),
            client,
        });
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let url = format!("http://{}", listener.local_addr()?);
        let app = Router::new().fallback(handle).with_state(Arc::clone(&state));
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(Self { url, state })
    }

    /// Its own URL.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Names the relay behind it.
    pub fn leads_to(&self, url: &str) {
        url.clone_into(&mut lock(&self.state.upstream));
    }

    /// Changes what it does from the next request on.
    pub fn set_mood(&self, mood: Mood) {
        *lock(&self.state.mood) = mood;
    }

    /// From now on it passes streams on too; at first it knows requests and answers only, like many a proxy.
    pub fn pass_streams(&self) {
        self.state.passes_streams.store(true, Ordering::Relaxed);
    }

    /// How many streams it has opened.
    pub fn streams(&self) -> usize {
        self.state.streams.load(Ordering::Relaxed)
    }

    /// Every request that reached the relay until now.
    pub fn seen(&self) -> Vec<Seen> {
        lock(&self.state.seen).clone()
    }
}

async fn handle(State(inner): State<Arc<Inner>>, request: Request) -> Response {
    match forward(&inner, request).await {
        Ok(response) => response,
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}

async fn forward(inner: &Inner, request: Request) -> Result<Response> {
    if request.headers().contains_key(UPGRADE) {
        return stream(inner, request).await;
    }
    let (parts, body) = request.into_parts();
    let body = to_bytes(body, usize::MAX).await?.to_vec();
    let path = parts.uri.path_and_query().context("no path")?.as_str().to_owned();
    if *lock(&inner.mood) == Mood::Garbage {
        return Ok((StatusCode::OK, b"\xff\x00 not what you asked for".to_vec()).into_response());
    }
    let upstream = format!("{}{path}", lock(&inner.upstream));
    let onward = inner.client.request(parts.method.clone(), upstream);
    let answer = onward.headers(parts.headers.clone()).body(body.clone()).send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    let bytes = answer.bytes().await?.to_vec();
    let line = format!("{} {path}", parts.method);
    let seen = Seen { line, headers: parts.headers, body, status, answer: bytes.clone() };
    lock(&inner.seen).push(seen);
    // A long poll may have begun under another mood: what counts is the mood of its answer.
    let mood = *lock(&inner.mood);
    if mood == Mood::LosingAnswers && path.starts_with("/api/deposit") {
        return Ok(StatusCode::SERVICE_UNAVAILABLE.into_response());
    }
    Ok(answer_with(status, headers, bend(mood, &parts.method, &path, bytes)))
}

/// Connects both sides for as long as they like.
async fn stream(inner: &Inner, mut request: Request) -> Result<Response> {
    if !inner.passes_streams.load(Ordering::Relaxed) {
        return Ok(StatusCode::BAD_GATEWAY.into_response());
    }
    let near = hyper::upgrade::on(&mut request);
    let path = request.uri().path_and_query().context("no path")?.as_str();
    let onward = inner.client.get(format!("{}{path}", lock(&inner.upstream))).headers(request.headers().clone());
    let answer = onward.send().await?;
    let (status, headers) = (answer.status(), answer.headers().clone());
    if status != StatusCode::SWITCHING_PROTOCOLS {
        return Ok(answer_with(status, headers, answer.bytes().await?.to_vec()));
    }
    let mut far = answer.upgrade().await?;
    inner.streams.fetch_add(1, Ordering::Relaxed);
    tokio::spawn(async move {
        let mut near = TokioIo::new(near.await?);
        tokio::io::copy_bidirectional(&mut near, &mut far).await?;
        anyhow::Ok(())
    });
    Ok(answer_with(status, headers, Vec::new()))
}

fn answer_with(status: StatusCode, headers: HeaderMap, bytes: Vec<u8>) -> Response {
    let mut response = Response::new(Body::from(bytes));
    *response.status_mut() = status;
    let kept = headers.into_iter().filter_map(|(name, value)| Some((name?, value)));
    // The length may have changed, and the framing is this server's own.
    let framing = |name: &HeaderName| name == "content-length" || name == "transfer-encoding";
    response.headers_mut().extend(kept.filter(|(name, _)| !framing(name)));
    response
}

/// Damages the content of a mailbox on its way to its owner.
fn bend(mood: Mood, method: &Method, path: &str, mut bytes: Vec<u8>) -> Vec<u8> {
    let content = method == Method::GET && path.starts_with("/api/mailbox") && bytes.len() > 1000;
    match mood {
        Mood::Truncating if content => bytes.truncate(bytes.len() / 2),
        Mood::Flipping if content => {
            let near_the_end = bytes.len() - 40;
            bytes[near_the_end] ^= 1;
        }
        _ => {}
    }
    bytes
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
