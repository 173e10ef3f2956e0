//! A stranger at the front door: a request for the owner, quarantined until then.

use std::time::Duration;

use a2a_proto::handshake::{FirstFlight, Purpose, Responded};

use super::first_flight::{self, greeting, remember_until};
use super::reset::{drop_old_device, is_by_old_device};
use super::{Taken, chain};
use crate::agent::audit::{self, Note};
use crate::agent::consent::short_id;
use crate::agent::me::{Ctx, words};
use crate::agent::pairing::lanes::offer_record;
use crate::agent::{NoticeKind, Trouble, notices};
use crate::store::peers::{self, PeerState};
use crate::store::requests::{self, Kind, Request, RequestRecord};
use crate::store::{Blob, SecretBlob, StoreError, Tx, replays};

/// How long a request waits for the owner.
pub(super) const WAITS_FOR: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// More than the owner would read; what comes beyond is dropped.
const MOST_REQUESTS: u64 = 50;

/// Opens a knock. Whatever is wrong with it, nobody is told.
pub(super) fn take(tx: &Tx<'_>, ctx: Ctx<'_>, envelope: &[u8]) -> Result<Taken, Trouble> {
    let Ok(flight) = FirstFlight::parse(envelope) else {
        return Ok(Taken::Dropped);
    };
    if flight.invite_id().is_some() {
        return Ok(Taken::Dropped);
    }
    let Ok(responded) = first_flight::open(tx, ctx, &flight, None)? else {
        return Ok(Taken::Dropped);
    };
    replays::note(tx, &flight.replay_key(), remember_until(ctx.now))?;
    judge(tx, ctx, &responded)
}

fn judge(tx: &Tx<'_>, ctx: Ctx<'_>, responded: &Responded) -> Result<Taken, Trouble> {
    match peers::by_agent(tx, &responded.peer)? {
        Some(peer) if peer.state == PeerState::Blocked => Ok(Taken::Dropped),
        Some(peer) if is_by_old_device(&peer, responded) => drop_old_device(tx, ctx, &peer),
        Some(peer) if peer.state == PeerState::Paired => super::reset::hold_request(tx, ctx, &peer, responded),
        // Its relay refused our mail, and it comes back with a newer device: it lost its state, and the pair goes on.
        Some(peer) if peer.state == PeerState::Refused && responded.certificate.epoch() > peer.record.epoch => {
            super::reset::hold_request(tx, ctx, &peer, responded)
        }
        _ if responded.purpose != Purpose::Knock => Ok(Taken::Dropped),
        _ if requests::len(tx)? >= MOST_REQUESTS => Ok(Taken::Dropped),
        _ => keep(tx, ctx, responded),
    }
}

fn keep(tx: &Tx<'_>, ctx: Ctx<'_>, responded: &Responded) -> Result<Taken, Trouble> {
    let Some(record) = record(responded) else {
        return Ok(Taken::Dropped);
    };
    let request = put(tx, ctx, Kind::Knock, record)?;
    let id = &request.request_id;
    let text = format!(
        "A stranger asks to pair: request {id}, safety words {}. Only the owner may approve it.",
        words(&request.record.agent_id).join(" ")
    );
    notices::tell(tx, ctx, &format!("request {id}"), NoticeKind::Request, text)?;
    audit::note(tx, ctx, Note::new("request_received").about(request.record.agent_id.to_string()))?;
    Ok(Taken::Other)
}

/// Stores a request, under the id of an older one of the same agent if there is one.
pub(super) fn put(tx: &Tx<'_>, ctx: Ctx<'_>, kind: Kind, record: RequestRecord) -> Result<Request, Trouble> {
    let request_id = match requests::by_agent(tx, &record.agent_id)? {
        Some(older) => older.request_id,
        None => free_id(tx)?,
    };
    let request = Request { request_id, kind, received_at: ctx.now, expires_at: ctx.now.plus(WAITS_FOR), record };
    requests::put(tx, &request)?;
    Ok(request)
}

fn free_id(tx: &Tx<'_>) -> Result<String, Trouble> {
    loop {
        let id = short_id()?;
        if requests::find(tx, &id)?.is_none() {
            return Ok(id);
        }
    }
}

/// Everything that approving the handshake needs; none when its first content is no hello.
pub(super) fn record(responded: &Responded) -> Option<RequestRecord> {
    let content = responded.opened.content();
    let said = greeting(content)?;
    Some(RequestRecord {
        agent_id: responded.peer,
        certificate: Blob(responded.certificate.as_bytes().to_vec()),
        display_name: said.display_name.to_owned(),
        relay: said.relay.clone(),
        text: said.text.to_owned(),
        requested: said.requested.to_vec(),
        offered: said.granted.to_vec(),
        deposit: offer_record(&responded.reply_lane),
        session: SecretBlob(responded.session.to_record()),
        resets: match responded.purpose {
            Purpose::Reset { counter, .. } => counter.number,
            Purpose::Knock | Purpose::Invite => 0,
        },
        received: chain::end(content, responded.opened.digest()),
    })
}

/// Forgets requests that lapsed.
pub(in crate::agent) fn prune(tx: &Tx<'_>, ctx: Ctx<'_>) -> Result<usize, StoreError> {
    requests::delete_expired(tx, ctx.now)
}
