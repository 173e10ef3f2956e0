//! Opening and listing lanes.

use serde::{Deserialize, Serialize};

use super::Base64;
use crate::id::{InviteId, LaneId};
use crate::time::Timestamp;

/// An owner opens a lane into their own mailbox. The relay is told no peer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum OpenLane {
    /// For one peer, until closed.
    Pair,
    /// The lane of a pair that this relay opened once and does not know any more, under the key that its peer has: the relay
    /// works with an older copy of its store, or with another master secret.
    Again {
        /// The lane.
        lane_id: LaneId,
        /// Its key, 32 bytes.
        lane_key: Base64,
    },
    /// For whoever holds an invite, until it was used, or expired.
    Invite {
        /// The invite.
        invite_id: InviteId,
        /// SHA-256 of the fetch token; the token itself would let the relay redeem the invite.
        token_hash: Base64,
        /// The signed one-time pair.
        one_time: Base64,
        /// When the lane closes by itself.
        expires_at: Timestamp,
        /// How many envelopes it takes in all.
        max_envelopes: u32,
    },
}

/// The lane and its key; the key is told this once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct OpenedLane {
    /// The lane.
    pub lane_id: LaneId,
    /// The lane's key, 32 bytes.
    pub lane_key: Base64,
}

/// What a lane is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub enum LaneKind {
    /// One peer.
    Pair,
    /// An invite.
    Invite,
}

/// One lane in a listing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LaneDescription {
    /// The lane.
    pub lane_id: LaneId,
    /// What it is for.
    pub kind: LaneKind,
    /// When it was opened: the beginning of that hour, since a relay keeps no more.
    pub created_at: Timestamp,
    /// When it closes by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<Timestamp>,
}

/// The owner's lanes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LaneList {
    /// Every open lane.
    pub lanes: Vec<LaneDescription>,
}
