//! Sending again what a peer never confirmed: the same content, sealed anew.

use a2a_proto::content::Content;

use crate::agent::Trouble;
use crate::agent::mail::write;
use crate::agent::me::Ctx;
use crate::store::messages::{self, State};
use crate::store::peers::Peer;
use crate::store::{StoreError, Tx};

/// Puts every message without a receipt into the outbox again, in the newest session.
pub(super) fn unconfirmed(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer) -> Result<(), Trouble> {
    for message in messages::unconfirmed(tx, peer.key)? {
        let content = Content::parse(&message.record.content.0)
            .map_err(|_| Trouble::from(StoreError::Unreadable { table: "messages" }))?;
        write::seal_again(tx, ctx, peer, &content, message.id)?;
        messages::set_state(tx, message.id, State::Waiting, Some("it is sent again after a new start"))?;
    }
    Ok(())
}
