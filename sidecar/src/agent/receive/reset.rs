//! A handshake by somebody who is already paired: never replaces the session by itself, but waits for the owner.

use a2a_proto::handshake::{FirstFlight, Responded};

use super::first_flight::remember_until;
use super::hold::{Why, hold};
use super::{Taken, knock};
use crate::agent::audit::{self, Note};
use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, Trouble, notices};
use crate::store::peers::{self, Peer, PeerKey, PeerState};
use crate::store::requests::Kind;
use crate::store::{Tx, replays};

/// A handshake on a pair's lane: it must be by that lane's peer.
pub(super) fn take(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: PeerKey,
    flight: &FirstFlight,
    responded: &Responded,
    envelope: &[u8],
) -> Result<Taken, Trouble> {
    let Some(known) = peers::by_key(tx, peer)?.filter(|known| known.record.agent_id == responded.peer) else {
        return Ok(hold(tx, ctx, Some(peer), Why::Invalid, envelope)?);
    };
    replays::note(tx, &flight.replay_key(), remember_until(ctx.now))?;
    if known.state != PeerState::Paired {
        return Ok(Taken::Dropped);
    }
    hold_request(tx, ctx, &known, responded)
}

/// Keeps the new start for the owner, and says so as a matter of security.
pub(super) fn hold_request(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, responded: &Responded) -> Result<Taken, Trouble> {
    let Some(record) = knock::record(responded) else {
        return Ok(Taken::Dropped);
    };
    let request = knock::put(tx, ctx, Kind::Reset, record)?;
    let name = &peer.record.petname;
    let text = format!(
        "{name} asks to begin anew (request {}). Approve it only after asking {name} over another way.",
        request.request_id
    );
    notices::tell(tx, ctx, &format!("request {}", request.request_id), NoticeKind::Security, text)?;
    audit::note(tx, ctx, Note::new("reset_held").about(name))?;
    Ok(Taken::Held)
}
