//! Views of invites, pairs, requests and their end.

use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::id::{AgentId, InviteId};
use a2a_proto::invite::Voucher;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use serde::{Deserialize, Serialize};

use crate::agent::Untrusted;

/// Why mail with a peer goes or does not go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// The petname; for a stranger what was asked for.
    pub peer: String,
    /// How we stand, in one word.
    pub state: &'static str,
    /// The paragraph, in our words.
    pub text: String,
}

/// What bounds a grant beside its scopes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bounds {
    /// Until when it holds; for good without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// How many messages are taken within 24 hours; any number without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub daily: Option<u32>,
}

/// Asks for a one-time link that pairs whoever redeems it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MakeInvite {
    /// What the redeemer may write about; empty means `message`.
    pub scopes: Vec<Scope>,
    /// How long the link works; 7 days unless said.
    pub expires_in: Option<Duration>,
    /// What bounds the grant.
    pub bounds: Bounds,
    /// A join link of our relay that the invite is to bring along, for somebody who has no agent yet.
    pub newcomer: Option<JoinLink>,
}

/// What a relay's operator hands out so that somebody may register.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JoinLink {
    /// Which relay.
    pub relay: RelayAuthority,
    /// Its token.
    pub voucher: Voucher,
}

impl JoinLink {
    /// Reads a link that ends with `/join#` and a token; nothing where it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (link, token) = text.trim().split_once('#')?;
        let place = link.strip_suffix("/join").unwrap_or(link);
        let relay = if place.contains("://") { RelayAuthority::from_url(place) } else { place.parse() };
        Some(Self { relay: relay.ok()?, voucher: Voucher::parse(token)? })
    }
}

/// A finished invite. The link is a secret until it is redeemed or expires.
#[derive(Clone, PartialEq, Eq, Serialize)]
pub struct MadeInvite {
    /// The link to hand over.
    pub link: String,
    /// Names the invite without its secret.
    pub invite_id: InviteId,
    /// When the link stops working.
    pub expires_at: Timestamp,
    /// What the redeemer will be granted.
    pub scopes: Vec<Scope>,
}

impl std::fmt::Debug for MadeInvite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { link: _, invite_id, expires_at, scopes } = self;
        f.debug_struct("MadeInvite")
            .field("link", &"redacted")
            .field("invite_id", invite_id)
            .field("expires_at", expires_at)
            .field("scopes", scopes)
            .finish()
    }
}

/// Accepts an invite, asks an address to pair, or approves a request.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Authorize {
    /// An invite link, an address (`a2a_…@relay` or `handle@relay`), the id of a request, or a peer whose grant changes.
    pub peer: String,
    /// What we grant; without it what the invite or request names.
    pub scopes: Option<Vec<Scope>>,
    /// A line for the other owner, sent with a request to pair.
    pub text: Option<String>,
    /// What bounds the grant.
    pub bounds: Bounds,
}

impl std::fmt::Debug for Authorize {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { peer: _, scopes, text: _, bounds: _ } = self;
        f.debug_struct("Authorize").field("scopes", scopes).finish_non_exhaustive()
    }
}

/// How far an authorization got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AuthorizedState {
    /// Both owners agreed: write now.
    Paired,
    /// The other owner has been asked.
    Requested,
}

/// The result of an authorization.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Authorized {
    /// How far it got.
    pub state: AuthorizedState,
    /// The name we call the peer by.
    pub peer: String,
    /// The peer's id.
    pub agent_id: AgentId,
    /// What we granted.
    pub scopes: Vec<Scope>,
}

/// Where a pair stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum PairState {
    /// Both may write.
    Paired,
    /// The peer's relay refuses our mail: the peer ended the pair.
    Refused,
    /// We ended the pair.
    Revoked,
}

/// One peer that we are, or were, paired with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PairView {
    /// The name we call the peer by; ours to choose, so safe to show.
    pub petname: String,
    /// The peer's id.
    pub agent_id: AgentId,
    /// `petname@relay` is not an address; this is.
    pub address: String,
    /// Six words that two people can compare.
    pub safety_words: Vec<String>,
    /// Where the pair stands.
    pub state: PairState,
    /// What the peer may write to us about.
    pub granted: Vec<Scope>,
    /// What bounds that.
    pub bounds: Bounds,
    /// What we may write to the peer about.
    pub granted_to_us: Vec<Scope>,
    /// Until when, if the peer said so.
    pub granted_to_us_until: Option<Timestamp>,
    /// When the pair was made.
    pub since: Timestamp,
    /// When the owner compared the safety words with the peer's; none if never, or not since its device changed.
    pub verified_at: Option<Timestamp>,
    /// Whether the peer is told when its mail was shown; that it arrived is always told.
    pub told_of_reading: bool,
    /// Until when the owner may take the last revocation back.
    pub undo_until: Option<Timestamp>,
    /// When mail last went either way.
    pub last_contact: Option<Timestamp>,
    /// Messages of this peer not yet shown.
    pub unread: u64,
    /// Own messages to this peer that still wait on this machine.
    pub waiting: u64,
}

/// What somebody asks of us.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RequestKind {
    /// A stranger asks to pair.
    Knock,
    /// A paired peer lost its state and asks to begin again.
    Reset,
}

/// A request that waits for the owner. Names and text are shown to the owner only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestView {
    /// What the owner types to approve or decline.
    pub request_id: String,
    /// What is asked.
    pub kind: RequestKind,
    /// Who asks, proven by signature.
    pub agent_id: AgentId,
    /// Six words that two people can compare.
    pub safety_words: Vec<String>,
    /// The name the stranger goes by: quarantined, for the owner only.
    pub display_name: Untrusted,
    /// What the stranger wrote: quarantined, for the owner only.
    pub text: Untrusted,
    /// What the stranger wants to write about.
    pub requested: Vec<Scope>,
    /// What the stranger would let us write about.
    pub offered: Vec<Scope>,
    /// How long the stranger's text is, in bytes.
    pub size_bytes: usize,
    /// When it reached us.
    pub received_at: Timestamp,
    /// When it lapses.
    pub expires_at: Timestamp,
}

/// A request of ours that the other owner has not answered.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WaitingView {
    /// The name we will call the peer by.
    pub petname: String,
    /// Whom we asked.
    pub agent_id: AgentId,
    /// The peer's address.
    pub address: String,
    /// What we would grant.
    pub granted: Vec<Scope>,
    /// When we asked.
    pub asked_at: Timestamp,
}

/// An id whose requests are dropped in silence.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BlockedView {
    /// The name we called it by, or its short id.
    pub petname: String,
    /// The blocked id.
    pub agent_id: AgentId,
    /// Since when.
    pub since: Timestamp,
    /// Until when the owner may give the pair back that this ended.
    pub undo_until: Option<Timestamp>,
}

/// Everybody we deal with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PeerList {
    /// Pairs, those that ended included.
    pub pairs: Vec<PairView>,
    /// Requests that wait for the owner.
    pub requests: Vec<RequestView>,
    /// Requests of ours without an answer.
    pub waiting: Vec<WaitingView>,
    /// Blocked or declined ids.
    pub blocked: Vec<BlockedView>,
    /// Our own six words, for others to compare.
    pub own_words: Vec<String>,
}

/// Ends or narrows a pair, or declines a request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revoke {
    /// A petname, id, address or request id.
    pub peer: String,
    /// The scopes to take away; without it the whole pair ends.
    pub scopes: Option<Vec<Scope>>,
    /// Drop whatever this id sends from now on.
    pub block: bool,
}

/// What a revocation did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RevokedState {
    /// The pair is over.
    Revoked,
    /// The pair goes on with fewer scopes.
    Narrowed,
    /// The request was declined.
    Declined,
    /// The id is blocked.
    Blocked,
}

/// The result of a revocation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Revoked {
    /// What happened.
    pub state: RevokedState,
    /// The name we called the peer by.
    pub peer: String,
    /// The peer's id.
    pub agent_id: AgentId,
    /// What is still granted.
    pub remaining: Vec<Scope>,
    /// False while our relay could not yet be told; the peer's mail is dropped here all the same.
    pub relay_told: bool,
}

/// What taking a revocation back did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Undone {
    /// The name we call the peer by.
    pub peer: String,
    /// The peer's id.
    pub agent_id: AgentId,
    /// What it may write to us about again.
    pub scopes: Vec<Scope>,
}
