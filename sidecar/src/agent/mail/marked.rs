//! Marks as read what the owner was shown of one conversation: those messages, and none that came meanwhile.

use std::sync::Arc;

use a2a_proto::id::MessageId;

use super::inbox::mark;
use crate::agent::core::Core;
use crate::agent::me::Ctx;
use crate::agent::{Marked, ReadError, resolve};
use crate::store::Tx;
use crate::store::leases::{self, Reader};
use crate::store::messages::{self, State, Way};
use crate::store::peers::PeerState;

/// Marks these messages of a peer; says what became of it.
pub(in crate::agent) async fn these(core: &Arc<Core>, who: String, shown: Vec<MessageId>) -> Result<Marked, ReadError> {
    let reader = core.reader();
    let (done, ids) = core.write(move |tx, ctx| mark_in(tx, ctx, &who, &shown, &reader)).await?;
    core.session.note(ids);
    Ok(done)
}

/// The same, in one transaction. What another process is showing just now is that one's to mark.
pub(in crate::agent) fn mark_in(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    who: &str,
    shown: &[MessageId],
    reader: &Reader,
) -> Result<(Marked, Vec<i64>), ReadError> {
    let peer = resolve::peer(tx, who)?.ok_or(ReadError::UnknownPeer)?;
    let mut marked = Vec::new();
    for id in shown {
        let Some(message) = messages::find(tx, peer.key, Way::In, *id)? else { continue };
        if message.state == State::Unread && leases::is_free(tx, message.id, reader)? {
            mark(tx, ctx, &message)?;
            marked.push(message.id);
        }
    }
    let told = peer.state == PeerState::Paired && !peer.record.untold_of_reading;
    Ok((Marked { peer: peer.record.petname, count: marked.len() as u64, told }, marked))
}
