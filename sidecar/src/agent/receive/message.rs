//! A message of a session, through the lane of a peer that we know.

use a2a_proto::envelope;
use a2a_proto::limits::ENVELOPE_LIFETIME;
use a2a_proto::ratchet::{OpenError, Opened, Session};

use super::hold::{Why, hold};
use super::{Taken, chain, content};
use crate::agent::Trouble;
use crate::agent::me::Ctx;
use crate::store::peers::{self, Peer, PeerKey};
use crate::store::{Tx, replays, sessions};

/// Opens an envelope with whichever session of the peer fits, and does what it says.
pub(super) fn take(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey, bytes: &[u8]) -> Result<Taken, Trouble> {
    let Some(mut peer) = peers::by_key(tx, key)? else {
        return Ok(Taken::Dropped);
    };
    match open(tx, ctx, key, bytes)? {
        Ok((opened, session)) => accept(tx, ctx, &mut peer, &opened, &session, bytes),
        Err(OpenError::NotForThisSession) => Ok(hold(tx, ctx, Some(key), Why::NotForUs, bytes)?),
        Err(OpenError::AlreadyUsed) => duplicate_or_fork(tx, ctx, &mut peer, bytes),
        Err(OpenError::TooFarAhead) => {
            content::report(tx, ctx, &mut peer, a2a_proto::content::ReportReason::Unopenable)?;
            Ok(hold(tx, ctx, Some(key), Why::TooFarAhead, bytes)?)
        }
        Err(_) => Ok(hold(tx, ctx, Some(key), Why::Invalid, bytes)?),
    }
}

/// The same for one that was kept closed. What it was kept for has been reported, so nothing is told again.
pub(super) fn retry(tx: &Tx<'_>, ctx: Ctx<'_>, key: PeerKey, bytes: &[u8]) -> Result<Taken, Trouble> {
    let Some(mut peer) = peers::by_key(tx, key)? else {
        return Ok(Taken::Dropped);
    };
    match open(tx, ctx, key, bytes)? {
        Ok((opened, session)) => accept(tx, ctx, &mut peer, &opened, &session, bytes),
        Err(OpenError::AlreadyUsed) if replays::is_known(tx, &envelope::hash(bytes))? => Ok(Taken::Dropped),
        Err(_) => Ok(Taken::Held),
    }
}

fn accept(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    peer: &mut Peer,
    opened: &Opened,
    session: &Session,
    bytes: &[u8],
) -> Result<Taken, Trouble> {
    if opened.sender_epoch() < peer.record.epoch {
        return Ok(hold(tx, ctx, Some(peer.key), Why::OldDevice, bytes)?);
    }
    sessions::save(tx, peer.key, session, ctx.now)?;
    // An exact copy that a relay delivers again is then told from a fork.
    replays::note(tx, &envelope::hash(bytes), ctx.now.plus(ENVELOPE_LIFETIME))?;
    chain::follow(tx, ctx, peer, opened.content(), opened.digest())?;
    peer.last_contact = Some(ctx.now);
    peers::update(tx, peer)?;
    content::take(tx, ctx, peer, opened.content(), opened.digest())
}

type Attempt = Result<(Opened, Session), OpenError>;

/// The first session that knows the envelope; what it says stands, also when it is an error.
fn open(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey, bytes: &[u8]) -> Result<Attempt, Trouble> {
    for session in sessions::of_peer(tx, peer)? {
        match session.open(bytes, ctx.now) {
            Err(OpenError::NotForThisSession) => {}
            known => return Ok(known),
        }
    }
    Ok(Err(OpenError::NotForThisSession))
}

fn duplicate_or_fork(tx: &Tx<'_>, ctx: Ctx<'_>, peer: &mut Peer, bytes: &[u8]) -> Result<Taken, Trouble> {
    if !replays::is_known(tx, &envelope::hash(bytes))? {
        content::report(tx, ctx, peer, a2a_proto::content::ReportReason::Fork)?;
        return Ok(hold(tx, ctx, Some(peer.key), Why::Invalid, bytes)?);
    }
    Ok(Taken::Dropped)
}
