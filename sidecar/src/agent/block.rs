//! Hearing a blocked agent again.

use std::sync::Arc;

use super::audit::{self, Note};
use super::core::Core;
use super::{RevokeError, resolve};
use crate::store::peers::{self, PeerState};

/// Lifts a block: the agent may ask to pair again. What it was granted stays gone.
pub(super) async fn unblock(core: &Arc<Core>, who: &str) -> Result<String, RevokeError> {
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        let blocked = resolve::peer(tx, &who)?.filter(|peer| peer.state == PeerState::Blocked);
        let mut peer = blocked.ok_or(RevokeError::UnknownPeer)?;
        peer.state = PeerState::Revoked;
        peers::update(tx, &peer)?;
        audit::note(tx, ctx, Note::new("unblocked").about(&peer.record.petname))?;
        Ok(peer.record.petname)
    })
    .await
}
