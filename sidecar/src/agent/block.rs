//! Hearing a blocked agent again.

use std::sync::Arc;

use super::audit::{self, Note};
use super::core::Core;
use super::{UndoError, Word, owner, resolve};
use crate::store::peers::{self, PeerState};

/// Lifts a block: the agent may ask to pair again. What it was granted stays gone.
pub(super) async fn unblock(core: &Arc<Core>, who: &str, word: Word) -> Result<String, UndoError> {
    let by = owner::check(core, word).await?;
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        owner::still_counts(tx, by)?;
        let mut peer = resolve::peer(tx, &who)?.ok_or(UndoError::UnknownPeer)?;
        if peer.state != PeerState::Blocked {
            return Err(UndoError::NotBlocked { peer: peer.record.petname });
        }
        peer.state = PeerState::Revoked;
        peers::update(tx, &peer)?;
        audit::note(tx, ctx, Note::new("unblocked").about(&peer.record.petname).by(by))?;
        Ok(peer.record.petname)
    })
    .await
}
