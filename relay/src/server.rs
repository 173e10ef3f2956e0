//! Accepts connections, bounds what each may do, and lets them finish when the relay goes down.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::metrics;
use crate::sources::{FromSource, Sources};
use crate::tls::Tls;
use crate::unread::HangUp;

/// Connections open at once; most are collectors that wait.
const MAX_CONNECTIONS: usize = 32_000;
/// Of those, so many from one source: the other half is for everybody else. A proxy in front is one source.
const MAX_FROM_ONE_SOURCE: usize = MAX_CONNECTIONS / 2;
/// A client sends its headers within this, or is dropped.
const HEADER_TIMEOUT: Duration = Duration::from_secs(5);
/// Our headers are a few hundred bytes.
const MAX_HEADER_BYTES: usize = 16 * 1024;
const MAX_HEADERS: usize = 64;
const MAX_STREAMS: u32 = 64;
/// Requests under way may take this long once the relay goes down.
const GRACE: Duration = Duration::from_secs(10);
/// After an error of the listener, such as too many open files.
const PAUSE: Duration = Duration::from_millis(100);

/// Serves until `shutdown`; returns when the requests under way are answered, or after ten seconds.
pub(crate) async fn serve(listener: TcpListener, tls: Option<Tls>, router: Router, shutdown: CancellationToken) {
    let graceful = GracefulShutdown::new();
    let builder = Arc::new(builder());
    let room = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let sources = Sources::new(MAX_FROM_ONE_SOURCE);
    loop {
        let accepted = tokio::select! {
            accepted = accept(&listener, &room, &sources) => accepted,
            () = shutdown.cancelled() => break,
        };
        let Some((stream, place)) = accepted else {
            tokio::time::sleep(PAUSE).await;
            continue;
        };
        let connection =
            Connection { builder: Arc::clone(&builder), router: router.clone(), watcher: graceful.watcher() };
        let tls = tls.clone();
        tokio::spawn(async move {
            let open = metrics::open_connection();
            match tls {
                Some(tls) => connection.serve_encrypted(stream, &tls).await,
                None => connection.serve(stream).await,
            }
            drop((open, place));
        });
    }
    drop(listener);
    if tokio::time::timeout(GRACE, graceful.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish in time");
    }
}

/// What serves one connection.
struct Connection {
    builder: Arc<Builder<TokioExecutor>>,
    router: Router,
    watcher: Watcher,
}

impl Connection {
    /// Serves to the end. What a connection ends with is the client's business, and may name it.
    async fn serve<S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(self, stream: S) {
        let hang_up = HangUp::default();
        let named = hang_up.clone();
        let service = self.router.map_request(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(named.clone());
            request
        });
        let service = TowerToHyperService::new(service);
        let connection = self.builder.serve_connection_with_upgrades(TokioIo::new(stream), service);
        tokio::select! {
            _ = self.watcher.watch(connection.into_owned()) => {}
            () = hang_up.asked() => {}
        }
    }

    /// A handshake takes no longer than a request's headers may.
    async fn serve_encrypted(self, stream: TcpStream, tls: &Tls) {
        if let Ok(Ok(stream)) = tokio::time::timeout(HEADER_TIMEOUT, tls.0.accept(stream)).await {
            self.serve(stream).await;
        }
    }
}

type Accepted = (TcpStream, Place);

/// What an open connection holds.
struct Place {
    _room: tokio::sync::OwnedSemaphorePermit,
    _source: FromSource,
}

/// The next connection, once there is room for it.
async fn accept(listener: &TcpListener, room: &Arc<Semaphore>, sources: &Sources) -> Option<Accepted> {
    let room = Arc::clone(room).acquire_owned().await.ok()?;
    let (stream, source) = loop {
        let (stream, peer) = listener.accept().await.ok()?;
        // Whoever has its share already is hung up on.
        if let Some(source) = sources.admit(peer.ip()) {
            break (stream, source);
        }
    };
    // Answers are small and written whole.
    let _ = stream.set_nodelay(true);
    Some((stream, Place { _room: room, _source: source }))
}

/// A timer belongs to every timeout: without one it panics or does nothing.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADER_TIMEOUT)
        .max_buf_size(MAX_HEADER_BYTES)
        .max_headers(MAX_HEADERS);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(u32::try_from(MAX_HEADER_BYTES).unwrap_or(u32::MAX))
        .keep_alive_interval(Some(Duration::from_secs(30)))
        .keep_alive_timeout(Duration::from_secs(20));
    builder
}
