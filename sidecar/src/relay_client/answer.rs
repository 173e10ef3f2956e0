//! What a relay's answer means: the expected thing, a failure that the protocol knows, or garbage.

use std::time::Duration;

use a2a_proto::api::{Problem, code};
use reqwest::StatusCode;
use serde::de::DeserializeOwned;

use super::failure::known_code;
use super::{RelayFailure, Why};

/// An answer as it came, bounded.
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// Without parameters, lower case; empty where none was given.
    pub(super) media_type: String,
    pub(super) retry_after: Option<Duration>,
    /// `None` where it was larger than allowed.
    pub(super) body: Option<Vec<u8>>,
}

impl Answer {
    /// The JSON of a 200.
    pub(super) fn json<T: DeserializeOwned>(self) -> Result<T, RelayFailure> {
        let body = self.content(JSON)?;
        // serde's error would quote the body.
        serde_json::from_slice(&body).map_err(|_| RelayFailure::Garbage("its JSON is not what was asked for"))
    }

    /// The bytes of a 200.
    pub(super) fn octets(self) -> Result<Vec<u8>, RelayFailure> {
        self.content(OCTETS)
    }

    /// Nothing but the status: 202 (a deposit or knock taken) or 204 (done). A body is not looked at.
    pub(super) fn only(self, expected: StatusCode) -> Result<(), RelayFailure> {
        if self.status == expected {
            return Ok(());
        }
        Err(self.failure())
    }

    fn content(self, media_type: &str) -> Result<Vec<u8>, RelayFailure> {
        if self.status != StatusCode::OK {
            return Err(self.failure());
        }
        if self.media_type != media_type {
            return Err(RelayFailure::Garbage("its answer has the wrong type"));
        }
        self.body.ok_or(RelayFailure::Garbage("its answer is too large"))
    }

    fn failure(self) -> RelayFailure {
        if let Some(why) = self.passing_trouble() {
            return RelayFailure::Retry { after: self.retry_after, why };
        }
        // Only a problem body makes a 4xx the relay's word: a captive portal's 403 must not look like a revocation.
        let Some(problem) = self.problem() else {
            return RelayFailure::Garbage("its answer is none that the protocol knows");
        };
        match (self.status, known_code(&problem.code)) {
            (StatusCode::FORBIDDEN, code::REFUSED) => RelayFailure::Refused,
            (StatusCode::NOT_FOUND, _) => RelayFailure::NotFound,
            (StatusCode::UNAUTHORIZED, _) => RelayFailure::Unauthorized,
            (_, code) => RelayFailure::Problem(code),
        }
    }

    /// What passes by itself. Proxies in front of a relay answer so too, so no problem body is asked for.
    fn passing_trouble(&self) -> Option<Why> {
        match self.status {
            StatusCode::TOO_MANY_REQUESTS if self.says(code::MAILBOX_FULL) => Some(Why::MailboxFull),
            StatusCode::TOO_MANY_REQUESTS => Some(Why::Busy),
            StatusCode::REQUEST_TIMEOUT => Some(Why::TimedOut),
            status if status.is_server_error() => Some(Why::Away),
            _ => None,
        }
    }

    fn says(&self, code: &str) -> bool {
        self.problem().is_some_and(|problem| problem.code == code)
    }

    fn problem(&self) -> Option<Problem> {
        let is_error = self.status.is_client_error() || self.status.is_server_error();
        if !is_error || self.media_type != Problem::MEDIA_TYPE {
            return None;
        }
        serde_json::from_slice(self.body.as_deref()?).ok()
    }
}

const JSON: &str = "application/json";
/// The media type of envelopes, cards, bundles and batches.
pub(super) const OCTETS: &str = "application/octet-stream";
