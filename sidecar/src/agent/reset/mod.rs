//! New starts: taking a peer's, and making our own when mail of ours cannot be opened any more.

mod begin;

use std::sync::Arc;

use a2a_proto::certificate::Certificate;
use a2a_proto::counter::Counter;
use a2a_proto::ratchet::Session;

use super::audit::{self, Note};
use super::core::Core;
use super::mail::resend;
use super::me::Ctx;
use super::pairing::requests::Seen;
use super::{ApprovedBy, AuthorizeError, Authorized, AuthorizedState, Trouble, notices, receive, tasks};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::requests::{self, Kind, RequestRecord};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::{Blob, Tx, outbox, peer_capabilities, sessions};

pub(super) use begin::begin;
#[cfg(test)]
pub(super) use begin::{take_up, write_down};

/// Takes the new start that the owner approved.
pub(super) async fn accept(core: &Arc<Core>, seen: Seen, by: ApprovedBy) -> Result<Authorized, AuthorizeError> {
    let peer = core.write(move |tx, ctx| accept_in(tx, ctx, &seen, by)).await?;
    tasks::run(core).await;
    Ok(Authorized {
        state: AuthorizedState::Paired,
        peer: peer.record.petname,
        agent_id: peer.record.agent_id,
        scopes: peer.record.granted,
    })
}

/// The same, in one transaction.
pub(super) fn accept_in(tx: &Tx<'_>, ctx: Ctx<'_>, seen: &Seen, by: ApprovedBy) -> Result<Peer, AuthorizeError> {
    let request = Some(seen.find(tx)?).filter(|request| request.kind == Kind::Reset);
    let request = request.ok_or(AuthorizeError::UnknownRequest)?;
    let known = peers::by_agent(tx, &request.record.agent_id)?;
    let known = known.filter(|peer| matches!(peer.state, PeerState::Paired | PeerState::Refused));
    let mut peer = known.ok_or(AuthorizeError::UnknownRequest)?;
    begin_anew(tx, ctx, &mut peer, &request.record)?;
    requests::delete(tx, &request.request_id)?;
    notices::withdraw(tx, &format!("request {}", request.request_id))?;
    audit::note(tx, ctx, Note::new("reset_accepted").about(&peer.record.petname).by(by))?;
    Ok(peer)
}

/// Takes the session that the peer began. What we sent and the peer never confirmed is sent again, and what could not be
/// opened is tried again.
///
/// After a reset the old sessions stay, to open what is under way in them. Who knocked or took up an invite instead knows
/// nothing of the pair any more: such a start has no number above the old one's, so an old session could outrank it here,
/// and we would go on in a session that the other side has lost.
pub(super) fn begin_anew(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, start: &RequestRecord) -> Result<(), Trouble> {
    let certificate = Certificate::parse_verified(&start.certificate.0)
        .map_err(|_| Trouble::Internal("a stored certificate does not hold"))?;
    let session =
        Session::from_record(&start.session.0).map_err(|_| Trouble::Internal("a stored session cannot be read"))?;
    // Whose relay refused our mail and who now asks to begin anew is a peer again.
    peer.state = PeerState::Paired;
    let record = &mut peer.record;
    // Whoever it was that began anew: the words are to be compared again.
    record.verified_at = None;
    if certificate.epoch() > record.epoch {
        // A restored device may not know that there was a list for its peers; one that does tells it anew.
        peer_capabilities::forget(tx, peer.key)?;
    }
    record.epoch = record.epoch.max(certificate.epoch());
    record.certificate = Some(Blob(certificate.as_bytes().to_vec()));
    record.deposit = Some(start.deposit.clone());
    record.received = Some(start.received);
    record.missing.clear();
    record.gap = None;
    record.granted_to_us.clone_from(&start.offered);
    record.terms_taken = None;
    record.resets = record.resets.max(start.resets);
    record.reset_taken = record.reset_taken.max(Some(Counter::new(certificate.epoch(), start.resets)));
    record.reported = None;
    record.greeted = false;
    peers::update(tx, peer)?;
    if start.resets == 0 {
        sessions::delete_of_peer(tx, peer.key)?;
    }
    sessions::save(tx, peer.key, &session, ctx.now)?;
    task_rows::add(tx, &Task::OpenLane(peer.key), ctx.now)?;
    // What waits is sealed for a session that the other side may have lost.
    outbox::drop_of_peer(tx, peer.key)?;
    if start.resets == 0 {
        // Who knocked takes mail only after our terms.
        resend::after_terms(tx, peer.key)?;
    } else {
        resend::unconfirmed(tx, ctx, peer)?;
    }
    receive::retry_held(tx, ctx, peer.key)?;
    // What opened then moved the peer on, and our callers write it back.
    if let Some(moved_on) = peers::by_key(tx, peer.key)? {
        *peer = moved_on;
    }
    Ok(())
}
