//! Whether a peer is told that its mail was shown. That is the one receipt that can be turned off.

use std::sync::Arc;

use crate::agent::audit::{self, Note};
use crate::agent::core::Core;
use crate::agent::{ReadError, resolve};
use crate::store::peers;

/// Turns receipts of reading to a peer on or off; returns its petname.
pub(in crate::agent) async fn set(core: &Arc<Core>, who: &str, told: bool) -> Result<String, ReadError> {
    let who = who.to_owned();
    core.write(move |tx, ctx| {
        let mut peer = resolve::peer(tx, &who)?.ok_or(ReadError::UnknownPeer)?;
        peer.record.untold_of_reading = !told;
        peers::update(tx, &peer)?;
        let event = if told { "read_receipts_on" } else { "read_receipts_off" };
        audit::note(tx, ctx, Note::new(event).about(&peer.record.petname))?;
        Ok(peer.record.petname)
    })
    .await
}
