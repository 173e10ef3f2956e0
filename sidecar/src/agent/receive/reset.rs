//! A handshake by somebody who is already paired: it replaces nothing by itself. It is taken without the owner only
//! when the peer's device is a newer one, or when it quotes our own report; everything else waits for the owner.

use std::time::Duration;

use a2a_proto::counter::Counter;
use a2a_proto::handshake::{FirstFlight, Purpose, Responded};
use a2a_proto::time::Timestamp;

use super::first_flight::remember_until;
use super::hold::{Why, hold};
use super::{Taken, knock};
use crate::agent::audit::{self, Note};
use crate::agent::me::Ctx;
use crate::agent::{NoticeKind, Trouble, notices, reset};
use crate::store::peers::{self, Peer, PeerKey, PeerState};
use crate::store::requests::{Kind, RequestRecord};
use crate::store::{Tx, replays};

/// How long a report of ours may be quoted.
const REPORT_COUNTS_FOR: Duration = Duration::from_secs(7 * 24 * 60 * 60);
const HOUR: Duration = Duration::from_secs(60 * 60);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MOST_A_DAY: usize = 3;

/// A handshake on a pair's lane: it must be by that lane's peer.
pub(super) fn take(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    key: PeerKey,
    flight: &FirstFlight,
    responded: &Responded,
    envelope: &[u8],
) -> Result<Taken, Trouble> {
    let Some(mut peer) = peers::by_key(tx, key)?.filter(|known| known.record.agent_id == responded.peer) else {
        return Ok(hold(tx, ctx, Some(key), Why::Invalid, envelope)?);
    };
    replays::note(tx, &flight.replay_key(), remember_until(ctx.now))?;
    if peer.state != PeerState::Paired {
        return Ok(Taken::Dropped);
    }
    match responded.purpose {
        Purpose::Reset { counter, quoted } => judge(tx, ctx, &mut peer, responded, counter, quoted),
        Purpose::Knock | Purpose::Invite => hold_request(tx, ctx, &peer, responded),
    }
}

fn judge(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    responded: &Responded,
    counter: Counter,
    quoted: Option<[u8; 32]>,
) -> Result<Taken, Trouble> {
    let known = &peer.record;
    if counter.epoch < known.epoch || Some(counter) <= known.reset_taken {
        audit::note(tx, ctx, Note::new("reset_refused").about(&known.petname).saying("an old one"))?;
        return Ok(Taken::Dropped);
    }
    let is_newer_device = counter.epoch > known.epoch;
    if !(is_newer_device || quotes_us(ctx, peer, quoted)) || !is_rare(&known.reset_at, ctx.now) {
        return hold_request(tx, ctx, peer, responded);
    }
    let Some(record) = knock::record(responded) else {
        return Ok(Taken::Dropped);
    };
    accept(tx, ctx, peer, &record)
}

/// Whether it quotes the report that we made inside a working session, a short while ago. A report counts once.
fn quotes_us(ctx: Ctx<'_>, peer: &Peer, quoted: Option<[u8; 32]>) -> bool {
    let reported = peer.record.reported.filter(|reported| ctx.now.since(reported.at) < REPORT_COUNTS_FOR);
    reported.is_some_and(|reported| quoted == Some(reported.nonce))
}

/// One an hour and three a day are taken without the owner.
fn is_rare(taken: &[Timestamp], now: Timestamp) -> bool {
    let within = |span: Duration| taken.iter().filter(|at| now.since(**at) < span).count();
    within(HOUR) == 0 && within(DAY) < MOST_A_DAY
}

fn accept(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, record: &RequestRecord) -> Result<Taken, Trouble> {
    peer.record.reset_at.retain(|at| ctx.now.since(*at) < DAY);
    peer.record.reset_at.push(ctx.now);
    let (verified, epoch) = (peer.record.verified_at, peer.record.epoch);
    reset::begin_anew(tx, ctx, peer, record)?;
    if peer.record.epoch == epoch {
        // The same device, which quotes what we told it inside a session: it heals, and nothing else.
        peer.record.verified_at = verified;
        peers::update(tx, peer)?;
    }
    let name = &peer.record.petname;
    let again = match verified.is_some() && peer.record.verified_at.is_none() {
        true => format!(" It is another device: compare the safety words again, `a2a verify {name}`."),
        false => String::new(),
    };
    let text = format!("{name} began anew with fresh keys; the change was proven by its identity.{again}");
    notices::tell(tx, ctx, &format!("reset {}", peer.key.0), NoticeKind::Security, text)?;
    audit::note(tx, ctx, Note::new("reset_accepted").about(name).saying("without the owner"))?;
    Ok(Taken::Other)
}

/// Whether another device of that agent followed the one that made the handshake, whatever became of the pair since.
pub(super) fn is_by_old_device(peer: &Peer, responded: &Responded) -> bool {
    responded.certificate.epoch() < peer.record.epoch
}

/// Drops what such a device asks for: it may have been stolen.
pub(super) fn drop_old_device(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer) -> Result<Taken, Trouble> {
    audit::note(tx, ctx, Note::new("reset_refused").about(&peer.record.petname).saying("by an old device"))?;
    Ok(Taken::Dropped)
}

/// Keeps the new start for the owner, and says so as a matter of security. A device that another one followed asks in vain.
pub(super) fn hold_request(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &Peer, responded: &Responded) -> Result<Taken, Trouble> {
    if is_by_old_device(peer, responded) {
        return drop_old_device(tx, ctx, peer);
    }
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
