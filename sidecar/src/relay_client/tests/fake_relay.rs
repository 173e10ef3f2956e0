//! A fake relay: answers as a test says and remembers what it was asked. It follows no rule of the real one.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use a2a_proto::address::RelayAuthority;
use axum::Router;
use axum::body::{Body, Bytes};
use axum::extract::{ConnectInfo, State};
use axum::http::{HeaderMap, Method, Response, Uri};

/// One request as it came in.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) method: Method,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) from: SocketAddr,
}

impl Asked {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).map(|value| value.to_str().unwrap())
    }

    pub(super) fn is(&self, call: &str) -> bool {
        call == format!("{} {}", self.method, self.uri.path())
    }
}

type Behaviour = Arc<dyn Fn(&Asked) -> Response<Body> + Send + Sync>;

/// A fake relay on a free port of this machine.
pub(super) struct FakeRelay {
    pub(super) authority: RelayAuthority,
    asked: Arc<Mutex<Vec<Asked>>>,
}

impl FakeRelay {
    pub(super) async fn start(behaviour: impl Fn(&Asked) -> Response<Body> + Send + Sync + 'static) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let authority = listener.local_addr().unwrap().to_string().parse().unwrap();
        let asked = Arc::default();
        let state: (Behaviour, _) = (Arc::new(behaviour), Arc::clone(&asked));
        let app = Router::new().fallback(answer).with_state(state);
        let service = app.into_make_service_with_connect_info::<SocketAddr>();
        tokio::spawn(async move { axum::serve(listener, service).await });
        Self { authority, asked }
    }

    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    pub(super) fn count(&self, call: &str) -> usize {
        self.asked().iter().filter(|asked| asked.is(call)).count()
    }
}

async fn answer(
    State((behaviour, remembered)): State<(Behaviour, Arc<Mutex<Vec<Asked>>>)>,
    ConnectInfo(from): ConnectInfo<SocketAddr>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response<Body> {
    let asked = Asked { method, uri, headers, body, from };
    remembered.lock().unwrap().push(asked.clone());
    behaviour(&asked)
}

/// An answer with a media type.
pub(super) fn reply(status: u16, media_type: &str, body: impl Into<Body>) -> Response<Body> {
    let response = Response::builder().status(status);
    response.header("content-type", media_type).body(body.into()).unwrap()
}

/// A JSON answer.
pub(super) fn json(value: &impl serde::Serialize) -> Response<Body> {
    reply(200, "application/json", serde_json::to_vec(value).unwrap())
}

/// An answer of bytes.
pub(super) fn octets(bytes: Vec<u8>) -> Response<Body> {
    reply(200, "application/octet-stream", bytes)
}

/// A status alone.
pub(super) fn status(status: u16) -> Response<Body> {
    Response::builder().status(status).body(Body::empty()).unwrap()
}

/// A problem as a relay tells it.
pub(super) fn problem(status: u16, code: &str) -> Response<Body> {
    let problem = a2a_proto::api::Problem::new(status, code, "no");
    let body = serde_json::to_vec(&problem).unwrap();
    reply(status, "application/problem+json", body)
}
