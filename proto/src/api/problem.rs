//! Errors of the relay: RFC 9457 problems with stable codes.

use serde::{Deserialize, Serialize};

/// Stable codes of problems; programs branch on these and on nothing else.
pub mod code {
    /// The uniform refusal of a deposit: unknown, revoked, expired, blocked and forged look the same.
    pub const REFUSED: &str = "refused";
    /// Not there, or not for you: the same.
    pub const NOT_FOUND: &str = "not_found";
    /// No valid session token.
    pub const UNAUTHORIZED: &str = "unauthorized";
    /// The request is malformed.
    pub const BAD_REQUEST: &str = "bad_request";
    /// The body is larger than allowed.
    pub const TOO_LARGE: &str = "too_large";
    /// Too many requests; told only after a valid proof.
    pub const TOO_MANY: &str = "too_many";
    /// The mailbox is full; told only after a valid proof.
    pub const MAILBOX_FULL: &str = "mailbox_full";
    /// The relay, or its store, is away.
    pub const UNAVAILABLE: &str = "unavailable";
    /// The relay takes no new agents.
    pub const REGISTRATION_CLOSED: &str = "registration_closed";
    /// A registration token is needed.
    pub const REGISTRATION_TOKEN_NEEDED: &str = "registration_token_needed";
    /// The registration token is unknown, expired or used up.
    pub const REGISTRATION_TOKEN_USED: &str = "registration_token_used";
    /// Another agent holds the handle.
    pub const HANDLE_TAKEN: &str = "handle_taken";
    /// A newer device of this agent is known.
    pub const EPOCH_TOO_LOW: &str = "epoch_too_low";
    /// A signed proof does not hold.
    pub const INVALID_PROOF: &str = "invalid_proof";
    /// The published bytes are not newer than what the relay has.
    pub const NOT_NEWER: &str = "not_newer";
    /// A webhook's URL is none that the relay calls.
    pub const BAD_WEBHOOK: &str = "bad_webhook";
    /// A knock's work is missing, too small, or for something else.
    pub const BAD_WORK: &str = "bad_work";
}

/// An error body (RFC 9457, `application/problem+json`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// A URI that names the kind of problem; `about:blank` where the code says it all.
    #[serde(rename = "type", default = "about_blank")]
    pub kind: String,
    /// One line for people.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A stable code: see [`code`].
    pub code: String,
    /// What to know about this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Problem {
    /// The media type of problems.
    pub const MEDIA_TYPE: &'static str = "application/problem+json";

    /// A problem without further detail.
    pub fn new(status: u16, code: &str, title: &str) -> Self {
        Self { kind: about_blank(), title: title.to_owned(), status, code: code.to_owned(), detail: None }
    }
}

fn about_blank() -> String {
    "about:blank".to_owned()
}
