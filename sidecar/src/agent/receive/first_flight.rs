//! Opening a handshake with the prekey that it names.

use a2a_proto::content::{Body, Content};
use a2a_proto::handshake::{FirstFlight, InviteSecrets, Responded, Responder, respond};
use a2a_proto::invite::InviteSecret;
use a2a_proto::limits::{PREKEY_GRACE, PREKEY_LIFETIME};
use a2a_proto::prekey::OneTimeSecret;
use a2a_proto::time::Timestamp;

use super::Taken;
use super::hold::{Why, hold};
use crate::agent::me::Ctx;
use crate::agent::{Trouble, prekeys as own_prekeys};
use crate::store::invites::Invite;
use crate::store::peers::PeerKey;
use crate::store::{Tx, prekeys, replays};

/// A handshake that does not lead to a pair, or not yet.
pub(super) enum Unopened {
    /// It was taken in before.
    Replay,
    /// It does not open with anything that we have.
    NotForUs,
}

/// Opens a first flight, when it is new and opens. Nothing is stored.
pub(super) fn open(
    tx: &Tx<'_>,
    ctx: Ctx<'_>,
    flight: &FirstFlight,
    invite: Option<&Invite>,
) -> Result<Result<Responded, Unopened>, Trouble> {
    if replays::is_known(tx, &flight.replay_key())? {
        return Ok(Err(Unopened::Replay));
    }
    let Some(prekey) = prekeys::by_bundle(tx, flight.bundle_hash())? else {
        return Ok(Err(Unopened::NotForUs));
    };
    let prekey = own_prekeys::secret(&prekey)?;
    let secrets = invite.map(invite_secrets).transpose()?.flatten();
    if invite.is_some() && secrets.is_none() {
        return Ok(Err(Unopened::NotForUs));
    }
    let responder = Responder {
        device: &ctx.me.device,
        certificate: &ctx.me.certificate,
        prekey: &prekey,
        bundle_hash: *flight.bundle_hash(),
        invite: secrets.as_ref().map(|(one_time, secret)| InviteSecrets { one_time, psk: secret.psk() }),
    };
    Ok(respond(flight, &responder, ctx.now).map_err(|_| Unopened::NotForUs))
}

fn invite_secrets(invite: &Invite) -> Result<Option<(OneTimeSecret, InviteSecret)>, Trouble> {
    let damaged = || Trouble::Internal("a stored invite cannot be read");
    let Some(one_time) = &invite.record.one_time else {
        return Ok(None);
    };
    let one_time = OneTimeSecret::from_bytes(&one_time.0).map_err(|_| damaged())?;
    let secret = invite.record.secret.array().ok_or_else(damaged)?;
    Ok(Some((one_time, InviteSecret::from_bytes(*secret))))
}

/// Until when a handshake must be remembered: as long as its prekey may live.
pub(super) fn remember_until(now: Timestamp) -> Timestamp {
    now.plus(PREKEY_LIFETIME).plus(PREKEY_GRACE)
}

/// What the first content of a handshake says; only a hello may.
pub(super) struct Greeting<'a> {
    pub(super) display_name: &'a str,
    pub(super) relay: &'a a2a_proto::address::RelayAuthority,
    pub(super) requested: &'a [a2a_proto::scope::Scope],
    pub(super) granted: &'a [a2a_proto::scope::Scope],
    pub(super) text: &'a str,
}

/// The hello in a first content.
pub(super) fn greeting(content: &Content) -> Option<Greeting<'_>> {
    match &content.body {
        Body::Hello { display_name, relay, requested, granted, text, heads: _ } => {
            Some(Greeting { display_name, relay, requested, granted, text })
        }
        _ => None,
    }
}

/// A handshake on the lane of a peer that we know: its own first flight once more, or a new start that is held.
pub(super) fn from_peer(tx: &Tx<'_>, ctx: Ctx<'_>, peer: PeerKey, envelope: &[u8]) -> Result<Taken, Trouble> {
    let Ok(flight) = FirstFlight::parse(envelope) else {
        return Ok(Taken::Dropped);
    };
    match open(tx, ctx, &flight, None)? {
        Err(Unopened::Replay) => Ok(Taken::Dropped),
        Err(Unopened::NotForUs) => Ok(hold(tx, ctx, Some(peer), Why::NotForUs, envelope)?),
        Ok(responded) => super::reset::take(tx, ctx, peer, &flight, &responded, envelope),
    }
}
