//! Requests of strangers: approved by the owner, or declined in silence.

use std::sync::Arc;

use a2a_proto::certificate::Certificate;
use a2a_proto::codec::Writer;
use a2a_proto::ratchet::Session;
use a2a_proto::scope::Scope;
use sha2::{Digest as _, Sha256};

use super::enrol::{Enrolment, Introduction, enrol};
use super::{fits, lanes, scope_words, tidy_scopes};
use crate::agent::audit::{self, Note};
use crate::agent::consent::{self, Action};
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Bounds, Trouble, notices, petname, tasks};
use crate::store::peers::{self, ChainEnd, Peer, PeerRecord, PeerState};
use crate::store::requests::{self, Kind, Request, RequestRecord};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::{StoreError, Tx, sessions};

const LABEL: &str = "a2a/1/consent/request";

/// What the owner is asked about a request.
pub(in crate::agent) async fn action(
    core: &Arc<Core>,
    request_id: &str,
    scopes: Option<Vec<Scope>>,
    bounds: Bounds,
) -> Result<Action, AuthorizeError> {
    let id = request_id.trim().to_uppercase();
    let (request, done) = core
        .read(move |tx, ctx| Ok::<_, Trouble>((requests::find(tx, &id)?, consent::of_request(tx, ctx, &id)?)))
        .await?;
    let Some(request) = request else {
        return done.ok_or(AuthorizeError::UnknownRequest);
    };
    let granted = tidy_scopes(scopes.unwrap_or_else(|| request.record.requested.clone()));
    if !fits(&granted) {
        return Err(AuthorizeError::TooManyScopes { most: a2a_proto::limits::MAX_SCOPES });
    }
    let sent = digest(&request.record)?;
    Ok(match request.kind {
        Kind::Knock => Action::ApproveRequest {
            request_id: request.request_id,
            agent_id: request.record.agent_id,
            relay: request.record.relay,
            display_name: request.record.display_name,
            text: request.record.text,
            requested: request.record.requested,
            granted,
            bounds,
            sent,
        },
        Kind::Reset => Action::AcceptReset { request_id: request.request_id, agent_id: request.record.agent_id, sent },
    })
}

/// A request as the owner saw it.
pub(in crate::agent) struct Seen {
    /// Its id, under which a stranger that asks again puts another.
    pub(in crate::agent) request_id: String,
    /// SHA-256 of everything that was sent with it.
    pub(in crate::agent) sent: [u8; 32],
}

impl Seen {
    /// The request, if it still is what the owner saw and no other device of that agent followed meanwhile.
    pub(in crate::agent) fn find(&self, tx: &Tx<'_>) -> Result<Request, AuthorizeError> {
        let request = requests::find(tx, &self.request_id)?.ok_or(AuthorizeError::UnknownRequest)?;
        if digest(&request.record)? != self.sent {
            return Err(AuthorizeError::RequestChanged);
        }
        if is_by_old_device(tx, &request.record)? {
            return Err(AuthorizeError::OldDevice);
        }
        Ok(request)
    }
}

fn is_by_old_device(tx: &Tx<'_>, record: &RequestRecord) -> Result<bool, Trouble> {
    let Some(peer) = peers::by_agent(tx, &record.agent_id)? else { return Ok(false) };
    Ok(certificate(record)?.epoch() < peer.record.epoch)
}

fn certificate(record: &RequestRecord) -> Result<Certificate, Trouble> {
    Certificate::parse_verified(&record.certificate.0)
        .map_err(|_| Trouble::Internal("a stored certificate does not hold"))
}

/// SHA-256 of everything that a stranger sent, the keys of its device and session included.
pub(in crate::agent) fn digest(record: &RequestRecord) -> Result<[u8; 32], Trouble> {
    let bytes = serde_json::to_vec(record).map_err(|_| Trouble::Internal("a request cannot be written"))?;
    let mut writer = Writer::label(LABEL);
    writer.lp(&bytes);
    Ok(Sha256::digest(writer.as_slice()).into())
}

/// Lets in whom the owner approved.
pub(in crate::agent) async fn approve(
    core: &Arc<Core>,
    seen: Seen,
    grant: (Vec<Scope>, Bounds),
    by: ApprovedBy,
) -> Result<Authorized, AuthorizeError> {
    let peer = core.write(move |tx, ctx| approve_in(tx, ctx, &seen, grant, by)).await?;
    tasks::run(core).await;
    Ok(Authorized {
        state: AuthorizedState::Paired,
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        scopes: peer.record.granted,
    })
}

/// The same, in one transaction.
pub(in crate::agent) fn approve_in(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    seen: &Seen,
    (granted, bounds): (Vec<Scope>, Bounds),
    by: ApprovedBy,
) -> Result<Peer, AuthorizeError> {
    let peer = let_in(tx, ctx, &seen.find(tx)?, granted, bounds)?;
    let note = Note::new("request_approved").about(&peer.record.petname);
    audit::note(tx, ctx, note.saying(scope_words(&peer.record.granted)).by(by))?;
    Ok(peer)
}

/// Makes the pair out of a request.
pub(in crate::agent) fn let_in(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    request: &Request,
    granted: Vec<Scope>,
    bounds: Bounds,
) -> Result<Peer, AuthorizeError> {
    let record = &request.record;
    let certificate = certificate(record)?;
    let session =
        Session::from_record(&record.session.0).map_err(|_| Trouble::Internal("a stored session cannot be read"))?;
    let deposit = lanes::live(&record.deposit)?;
    let enrolment = Enrolment {
        agent_id: record.agent_id,
        certificate: Some(&certificate),
        introduction: Introduction { handle: None, display_name: Some(record.display_name.clone()) },
        relay: record.relay.clone(),
        granted,
        bounds,
        granted_to_us: record.offered.clone(),
        deposit: Some(&deposit),
        received: Some(record.received),
    };
    let peer = enrol(tx, ctx, PeerState::Paired, &enrolment)?;
    sessions::save(tx, peer.key, &session, ctx.now)?;
    requests::delete(tx, &request.request_id)?;
    task_rows::add(tx, &Task::OpenLane(peer.key), ctx.now)?;
    Ok(peer)
}

/// Drops a request; its sender's next ones are dropped in silence.
pub(in crate::agent) fn decline(tx: &Tx<'_>, ctx: Ctx<'_>, request: &Request) -> Result<String, StoreError> {
    let record = &request.record;
    let name = match peers::by_agent(tx, &record.agent_id)? {
        Some(peer) => peer.record.petname,
        None => block_stranger(tx, ctx, request)?,
    };
    requests::delete(tx, &request.request_id)?;
    notices::withdraw(tx, &format!("request {}", request.request_id))?;
    audit::note(tx, ctx, Note::new("request_declined").about(&name).saying(record.agent_id.to_string()))?;
    Ok(name)
}

fn block_stranger(tx: &Tx<'_>, ctx: Ctx<'_>, request: &Request) -> Result<String, StoreError> {
    let record = &request.record;
    let name = petname::free(tx, &petname::provisional(&record.agent_id), None)?;
    let stranger = PeerRecord {
        agent_id: record.agent_id,
        petname: name.clone(),
        is_provisional: true,
        display_name: String::new(),
        relay: record.relay.clone(),
        certificate: None,
        epoch: 0,
        granted: Vec::new(),
        granted_to_us: Vec::new(),
        granted_until: None,
        daily: None,
        granted_to_us_until: None,
        deposit: None,
        terms_sent: 0,
        terms_taken: None,
        sent: ChainEnd::START,
        received: None,
        missing: Vec::new(),
        gap: None,
        resent_at: Vec::new(),
        untold_of_reading: false,
        resets: 0,
        reset_taken: None,
        reported: None,
        reset_at: Vec::new(),
        verified_at: None,
        greeted: false,
        since: ctx.now,
    };
    peers::insert(tx, PeerState::Blocked, stranger)?;
    Ok(name)
}
