//! `a2a_list_peers`: pairs, requests, own requests, blocked ids.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{Hints, Tool, words};
use crate::agent::{BlockedView, PairState, PairView, PeerList, RequestKind, RequestView, WaitingView};
use crate::mcp::call::Call;
use crate::mcp::reply::{Failure, Reply};
use crate::mcp::when::rfc3339;

pub(super) struct ListPeers;

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Arguments {}

#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct Output {
    pairs: Vec<Pair>,
    /// They wait for the owner, who alone sees their text
    requests: Vec<Request>,
    /// Own requests without an answer
    waiting: Vec<Waiting>,
    blocked: Vec<Blocked>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Pair {
    petname: String,
    agent_id: String,
    address: String,
    safety_words: Vec<String>,
    /// paired, refused (by the peer) or revoked (by us)
    state: &'static str,
    /// What the peer may write about
    granted: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_until: Option<String>,
    /// Messages of theirs a day
    #[serde(skip_serializing_if = "Option::is_none")]
    daily: Option<u32>,
    /// What we may write about
    granted_to_us: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    granted_to_us_until: Option<String>,
    since: String,
    /// Whether the owners compared safety words
    verified: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_contact: Option<String>,
    unread: u64,
    waiting: u64,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Request {
    request_id: String,
    /// knock or reset
    kind: &'static str,
    agent_id: String,
    safety_words: Vec<String>,
    /// Tags the stranger chose
    requested: Vec<String>,
    offered: Vec<String>,
    size_bytes: usize,
    received_at: String,
    expires_at: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Waiting {
    petname: String,
    agent_id: String,
    address: String,
    granted: Vec<String>,
    asked_at: String,
}

#[derive(Debug, Serialize, JsonSchema)]
struct Blocked {
    petname: String,
    agent_id: String,
    since: String,
}

impl Tool for ListPeers {
    const NAME: &'static str = "a2a_list_peers";
    const TITLE: &'static str = "List peers";
    const DESCRIPTION: &'static str = "Use to see whom this agent is paired with: petnames, scopes each way, state, last contact; and requests that wait for \
         the owner.";
    const HINTS: Hints = Hints { read_only: true, destructive: false, idempotent: true, open_world: false };
    type Arguments = Arguments;
    type Output = Output;

    async fn call(call: &Call<'_>, Arguments {}: Arguments) -> Result<Reply<Output>, Failure> {
        let PeerList { pairs, requests, waiting, blocked, own_words: _ } = call.agent().await?.peers().await?;
        Ok(Output {
            pairs: pairs.into_iter().map(Pair::from).collect(),
            requests: requests.into_iter().map(Request::from).collect(),
            waiting: waiting.into_iter().map(Waiting::from).collect(),
            blocked: blocked.into_iter().map(Blocked::from).collect(),
        }
        .into())
    }
}

impl From<PairView> for Pair {
    fn from(pair: PairView) -> Self {
        Self {
            petname: pair.petname,
            agent_id: pair.agent_id.to_string(),
            address: pair.address,
            safety_words: pair.safety_words,
            state: match pair.state {
                PairState::Paired => "paired",
                PairState::Refused => "refused",
                PairState::Revoked => "revoked",
            },
            granted: words(&pair.granted),
            granted_until: pair.bounds.until.map(rfc3339),
            daily: pair.bounds.daily,
            granted_to_us: words(&pair.granted_to_us),
            granted_to_us_until: pair.granted_to_us_until.map(rfc3339),
            since: rfc3339(pair.since),
            verified: pair.verified_at.is_some(),
            last_contact: pair.last_contact.map(rfc3339),
            unread: pair.unread,
            waiting: pair.waiting,
        }
    }
}

impl From<RequestView> for Request {
    /// The stranger's name and text stay behind: they are for the owner only.
    fn from(request: RequestView) -> Self {
        Self {
            request_id: request.request_id,
            kind: match request.kind {
                RequestKind::Knock => "knock",
                RequestKind::Reset => "reset",
            },
            agent_id: request.agent_id.to_string(),
            safety_words: request.safety_words,
            requested: words(&request.requested),
            offered: words(&request.offered),
            size_bytes: request.size_bytes,
            received_at: rfc3339(request.received_at),
            expires_at: rfc3339(request.expires_at),
        }
    }
}

impl From<WaitingView> for Waiting {
    fn from(waiting: WaitingView) -> Self {
        Self {
            petname: waiting.petname,
            agent_id: waiting.agent_id.to_string(),
            address: waiting.address,
            granted: words(&waiting.granted),
            asked_at: rfc3339(waiting.asked_at),
        }
    }
}

impl From<BlockedView> for Blocked {
    fn from(blocked: BlockedView) -> Self {
        Self { petname: blocked.petname, agent_id: blocked.agent_id.to_string(), since: rfc3339(blocked.since) }
    }
}
