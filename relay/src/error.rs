//! What a route answers when it does not do what it was asked: one list, one table of statuses.
//!
//! Where errors go: a store's trouble is a [`StoreError`] and becomes [`Refusal::Unavailable`] here; everything a
//! client did is a [`Refusal`]; what stops the relay from starting is a `StartError` and goes to the operator.

use a2a_guard::Forbidden;
use a2a_proto::api::{Problem, code};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::rates::TooFast;
use crate::store::StoreError;

/// Seconds after which a client may try again.
const RETRY_SECS: HeaderValue = HeaderValue::from_static("1");
/// Seconds after which a full mailbox may have room again: its owner has to collect first.
const FULL_RETRY_SECS: HeaderValue = HeaderValue::from_static("60");

/// Why a request is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// The request cannot be understood; what is wrong with it, in our own words.
    Malformed(&'static str),
    /// No valid session, for whatever reason.
    Unauthorized,
    /// The one answer to every deposit that is not accepted: unknown, revoked, expired, forged, stale.
    Refused,
    /// Not there, or not to be seen: the same.
    NotFound,
    /// The path exists, the method does not.
    NoSuchMethod,
    /// The body is too large.
    TooLarge,
    /// The body is compressed; the relay expands nothing.
    Encoded,
    /// The request did not arrive in time.
    TooSlow,
    /// There are no new accounts.
    RegistrationClosed,
    /// A registration token is needed.
    TokenNeeded,
    /// The registration token is unknown, used up or expired.
    TokenUsed,
    /// Somebody else has the handle.
    HandleTaken,
    /// A newer device of this agent is known.
    EpochTooLow {
        /// The highest epoch known here, so that a restored device can go above it.
        highest: u32,
    },
    /// A proof of key possession does not hold.
    InvalidProof,
    /// Something newer was published before.
    NotNewer,
    /// The work behind a knock is missing, too small or for something else.
    BadWork,
    /// The mailbox has as many lanes as it may have.
    TooManyLanes,
    /// A webhook's URL is none that is called; why, in the guard's words.
    BadWebhook(Forbidden),
    /// Too many requests in a short time; told only after a proof.
    TooFast(TooFast),
    /// As many connections wait at this mailbox as may.
    TooManyStreams,
    /// The path wants a WebSocket.
    UpgradeNeeded,
    /// Too much of this lane waits to be collected.
    LaneFull,
    /// The mailbox is full.
    MailboxFull,
    /// No more of this owner's backup is kept.
    BackupFull,
    /// The store is away, or the relay is busy or going down.
    Unavailable,
    /// A fault of ours.
    Broken,
}

impl From<TooFast> for Refusal {
    fn from(error: TooFast) -> Self {
        Self::TooFast(error)
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => Self::Unavailable,
        }
    }
}

impl Refusal {
    fn problem(&self) -> Problem {
        let (status, code, title) = self.parts();
        let mut problem = Problem::new(status.as_u16(), code, title);
        problem.detail = self.detail();
        problem
    }

    /// The one table from refusals to what goes over the wire.
    pub(crate) const fn parts(&self) -> (StatusCode, &'static str, &'static str) {
        match self {
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, code::BAD_REQUEST, "The request cannot be understood"),
            Self::Unauthorized => (StatusCode::UNAUTHORIZED, code::UNAUTHORIZED, "A valid session is needed"),
            Self::Refused => (StatusCode::FORBIDDEN, code::REFUSED, "Refused"),
            Self::NotFound => (StatusCode::NOT_FOUND, code::NOT_FOUND, "Not found"),
            Self::NoSuchMethod => (StatusCode::METHOD_NOT_ALLOWED, code::BAD_REQUEST, "This path has no such method"),
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, code::TOO_LARGE, "The body is too large"),
            Self::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, code::BAD_REQUEST, "The body must not be compressed"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, code::UNAVAILABLE, "The request took too long"),
            Self::RegistrationClosed => {
                (StatusCode::FORBIDDEN, code::REGISTRATION_CLOSED, "This relay takes no new agents")
            }
            Self::TokenNeeded => (
                StatusCode::FORBIDDEN,
                code::REGISTRATION_TOKEN_NEEDED,
                "Registering here needs a join link of this relay's operator",
            ),
            Self::TokenUsed => {
                (StatusCode::FORBIDDEN, code::REGISTRATION_TOKEN_USED, "This join link is used up, expired or unknown")
            }
            Self::HandleTaken => (StatusCode::CONFLICT, code::HANDLE_TAKEN, "Somebody else has this handle"),
            Self::EpochTooLow { .. } => {
                (StatusCode::CONFLICT, code::EPOCH_TOO_LOW, "A newer device of this agent is registered here")
            }
            Self::InvalidProof => {
                (StatusCode::BAD_REQUEST, code::INVALID_PROOF, "The proof of key possession does not hold")
            }
            Self::NotNewer => (StatusCode::CONFLICT, code::NOT_NEWER, "Something newer was published before"),
            Self::BadWork => (StatusCode::BAD_REQUEST, code::BAD_WORK, "The work behind this knock does not hold"),
            Self::TooManyLanes => {
                (StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, "This mailbox has as many lanes as it may have")
            }
            Self::BadWebhook(_) => (StatusCode::BAD_REQUEST, code::BAD_WEBHOOK, "This URL is not called"),
            Self::TooFast(_) => (StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, "Too many requests in a short time"),
            Self::TooManyStreams => {
                (StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, "As many connections wait at this mailbox as may")
            }
            Self::UpgradeNeeded => (StatusCode::UPGRADE_REQUIRED, code::BAD_REQUEST, "This path is a WebSocket"),
            Self::LaneFull => {
                (StatusCode::TOO_MANY_REQUESTS, code::TOO_MANY, "Too much of this lane waits to be collected")
            }
            Self::MailboxFull => (StatusCode::TOO_MANY_REQUESTS, code::MAILBOX_FULL, "The mailbox is full"),
            Self::BackupFull => {
                (StatusCode::TOO_MANY_REQUESTS, code::MAILBOX_FULL, "This relay keeps no more of a backup")
            }
            Self::Unavailable => {
                (StatusCode::SERVICE_UNAVAILABLE, code::UNAVAILABLE, "The relay is busy or its store is away")
            }
            Self::Broken => (StatusCode::INTERNAL_SERVER_ERROR, code::UNAVAILABLE, "The relay made a mistake"),
        }
    }

    fn detail(&self) -> Option<String> {
        match self {
            Self::Malformed(what) => Some((*what).to_owned()),
            Self::BadWebhook(why) => Some(why.to_string()),
            Self::EpochTooLow { highest } => Some(format!("highest epoch: {highest}")),
            _ => None,
        }
    }

    /// The header that belongs to a status, where one does.
    fn header(&self) -> Option<(header::HeaderName, HeaderValue)> {
        match self {
            Self::Unauthorized => Some((header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"))),
            Self::UpgradeNeeded => Some((header::UPGRADE, HeaderValue::from_static("websocket"))),
            Self::TooFast(TooFast(wait)) => Some((header::RETRY_AFTER, HeaderValue::from(wait.as_secs() + 1))),
            Self::Unavailable | Self::Broken => Some((header::RETRY_AFTER, RETRY_SECS)),
            Self::LaneFull | Self::MailboxFull | Self::BackupFull | Self::TooManyLanes | Self::TooManyStreams => {
                Some((header::RETRY_AFTER, FULL_RETRY_SECS))
            }
            _ => None,
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let problem = self.problem();
        // A problem is a handful of strings; it always serialises.
        let body = serde_json::to_vec(&problem).unwrap_or_default();
        let (status, ..) = self.parts();
        let mut response = (status, body).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(Problem::MEDIA_TYPE));
        if let Some((name, value)) = self.header() {
            headers.insert(name, value);
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_uniform_refusal_is_these_bytes() {
        let response = Refusal::Refused.into_response();
        assert_eq!(response.status(), StatusCode::FORBIDDEN);
        let body = axum::body::to_bytes(response.into_body(), 1024).await.unwrap();
        insta::assert_snapshot!(
            std::str::from_utf8(&body).unwrap(),
            @r#"{"type":"about:blank","title":"Refused","status":403,"code":"refused"}"#
        );
    }
}
