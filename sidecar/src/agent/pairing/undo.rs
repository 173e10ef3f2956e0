//! Taking a revocation back, which only the owner does, for seven days.
//!
//! Revoking sets the sessions aside, sealed, and closes the lanes. Taking it back brings the sessions, the grant and the
//! peer's lane back, and opens a new lane of ours, which the peer is told inside the old session. A peer that noticed
//! the end takes that for what it is: the pair goes on. One that ended the pair too meanwhile refuses it.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::ratchet::Session;

use super::{scope_words, terms};
use crate::agent::audit::{self, Note};
use crate::agent::core::{Core, random};
use crate::agent::mail::flush;
use crate::agent::me::Ctx;
use crate::agent::{ApprovedBy, Trouble, UndoError, Undone, Word, owner, resolve, tasks};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::tasks::{self as task_rows, Task};
use crate::store::undo::{self, Ended, UndoRecord};
use crate::store::{SecretBlob, Tx, sessions};

/// How long the owner may take a revocation back.
const FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// Keeps what the end of this pair takes away. Comes before anything of it is deleted.
pub(super) fn keep_ended(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<(), Trouble> {
    if peer.state != PeerState::Paired {
        return Ok(());
    }
    let sessions = sessions::of_peer(tx, peer.key)?;
    let ended = Ended {
        deposit: peer.record.deposit.clone(),
        sessions: sessions.iter().map(|session| SecretBlob(session.to_record())).collect(),
    };
    keep(tx, ctx, peer, Some(ended))
}

/// Keeps the scopes that narrowing takes away.
pub(super) fn keep_narrowed(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<(), Trouble> {
    keep(tx, ctx, peer, None)
}

fn keep(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, ended: Option<Ended>) -> Result<(), Trouble> {
    let record = UndoRecord { granted: peer.record.granted.clone(), ended };
    Ok(undo::keep(tx, random()?, peer.key, ctx.now.plus(FOR), &record)?)
}

/// Takes the last revocation of a peer back, and has relay and peer told.
pub(in crate::agent) async fn undo(core: &Arc<Core>, who: &str, word: Word) -> Result<Undone, UndoError> {
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    let undone = core.write(move |tx, ctx| take_back(tx, ctx, &who, by)).await?;
    tasks::run(core).await;
    flush::all(core).await;
    Ok(undone)
}

/// Everything that changes here.
pub(in crate::agent) fn take_back(tx: &Tx<'_>, ctx: Ctx<'_>, who: &str, by: ApprovedBy) -> Result<Undone, UndoError> {
    owner::still_counts(tx, by)?;
    let mut peer = resolve::peer(tx, who)?.ok_or(UndoError::UnknownPeer)?;
    let nothing = || UndoError::Nothing { peer: peer.record.petname.clone() };
    let step = undo::newest(tx, peer.key, ctx.now)?.ok_or_else(nothing)?;
    match (&step.record.ended, peer.state) {
        (None, PeerState::Paired) => widen(tx, ctx, &mut peer, &step.record)?,
        (Some(ended), PeerState::Revoked | PeerState::Blocked) => revive(tx, ctx, &mut peer, &step.record, ended)?,
        _ => return Err(nothing()),
    }
    undo::done(tx, &step)?;
    let said = format!("granted again: {}", scope_words(&peer.record.granted));
    audit::note(tx, ctx, Note::new("revocation_undone").about(&peer.record.petname).saying(said).by(by))?;
    Ok(Undone { peer: peer.record.petname, agent_id: peer.record.agent_id, scopes: peer.record.granted })
}

fn widen(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, before: &UndoRecord) -> Result<(), Trouble> {
    peer.record.granted.clone_from(&before.granted);
    terms::tell(tx, ctx, peer, None)?;
    Ok(peers::update(tx, peer)?)
}

fn revive(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, before: &UndoRecord, ended: &Ended) -> Result<(), Trouble> {
    peer.state = PeerState::Paired;
    peer.record.granted.clone_from(&before.granted);
    peer.record.deposit.clone_from(&ended.deposit);
    peers::update(tx, peer)?;
    for kept in &ended.sessions {
        let session =
            Session::from_record(&kept.0).map_err(|_| Trouble::Internal("a stored session cannot be read"))?;
        sessions::save(tx, peer.key, &session, ctx.now)?;
    }
    // The old lanes stay closed: the peer is handed a new one with our terms.
    Ok(task_rows::add(tx, &Task::OpenLane(peer.key), ctx.now)?)
}
