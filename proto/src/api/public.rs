//! What anyone may ask a relay about an agent: manifest, handle, prekeys.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use zeroize::Zeroize;

use super::Base64;
use crate::address::Handle;
use crate::card::Capability;
use crate::counter::Counter;
use crate::id::{AgentId, InviteId, from_base64url};

/// The HTTP header by which an invite's holder asks for the one-time pair.
pub const INVITE_HEADER: &str = "a2a-invite";

/// A card in readable form, with the signed card beside it; only the signed card proves anything.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Manifest {
    /// The agent.
    pub agent_id: AgentId,
    /// What it calls itself.
    pub display_name: String,
    /// The handle that its card states.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle: Option<Handle>,
    /// The card's sequence.
    pub sequence: Counter,
    /// The requests that it takes.
    pub capabilities: Vec<ManifestCapability>,
    /// The signed card.
    pub card: Base64,
}

/// A capability in readable form.
pub type ManifestCapability = Capability;

/// Who holds a handle, by the relay's word.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct HandleAnswer {
    /// The holder.
    pub agent_id: AgentId,
}

/// Prekeys for a handshake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PrekeyAnswer {
    /// The signed prekey bundle.
    pub bundle: Base64,
    /// The signed one-time pair, for an invite's holder, until the invite was used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub one_time: Option<Base64>,
}

/// The value of [`INVITE_HEADER`]: invite id . fetch token.
#[derive(Clone)]
pub struct InviteFetch {
    /// The invite.
    pub invite_id: InviteId,
    /// The token of [`crate::invite::InviteSecret::fetch_token`]; the relay knows its hash only.
    pub token: [u8; 32],
}

/// The header is not an invite fetch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the header is no invite id and token")]
pub struct ParseInviteFetchError;

impl InviteFetch {
    /// The header's value.
    pub fn to_header(&self) -> String {
        format!("{}.{}", self.invite_id, data_encoding::BASE64URL_NOPAD.encode_display(&self.token))
    }
}

impl FromStr for InviteFetch {
    type Err = ParseInviteFetchError;

    fn from_str(header: &str) -> Result<Self, Self::Err> {
        let (invite_id, token) = header.split_once('.').ok_or(ParseInviteFetchError)?;
        Ok(Self {
            invite_id: invite_id.parse().map_err(|_| ParseInviteFetchError)?,
            token: from_base64url(token).map_err(|_| ParseInviteFetchError)?,
        })
    }
}

impl PartialEq for InviteFetch {
    /// Compares tokens in constant time.
    fn eq(&self, other: &Self) -> bool {
        self.invite_id == other.invite_id && bool::from(self.token.ct_eq(&other.token))
    }
}

impl Eq for InviteFetch {}

impl Drop for InviteFetch {
    fn drop(&mut self) {
        self.token.zeroize();
    }
}

impl fmt::Debug for InviteFetch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { invite_id, token: _ } = self;
        f.debug_struct("InviteFetch").field("invite_id", invite_id).finish_non_exhaustive()
    }
}
