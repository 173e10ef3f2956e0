//! Taking one envelope in: a single transaction in which it is opened, verified, judged and stored, or kept closed.
//!
//! ```text
//!  envelope ─► which door? ─► lane: whose? ─► first flight ─► invite: pair │ pair's own lane: held reset
//!                   │                  └──► message ─► open on a copy ─► chain ─► by kind
//!                   └► front door: knock ─► a request for the owner
//! ```
//! Whatever happens, the cursor moves on in the same transaction, so nothing is taken in twice and nothing loops.

mod chain;
mod content;
mod first_flight;
mod grant;
mod hold;
mod invite;
pub(super) mod knock;
mod message;
mod reset;

use a2a_proto::api::mailbox::{BatchItem, Source};
use a2a_proto::envelope::Kind;
use a2a_proto::id::LaneId;

use super::Trouble;
use super::audit::{self, Note};
use super::cursor::Mailbox;
use super::me::Ctx;
use crate::store::lanes::{self, Lane};
use crate::store::peers::{self, PeerKey, PeerState};
use crate::store::{StoreError, Tx, held, meta, replays};
use hold::{Why, hold};

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taken {
    /// Another process, or an earlier round, had taken it in.
    Before,
    /// It brought a message for the inbox.
    Message,
    /// It brought something for the sidecar.
    Other,
    /// It was dropped: a duplicate, or from somebody we do not hear.
    Dropped,
    /// It is kept closed.
    Held,
}

/// Takes an envelope of our mailbox in, unless it was taken in before.
pub(super) fn take(tx: &Tx<'_>, ctx: Ctx<'_>, item: &BatchItem) -> Result<Taken, Trouble> {
    take_from(tx, ctx, item, Mailbox::Own)
}

/// As [`take`], of that mailbox.
pub(super) fn take_from(tx: &Tx<'_>, ctx: Ctx<'_>, item: &BatchItem, mailbox: Mailbox) -> Result<Taken, Trouble> {
    let collected = meta::number(tx, mailbox.collected())?;
    // A relay that was restored may give another envelope a number that it used before.
    if item.sequence <= collected && is_known(tx, &item.envelope)? {
        return Ok(Taken::Before);
    }
    let taken = match (item.source, Kind::of(&item.envelope)) {
        (_, Err(_)) => Taken::Dropped,
        (Source::Lane(lane), Ok(kind)) => on_lane(tx, ctx, lane, kind, &item.envelope)?,
        (Source::FrontDoor, Ok(Kind::FirstFlight)) => knock::take(tx, ctx, &item.envelope)?,
        (Source::FrontDoor, Ok(_)) => Taken::Dropped,
    };
    meta::set_number(tx, mailbox.collected(), item.sequence.max(collected))?;
    Ok(taken)
}

/// Whether these very bytes were opened, or are kept closed. Copies of first flights, and of what was dropped, are told apart
/// where they are taken.
fn is_known(tx: &Tx<'_>, envelope: &[u8]) -> Result<bool, StoreError> {
    let hash = a2a_proto::envelope::hash(envelope);
    Ok(replays::is_known(tx, &hash)? || held::is_kept(tx, &hash)?)
}

fn on_lane(tx: &Tx<'_>, ctx: Ctx<'_>, lane: LaneId, kind: Kind, envelope: &[u8]) -> Result<Taken, Trouble> {
    let Some(lane) = lanes::find(tx, lane)? else {
        return Ok(hold(tx, ctx, None, Why::UnknownLane, envelope)?);
    };
    if !is_heard(tx, &lane)? {
        return Ok(drop_unheard(tx, ctx, &lane)?);
    }
    match (kind, lane.peer) {
        (Kind::FirstFlight, None) => invite::take(tx, ctx, &lane, envelope),
        (Kind::FirstFlight, Some(peer)) => first_flight::from_peer(tx, ctx, peer, envelope),
        (Kind::Message, Some(peer)) => message::take(tx, ctx, peer, envelope),
        // A message before the handshake that makes it readable.
        _ => Ok(hold(tx, ctx, None, Why::NoSession, envelope)?),
    }
}

/// Tries what was kept closed for a peer again, now that there is a new session. What still does not open stays, and the
/// peer is not told of it once more. Moves the peer on in the store.
pub(super) fn retry_held(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey) -> Result<(), Trouble> {
    for (hash, envelope) in held::of_peer(tx, peer)? {
        if Kind::of(&envelope) != Ok(Kind::Message) || message::retry(tx, ctx, peer, &envelope)? != Taken::Held {
            held::release(tx, &hash)?;
        }
    }
    Ok(())
}

/// Whether mail through this lane is taken at all: it is open, and its peer neither revoked nor blocked.
fn is_heard(tx: &Tx<'_>, lane: &Lane) -> Result<bool, StoreError> {
    let Some(key) = lane.peer else { return Ok(lane.open) };
    let peer = peers::by_key(tx, key)?;
    Ok(lane.open && peer.is_some_and(|peer| !matches!(peer.state, PeerState::Revoked | PeerState::Blocked)))
}

/// What a revoked peer sent and we had not yet collected.
fn drop_unheard(tx: &Tx<'_>, ctx: Ctx<'_>, lane: &Lane) -> Result<Taken, StoreError> {
    let name = match lane.peer {
        Some(key) => peers::by_key(tx, key)?.map(|peer| peer.record.petname),
        None => None,
    };
    let note = Note::new("dropped").saying("mail through a closed lane");
    audit::note(tx, ctx, if let Some(name) = name { note.about(name) } else { note })?;
    Ok(Taken::Dropped)
}
