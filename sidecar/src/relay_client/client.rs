//! What anyone may ask of any relay: the strangers' side of its API.

use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use a2a_guard::{Forbidden, Lookup, SystemLookup, resolve};
use a2a_proto::address::{Handle, RelayAuthority};
use a2a_proto::api::{
    AgentPage, HandleAnswer, INVITE_HEADER, InviteFetch, KnockChallenge, Manifest, PrekeyAnswer, RelayInfo,
};
use a2a_proto::id::{AgentId, EnvelopeId};
use a2a_proto::intent::Intent;
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneOffer, LaneRequest};
use a2a_proto::limits::{MAX_BLOB_BYTES, MAX_CARD_BYTES, MAX_CHALLENGE_BYTES};
use a2a_proto::pow::{KNOCK_HEADER, KnockProof};
use a2a_proto::time::Timestamp;
use reqwest::header::{CONTENT_TYPE, HeaderValue};
use reqwest::{Method, RequestBuilder, StatusCode};

use super::RelayFailure;
use super::answer::{Answer, OCTETS};
use super::connections::{Connections, TIMEOUT};
use super::destination::{AllowedHosts, Destinations, Passage, host_of, refused};
use super::exchange::exchange;
use super::own_relay::OwnRelay;
use super::owner::Owner;
use super::relay_time::RelayTimes;
use crate::clock::Clock;

/// Calls relays for one agent. Clones share connections and what is known of the relays' clocks.
#[derive(Clone)]
pub struct RelayClient {
    inner: Arc<Inner>,
}

struct Inner {
    own: RelayAuthority,
    connections: Connections,
    destinations: Destinations,
    lookup: Arc<dyn Lookup>,
    times: RelayTimes,
    clock: Arc<dyn Clock>,
}

/// What the network is like.
pub(super) struct Network {
    /// How long a call may take.
    pub(super) timeout: Duration,
    /// Who knows what names lead to.
    pub(super) lookup: Arc<dyn Lookup>,
}

/// On what ground prekeys are asked for.
#[derive(Debug, Clone, Copy)]
pub enum BundleFor<'a> {
    /// A stranger's knock: not found where the front door is shut.
    Knock,
    /// An invite's holder, who gets its one-time pair too.
    Invite(&'a InviteFetch),
    /// The holder of a lane into that mailbox.
    Lane(&'a LaneOffer),
}

impl RelayClient {
    /// A client for the agent whose mailbox is, or is about to be, at `own`.
    pub fn new(
        own: RelayAuthority,
        allowed: Arc<dyn AllowedHosts>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RelayFailure> {
        Self::with_network(own, allowed, clock, Network { timeout: TIMEOUT, lookup: Arc::new(SystemLookup) })
    }

    pub(super) fn with_network(
        own: RelayAuthority,
        allowed: Arc<dyn AllowedHosts>,
        clock: Arc<dyn Clock>,
        network: Network,
    ) -> Result<Self, RelayFailure> {
        let Network { timeout, lookup } = network;
        let connections = Connections::new(timeout, Arc::clone(&lookup)).ok_or(RelayFailure::NoTls)?;
        let destinations = Destinations::new(own.clone(), allowed);
        let times = RelayTimes::default();
        Ok(Self { inner: Arc::new(Inner { own, connections, destinations, lookup, times, clock }) })
    }

    /// The agent's own relay.
    #[must_use]
    pub fn own_relay(&self) -> &RelayAuthority {
        &self.inner.own
    }

    /// How far the own relay's clock is ahead of ours, in milliseconds; follows every answer.
    #[must_use]
    pub fn clock_offset(&self) -> Arc<AtomicI64> {
        self.inner.times.offset_millis(&self.inner.own)
    }

    /// The owner's side of the own relay.
    #[must_use]
    pub fn sign_in(&self, owner: Owner) -> OwnRelay {
        OwnRelay::new(self.clone(), owner)
    }

    /// Whether a relay may be called, found out before anything is sent there: its name is looked up, and no more.
    pub async fn check(&self, relay: &RelayAuthority) -> Result<(), RelayFailure> {
        if self.inner.destinations.passage(relay).await? == Passage::Vouched {
            return Ok(());
        }
        let found = resolve(&*self.inner.lookup, host_of(relay.as_str())).await;
        // A name that leads nowhere is no matter of the guard.
        match found.err().and_then(|error| error.downcast_ref::<Forbidden>().copied()) {
            Some(why) => Err(refused(relay, why).into()),
            None => Ok(()),
        }
    }

    /// What a relay says of itself.
    pub async fn describe(&self, relay: &RelayAuthority) -> Result<RelayInfo, RelayFailure> {
        let request = self.as_stranger(Method::GET, relay, "/.well-known/a2a-relay").await?;
        self.call(request, relay, SMALL_BYTES).await?.json()
    }

    /// An agent's signed card. What it proves is for the agent to check.
    pub async fn card(&self, relay: &RelayAuthority, id: &AgentId) -> Result<Vec<u8>, RelayFailure> {
        let request = self.as_stranger(Method::GET, relay, &format!("/api/agents/{id}/card")).await?;
        self.call(request, relay, MAX_CARD_BYTES).await?.octets()
    }

    /// An agent's card in readable form, with the signed one beside it.
    pub async fn manifest(&self, relay: &RelayAuthority, id: &AgentId) -> Result<Manifest, RelayFailure> {
        let path = format!("/api/agents/{id}/capabilities");
        let request = self.as_stranger(Method::GET, relay, &path).await?;
        self.call(request, relay, MANIFEST_BYTES).await?.json()
    }

    /// Agents that want to be found, after one of them, at most `most`. What their cards prove is for the agent to check.
    pub async fn listed(
        &self,
        relay: &RelayAuthority,
        capability: Option<&Intent>,
        after: Option<&AgentId>,
        most: usize,
    ) -> Result<AgentPage, RelayFailure> {
        let mut path = format!("/api/agents?limit={most}");
        if let Some(capability) = capability {
            path.push_str(&format!("&capability={capability}"));
        }
        if let Some(after) = after {
            path.push_str(&format!("&after={after}"));
        }
        let request = self.as_stranger(Method::GET, relay, &path).await?;
        self.call(request, relay, SMALL_BYTES + most * MANIFEST_BYTES).await?.json()
    }

    /// Who holds a handle, by the relay's word only.
    pub async fn resolve(&self, relay: &RelayAuthority, handle: &Handle) -> Result<AgentId, RelayFailure> {
        let request = self.as_stranger(Method::GET, relay, &format!("/api/handles/{handle}")).await?;
        let answer: HandleAnswer = self.call(request, relay, SMALL_BYTES).await?.json()?;
        Ok(answer.agent_id)
    }

    /// An agent's prekeys. What they prove is for the handshake to check.
    pub async fn bundle(
        &self,
        relay: &RelayAuthority,
        id: &AgentId,
        ground: BundleFor<'_>,
    ) -> Result<PrekeyAnswer, RelayFailure> {
        let path = format!("/api/agents/{id}/bundle");
        if let BundleFor::Lane(offer) = ground {
            let answer = self.under_lane(Method::GET, offer, relay, &path, fresh_id(), &[]);
            return answer.await?.json();
        }
        let mut request = self.as_stranger(Method::GET, relay, &path).await?;
        if let BundleFor::Invite(fetch) = ground {
            request = request.header(INVITE_HEADER, secret_header(&fetch.to_header())?);
        }
        self.call(request, relay, SMALL_BYTES).await?.json()
    }

    /// A part of an agent's sealed backup, for whoever knows its name. What it proves is for its reader to check.
    pub async fn backup_part(
        &self,
        relay: &RelayAuthority,
        id: &AgentId,
        name: &EnvelopeId,
    ) -> Result<Vec<u8>, RelayFailure> {
        let request = self.as_stranger(Method::GET, relay, &format!("/api/agents/{id}/backups/{name}")).await?;
        self.call(request, relay, MAX_BLOB_BYTES).await?.octets()
    }

    /// Deposits an envelope at a lane's relay. `Ok` means that it is on disk there. A retry has the same id and bytes.
    pub async fn deposit(
        &self,
        offer: &LaneOffer,
        envelope_id: EnvelopeId,
        envelope: &[u8],
    ) -> Result<(), RelayFailure> {
        let path = "/api/deposit";
        let answer = self.under_lane(Method::POST, offer, &offer.relay, path, envelope_id, envelope);
        answer.await?.only(StatusCode::ACCEPTED)
    }

    /// Leaves a sealed chunk at a lane's relay. `Ok` means that it is on disk there. A retry has the same id and bytes.
    pub async fn deposit_blob(&self, offer: &LaneOffer, id: EnvelopeId, chunk: &[u8]) -> Result<(), RelayFailure> {
        let answer = self.under_lane(Method::POST, offer, &offer.relay, "/api/blobs", id, chunk);
        answer.await?.only(StatusCode::ACCEPTED)
    }

    /// What a stranger must work on before knocking.
    pub async fn knock_challenge(&self, relay: &RelayAuthority) -> Result<KnockChallenge, RelayFailure> {
        let request = self.as_stranger(Method::GET, relay, "/api/knock/challenge").await?;
        let challenge: KnockChallenge = self.call(request, relay, SMALL_BYTES).await?.json()?;
        check_challenge(&challenge.challenge)?;
        Ok(challenge)
    }

    /// Knocks: `Ok` promises nothing, it is the same for a closed or unknown mailbox.
    pub async fn knock(&self, relay: &RelayAuthority, work: &KnockProof, envelope: &[u8]) -> Result<(), RelayFailure> {
        let request = self
            .as_stranger(Method::POST, relay, "/api/knock")
            .await?
            .header(KNOCK_HEADER, work.to_string())
            .header(CONTENT_TYPE, OCTETS)
            .body(envelope.to_vec());
        let answer = self.call(request, relay, SMALL_BYTES).await?;
        answer.only(StatusCode::ACCEPTED)
    }

    /// A request under a lane proof, made anew when the relay's clock turns out to be far from what we took it for:
    /// its refusal of a stale proof looks like every other refusal.
    async fn under_lane(
        &self,
        method: Method,
        offer: &LaneOffer,
        relay: &RelayAuthority,
        path: &str,
        envelope_id: EnvelopeId,
        body: &[u8],
    ) -> Result<Answer, RelayFailure> {
        let mut taken_for = self.relay_time(relay);
        for _ in 0..LANE_ATTEMPTS {
            let lane_request = LaneRequest { method: method.as_str(), authority: relay, path, body };
            let proof = DepositProof::sign(&offer.key, offer.lane, envelope_id, taken_for, &lane_request);
            let request = self
                .as_stranger(method.clone(), relay, path)
                .await?
                .header(LANE_HEADER, secret_header(&proof.to_header())?)
                .header(CONTENT_TYPE, OCTETS)
                .body(body.to_vec());
            let answer = self.call(request, relay, SMALL_BYTES).await?;
            let known_now = self.relay_time(relay);
            if answer.status != StatusCode::FORBIDDEN || proof.is_fresh(known_now) {
                return Ok(answer);
            }
            taken_for = known_now;
        }
        Err(RelayFailure::Garbage("its clock jumps"))
    }

    /// A request over the connections that never name us.
    async fn as_stranger(
        &self,
        method: Method,
        relay: &RelayAuthority,
        path: &str,
    ) -> Result<RequestBuilder, RelayFailure> {
        let client = match self.inner.destinations.passage(relay).await? {
            Passage::Vouched => &self.inner.connections.vouched,
            Passage::Guarded => &self.inner.connections.guarded,
        };
        Ok(client.request(method, format!("{}{path}", relay.base_url())))
    }

    /// A request to the own relay over the owner's connections.
    pub(super) fn as_owner(&self, method: Method, path: &str) -> RequestBuilder {
        let client = &self.inner.connections.owner;
        client.request(method, format!("{}{path}", self.inner.own.base_url()))
    }

    /// A request to the own relay over a connection that may become a stream.
    pub(super) fn as_owner_streaming(&self, path: &str) -> RequestBuilder {
        let client = &self.inner.connections.stream;
        client.get(format!("{}{path}", self.inner.own.base_url()))
    }

    pub(super) async fn call(
        &self,
        request: RequestBuilder,
        relay: &RelayAuthority,
        most_bytes: usize,
    ) -> Result<Answer, RelayFailure> {
        let (times, clock) = (&self.inner.times, &*self.inner.clock);
        exchange(request, relay, most_bytes, times, clock).await
    }

    /// The present moment by a relay's clock.
    pub(super) fn relay_time(&self, relay: &RelayAuthority) -> Timestamp {
        self.inner.times.now_at(relay, self.inner.clock.now())
    }
}

impl std::fmt::Debug for RelayClient {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RelayClient").field("own", &self.inner.own).finish_non_exhaustive()
    }
}

/// A challenge is copied into signatures and headers, so it must be what the protocol says.
pub(super) fn check_challenge(challenge: &str) -> Result<(), RelayFailure> {
    let is_plain = challenge.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
    if challenge.is_empty() || challenge.len() > MAX_CHALLENGE_BYTES || !is_plain {
        return Err(RelayFailure::Garbage("its challenge is not one"));
    }
    Ok(())
}

/// Marked so that no log of headers shows it.
fn secret_header(value: &str) -> Result<HeaderValue, RelayFailure> {
    let mut value = HeaderValue::from_str(value).map_err(|_| RelayFailure::Garbage("its name makes no address"))?;
    value.set_sensitive(true);
    Ok(value)
}

/// A proof over a GET names no envelope; a fresh id keeps two of them apart, where the system gives one.
fn fresh_id() -> EnvelopeId {
    let mut id = [0; EnvelopeId::SIZE];
    match getrandom::fill(&mut id) {
        Ok(()) | Err(_) => EnvelopeId::from_bytes(id),
    }
}

/// For answers of a few fields or one prekey bundle.
pub(super) const SMALL_BYTES: usize = 16 * 1024;
/// The card in readable form beside itself in base64.
const MANIFEST_BYTES: usize = 4 * MAX_CARD_BYTES;
/// The first with the time we knew, the second with the time that the refusal told.
const LANE_ATTEMPTS: usize = 2;
