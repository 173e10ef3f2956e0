//! Whether a request names this very server, and comes from one of its own pages.

use axum::http::{HeaderMap, HeaderName, Method, StatusCode, header};

/// Set by browsers on requests they make ahead of the user.
const PURPOSES: [HeaderName; 3] =
    [HeaderName::from_static("sec-purpose"), HeaderName::from_static("purpose"), HeaderName::from_static("x-moz")];
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The only name under which a server on the loopback interface answers: `127.0.0.1:PORT`.
#[derive(Debug, Clone)]
pub(crate) struct Authority(String);

impl Authority {
    /// The name of the server at this port.
    pub(crate) fn of_port(port: u16) -> Self {
        Self(format!("127.0.0.1:{port}"))
    }

    /// `http://127.0.0.1:PORT`
    pub(crate) fn origin(&self) -> String {
        format!("http://{}", self.0)
    }

    /// Whether the request names this very server: a rebound DNS name does not.
    pub(crate) fn host_is_ours(&self, headers: &HeaderMap) -> bool {
        single(headers, &header::HOST) == Some(self.0.as_str())
    }

    /// Whether a change comes from a page of this server, as the browser tells it.
    pub(crate) fn origin_is_ours(&self, headers: &HeaderMap) -> bool {
        let origin = single(headers, &header::ORIGIN).and_then(|origin| origin.strip_prefix("http://"));
        let site_fits = !headers.contains_key(FETCH_SITE) || single(headers, &FETCH_SITE) == Some("same-origin");
        origin == Some(self.0.as_str()) && site_fits
    }
}

/// What turns a request away before anything is looked at: another server's name, a look ahead of the user.
pub(crate) fn refuse_misdirected(authority: &Authority, method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    if !authority.host_is_ours(headers) {
        return Some(StatusCode::MISDIRECTED_REQUEST);
    }
    (method == Method::HEAD || is_prefetch(headers)).then_some(StatusCode::METHOD_NOT_ALLOWED)
}

/// Whether a browser asks ahead of its user, who has not clicked anything yet.
fn is_prefetch(headers: &HeaderMap) -> bool {
    PURPOSES.iter().any(|name| headers.contains_key(name))
}

/// The header's value where it stands exactly once.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => value.to_str().ok(),
        _ => None,
    }
}
