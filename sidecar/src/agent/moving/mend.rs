//! An invite for a peer that we lost, and that lost us: both moved while both old relays were gone.

use std::sync::Arc;

use crate::agent::core::Core;
use crate::agent::pairing::invite;
use crate::agent::{ApprovedBy, InviteError, MadeInvite, Trouble};
use crate::store::peers::PeerState;

/// Makes an invite that only this peer can take up, and that goes on with its pair. The owner asked for it at a terminal.
pub(in crate::agent) async fn invite(
    core: &Arc<Core>,
    petname: &str,
    by: ApprovedBy,
) -> Result<MadeInvite, InviteError> {
    let wanted = petname.to_owned();
    let known = core.read(move |tx, _| crate::agent::resolve::peer(tx, &wanted).map_err(Trouble::from)).await?;
    let known = known.filter(|peer| matches!(peer.state, PeerState::Paired | PeerState::Refused));
    let peer = known.ok_or(InviteError::UnknownPeer)?;
    invite::make_for(core, peer.record.granted, Some(peer.record.agent_id), by).await
}
