//! Serves clients that only speak HTTP: the same tools over streamable HTTP, on the loopback interface, behind a bearer.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use rmcp::transport::streamable_http_server::session::local::LocalSessionManager;
use rmcp::transport::{StreamableHttpServerConfig, StreamableHttpService};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use super::serve::{LAST_WORDS, ServeError};
use super::server::Server;
use crate::agent::AgentConfig;
use crate::lifetime;
use crate::loopback::{self, listen};

/// Where the protocol is spoken.
const PATH: &str = "/mcp";

/// A server that listens and is not served yet.
pub struct HttpServer {
    listener: TcpListener,
    door: Arc<Door>,
    stop: CancellationToken,
}

/// Who is let in: whoever names this server, comes from no page, and shows the bearer.
struct Door {
    server: Server,
    names: [String; 2],
}

impl HttpServer {
    /// Takes a port of the loopback interface; 0 takes any.
    ///
    /// # Errors
    ///
    /// The port is taken.
    pub async fn open(config: AgentConfig, port: u16) -> Result<Self, ServeError> {
        let (listener, port) =
            listen(port).await.map_err(|error| ServeError::NoListener { port, reason: error.to_string() })?;
        let stop = CancellationToken::new();
        let server = Server::new(config, stop.clone());
        let names = [format!("127.0.0.1:{port}"), format!("localhost:{port}")];
        Ok(Self { listener, door: Arc::new(Door { server, names }), stop })
    }

    /// The address to give to a client.
    pub fn url(&self) -> String {
        format!("http://{}{PATH}", self.door.names[0])
    }

    /// Serves until a signal comes.
    pub async fn serve(self) {
        let Self { listener, door, stop } = self;
        door.server.warm_up();
        let app = app(Arc::clone(&door), stop.clone());
        tokio::select! {
            () = loopback::serve(listener, app, stop.clone()) => {}
            () = lifetime::end_by_itself() => {}
        }
        stop.cancel();
        let _ = tokio::time::timeout(LAST_WORDS, door.server.stopped()).await;
    }
}

fn app(door: Arc<Door>, stop: CancellationToken) -> Router {
    let server = door.server.clone();
    // This server has no pages, so a request from any page of a browser comes from elsewhere, and is refused.
    let config = StreamableHttpServerConfig::default()
        .with_allowed_hosts(door.names.clone())
        .with_allowed_origins(door.names.iter().map(|name| format!("http://{name}")))
        .with_cancellation_token(stop);
    let service =
        StreamableHttpService::new(move || Ok(server.clone()), Arc::new(LocalSessionManager::default()), config);
    Router::new().route_service(PATH, service).layer(from_fn_with_state(door, guard))
}

/// The name first, so that a rebound one learns nothing; then the bearer. That no page asks is looked at by the library.
async fn guard(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    if !door.is_named(headers) {
        return StatusCode::MISDIRECTED_REQUEST.into_response();
    }
    match door.knows(headers).await {
        Ok(true) => next.run(request).await,
        Ok(false) => (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response(),
        Err(code) => (StatusCode::SERVICE_UNAVAILABLE, code).into_response(),
    }
}

impl Door {
    fn is_named(&self, headers: &HeaderMap) -> bool {
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().filter(|_| hosts.next().is_none()).and_then(|host| host.to_str().ok());
        host.is_some_and(|host| self.names.iter().any(|name| name == host))
    }

    /// Asked anew each time: a bearer that was renewed holds no longer, whichever process renewed it.
    async fn knows(&self, headers: &HeaderMap) -> Result<bool, &'static str> {
        let shown = headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        let Some(shown) = shown.and_then(|value| value.strip_prefix("Bearer ")) else { return Ok(false) };
        let agent = self.server.agent().await.map_err(|failure| failure.code)?;
        agent.bearer().await.map(|bearer| bearer.is(shown)).map_err(|_| "no_bearer")
    }
}
