//! A form that was filled in on one of our own pages: if a handler has one, that was checked.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::response::Response;

use super::room::Room;
use super::serve::{not_here, too_long};

/// The hidden field with the page's secret.
pub(super) const SECRET: &str = "form";

/// The fields of a form, in order; a name may stand several times.
#[derive(Debug, Default, Clone)]
pub(super) struct Fields(Vec<(String, String)>);

impl From<Vec<(String, String)>> for Fields {
    fn from(pairs: Vec<(String, String)>) -> Self {
        Self(pairs)
    }
}

impl Fields {
    /// Reads `application/x-www-form-urlencoded`.
    pub(super) fn parse(encoded: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(encoded).into_owned().collect())
    }

    /// The value of a field; empty when there is none.
    pub(super) fn one(&self, name: &str) -> &str {
        self.0.iter().find(|(found, _)| found == name).map_or("", |(_, value)| value)
    }

    /// The value of a field without the space around it, unless nothing is left.
    pub(super) fn filled(&self, name: &str) -> Option<String> {
        Some(self.one(name).trim()).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Every value of a field.
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Every field, in order.
    pub(super) fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Whether a box was ticked or a button pressed.
    pub(super) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(found, _)| found == name)
    }
}

/// The fields of a `POST` that came from a page of this console.
pub(super) struct Posted(pub(super) Fields);

impl FromRequest<Arc<Room>> for Posted {
    type Rejection = Response;

    async fn from_request(request: Request, room: &Arc<Room>) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let Ok(body) = Bytes::from_request(request, room).await else { return Err(too_long(room, &headers).await) };
        let fields = Fields::parse(&body);
        if room.gate.accepts(&headers, fields.one(SECRET)) { Ok(Self(fields)) } else { Err(not_here().await) }
    }
}
