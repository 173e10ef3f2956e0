//! Accepting a peer's new start, once the owner agreed.

use std::sync::Arc;

use a2a_proto::certificate::Certificate;
use a2a_proto::ratchet::Session;

use super::audit::{self, Note};
use super::core::Core;
use super::me::Ctx;
use super::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Trouble, tasks};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::requests::{self, Kind, Request};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::{Blob, Tx, sessions};

/// Takes the session that the peer began. The old ones stay, to open what is under way in them.
pub(super) async fn accept(core: &Arc<Core>, request_id: String, by: ApprovedBy) -> Result<Authorized, AuthorizeError> {
    let peer = core
        .write(move |tx, ctx| {
            let request = requests::find(tx, &request_id)?.filter(|request| request.kind == Kind::Reset);
            let request = request.ok_or(AuthorizeError::UnknownRequest)?;
            let peer = begin_anew(tx, ctx, &request)?;
            audit::note(tx, ctx, Note::new("reset_accepted").about(&peer.record.petname).by(by))?;
            Ok::<_, AuthorizeError>(peer)
        })
        .await?;
    tasks::run(core).await;
    Ok(Authorized {
        state: AuthorizedState::Paired,
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        scopes: peer.record.granted,
    })
}

fn begin_anew(tx: &Tx<'_>, ctx: Ctx<'_>, request: &Request) -> Result<Peer, AuthorizeError> {
    let record = &request.record;
    let known = peers::by_agent(tx, &record.agent_id)?.filter(|peer| peer.state == PeerState::Paired);
    let mut peer = known.ok_or(AuthorizeError::UnknownRequest)?;
    let certificate = Certificate::parse_verified(&record.certificate.0)
        .map_err(|_| Trouble::Internal("a stored certificate does not hold"))?;
    let session =
        Session::from_record(&record.session.0).map_err(|_| Trouble::Internal("a stored session cannot be read"))?;
    peer.record.epoch = peer.record.epoch.max(certificate.epoch());
    peer.record.certificate = Some(Blob(certificate.as_bytes().to_vec()));
    peer.record.deposit = Some(record.deposit.clone());
    peer.record.received = Some(record.received);
    peer.record.missing.clear();
    peer.record.terms_taken = None;
    peers::update(tx, &peer)?;
    sessions::save(tx, peer.key, &session, ctx.now)?;
    requests::delete(tx, &request.request_id)?;
    task_rows::add(tx, &Task::OpenLane(peer.key), ctx.now)?;
    Ok(peer)
}
