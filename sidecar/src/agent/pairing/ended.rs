//! Whether a pair that we take for alive was ended by the peer: its relay tells whoever deposits.

use std::sync::Arc;

use a2a_proto::content::Body;

use crate::agent::core::Core;
use crate::agent::mail::{flush, write};
use crate::agent::{AuthorizeError, Trouble};
use crate::store::peers::{self, Peer, PeerState};
use crate::store::{StoreError, Tx};

/// Whether `error` refuses a new pair for an old one that is over: who was revoked and has written nothing since does
/// not know it yet. Asks with an empty content through the pair's lane; a refusal ends the pair here too.
pub(in crate::agent) async fn explains(core: &Arc<Core>, error: &AuthorizeError) -> Result<bool, Trouble> {
    let AuthorizeError::AlreadyPaired { peer } = error else { return Ok(false) };
    let name = peer.clone();
    let asked = core
        .write(move |tx, ctx| {
            let Some(mut peer) = paired(tx, &name)? else { return Ok(None) };
            write::control(tx, ctx, &mut peer, Body::Ack {})?;
            Ok::<_, Trouble>(Some(peer.key))
        })
        .await?;
    let Some(key) = asked else { return Ok(true) };
    flush::peer(core, key).await;
    let now = core.read(move |tx, _| peers::by_key(tx, key).map_err(Trouble::from)).await?;
    Ok(now.is_none_or(|peer| peer.state != PeerState::Paired))
}

fn paired(tx: &Tx<'_>, name: &str) -> Result<Option<Peer>, StoreError> {
    Ok(peers::by_petname(tx, name)?.filter(|peer| peer.state == PeerState::Paired))
}
