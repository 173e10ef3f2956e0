//! Registration and sessions: an owner proves the device key and gets a token.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Base64;
use crate::address::Handle;
use crate::id::AgentId;
use crate::time::Timestamp;

/// A relay's challenge, to be signed ([`crate::access`]).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Challenge {
    /// The challenge, an opaque base64url text.
    pub challenge: String,
    /// Until when it can be answered.
    pub expires_at: Timestamp,
}

/// A newcomer asks for a mailbox. Idempotent.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registration {
    /// The device certificate.
    pub certificate: Base64,
    /// The challenge as it came.
    pub challenge: String,
    /// The proof over the challenge ([`crate::access::RegistrationProof`]).
    pub signature: Base64,
    /// The handle to claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// The registration token, where the relay asks for one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub registration_token: Option<String>,
}

impl fmt::Debug for Registration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { certificate: _, challenge: _, signature: _, handle, registration_token: _ } = self;
        f.debug_struct("Registration").field("handle", handle).finish_non_exhaustive()
    }
}

/// The mailbox is there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Registered {
    /// Whose it is.
    pub agent_id: AgentId,
    /// The handle it holds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
}

/// An owner asks for a session token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionRequest {
    /// The device certificate.
    pub certificate: Base64,
    /// The challenge as it came.
    pub challenge: String,
    /// The proof over the challenge ([`crate::access::SessionProof`]).
    pub signature: Base64,
}

/// A session token: header only, short-lived, bound to the device epoch.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionToken {
    /// The bearer token.
    pub token: String,
    /// Until when it is good.
    pub expires_at: Timestamp,
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { token: _, expires_at } = self;
        f.debug_struct("SessionToken").field("expires_at", expires_at).finish_non_exhaustive()
    }
}
