//! The responder's side: from a first flight to a session and its first content.

use zeroize::Zeroizing;

use super::Purpose;
use super::first_flight::FirstFlight;
use super::identity::Identity;
use super::schedule::{self, FirstKeys, Responding, Secrets, SessionKeys};
use crate::certificate::Certificate;
use crate::envelope::Kind;
use crate::id::AgentId;
use crate::keys::{AgreementKey, AgreementSecret, DeviceKeys, KemKey, KemSecret, SharedSecret};
use crate::lane::LaneOffer;
use crate::prekey::{OneTimeSecret, PrekeySecret};
use crate::primitives::aead;
use crate::ratchet::{OpenError, Opened, Ourselves, Session, Start};
use crate::time::Timestamp;

/// What a first flight is opened with.
pub struct Responder<'a> {
    /// Our device's keys.
    pub device: &'a DeviceKeys,
    /// Our device's certificate.
    pub certificate: &'a Certificate,
    /// The prekey of the bundle that the flight names ([`FirstFlight::bundle_hash`]).
    pub prekey: &'a PrekeySecret,
    /// SHA-256 of that bundle.
    pub bundle_hash: [u8; 32],
    /// The secrets of the invite that the flight names; present exactly if it names one.
    pub invite: Option<InviteSecrets<'a>>,
}

/// The inviter's secrets of one invite: both or none.
pub struct InviteSecrets<'a> {
    /// The one-time pair.
    pub one_time: &'a OneTimeSecret,
    /// [`InviteSecret::psk`](crate::invite::InviteSecret::psk).
    pub psk: Zeroizing<[u8; 32]>,
}

/// A first flight that verified in every part. Nothing may be stored before this.
#[derive(Debug)]
pub struct Responded {
    /// Who made it: proven by the signature in the identity box and by the one under the content.
    pub peer: AgentId,
    /// The initiator's device.
    pub certificate: Certificate,
    /// Where the initiator takes mail from us.
    pub reply_lane: LaneOffer,
    /// Why the session was made. The rules for a reset (counter, rate, quoted report) are the caller's.
    pub purpose: Purpose,
    /// The session.
    pub session: Session,
    /// The first content.
    pub opened: Opened,
}

/// Opens a first flight. On an error nothing is to be remembered of it.
///
/// [`OpenError::NotForThisSession`] means that the flight was not made for these keys, or was changed on its way;
/// [`OpenError::Invalid`] that who made it broke the protocol. Anybody can make a flight, so neither is ever answered.
pub fn respond(first: &FirstFlight, responder: &Responder<'_>, now: Timestamp) -> Result<Responded, OpenError> {
    if first.clear.bundle_hash != responder.bundle_hash || first.clear.invite_id.is_some() != responder.invite.is_some()
    {
        return Err(OpenError::NotForThisSession);
    }
    let public = PublicHalves::of(responder);
    let t0 = schedule::t0(&public.responding(responder.certificate.id()), &first.clear);
    let keys = FirstKeys::derive(&secrets(first, responder)?, &t0);
    let plain = aead::open(keys.identity.as_bytes(), &schedule::box_ad(&t0), &first.identity_box)
        .map_err(|_| OpenError::NotForThisSession)?;
    let identity = verify(&plain, &t0, responder, now)?;
    let dh1 = agreed(responder.prekey.agreement(), identity.certificate.agreement())?;
    let session = start(responder, &identity, keys.session_keys(&dh1, &t0, &first.identity_box));
    let (opened, session) = session.open_sealed(Kind::FirstFlight, &first.message, now)?;
    let Identity { certificate, reply_lane, purpose } = identity;
    Ok(Responded { peer: *certificate.id(), certificate, reply_lane, purpose, session, opened })
}

/// The public halves that stand in t0.
struct PublicHalves {
    one_time: Option<AgreementKey>,
    kem: KemKey,
}

impl PublicHalves {
    fn of(responder: &Responder<'_>) -> Self {
        Self {
            one_time: responder.invite.as_ref().map(|invite| invite.one_time.agreement().public_key()),
            kem: kem_secret(responder).public_key(),
        }
    }

    const fn responding<'a>(&'a self, id: &'a AgentId) -> Responding<'a> {
        Responding { id, one_time: self.one_time.as_ref(), kem: &self.kem }
    }
}

fn kem_secret<'a>(responder: &Responder<'a>) -> &'a KemSecret {
    responder.invite.as_ref().map_or_else(|| responder.prekey.kem(), |invite| invite.one_time.kem())
}

fn secrets(first: &FirstFlight, responder: &Responder<'_>) -> Result<Secrets, OpenError> {
    let (ephemeral, invite) = (&first.clear.ephemeral, responder.invite.as_ref());
    Ok(Secrets {
        dh2: agreed(responder.device.agreement(), ephemeral)?,
        dh3: agreed(responder.prekey.agreement(), ephemeral)?,
        dh4: invite.map(|invite| agreed(invite.one_time.agreement(), ephemeral)).transpose()?,
        kem: kem_secret(responder).decapsulate(&first.clear.ct),
        psk: invite.map(|invite| invite.psk.clone()),
    })
}

fn agreed(ours: &AgreementSecret, theirs: &AgreementKey) -> Result<SharedSecret, OpenError> {
    ours.agree(theirs).map_err(|_| OpenError::Invalid)
}

/// The identity, if its signature, its certificate's time and its purpose hold.
fn verify(plain: &[u8], t0: &[u8; 32], responder: &Responder<'_>, now: Timestamp) -> Result<Identity, OpenError> {
    let our_id = responder.certificate.id();
    let identity = Identity::parse_verified(plain, t0, our_id).ok_or(OpenError::Invalid)?;
    let certificate = &identity.certificate;
    let is_sound = certificate.id() != our_id
        && certificate.valid_at(now)
        && identity.purpose.is_consistent(certificate.epoch(), responder.invite.is_some());
    if is_sound { Ok(identity) } else { Err(OpenError::Invalid) }
}

fn start(responder: &Responder<'_>, identity: &Identity, keys: SessionKeys) -> Session {
    let certificate = responder.certificate;
    let start = Start {
        ours: Ourselves { id: *certificate.id(), device: *certificate.device() },
        peer: identity.certificate.clone(),
        counter: identity.purpose.counter(identity.certificate.epoch()),
        responder_epoch: certificate.epoch(),
        root: keys.root,
        initiator_header: keys.initiator_header,
        responder_header: keys.responder_header,
        id: keys.id,
    };
    start.responder(responder.prekey.agreement().clone())
}
