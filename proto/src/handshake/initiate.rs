//! The initiator's side: from a verified bundle to a first flight.

use rand_core::CryptoRng;
use zeroize::Zeroizing;

use super::Purpose;
use super::error::InitiateError;
use super::first_flight::Clear;
use super::identity::Identity;
use super::schedule::{self, FirstKeys, Responding, Secrets, SessionKeys};
use crate::certificate::Certificate;
use crate::codec::Writer;
use crate::content::Content;
use crate::envelope::Kind;
use crate::id::{AgentId, SessionId};
use crate::keys::{AgreementKey, AgreementSecret, DeviceKeys, SharedSecret};
use crate::lane::LaneOffer;
use crate::limits::{MAX_ENVELOPE_BYTES, MAX_KNOCK_BYTES};
use crate::prekey::{VerifiedBundle, VerifiedOneTime};
use crate::primitives::aead;
use crate::ratchet::{Front, Ourselves, SealError, Session, Start};

/// What a handshake is made of.
pub struct Initiation<'a> {
    /// Our device's keys.
    pub device: &'a DeviceKeys,
    /// Our device's certificate.
    pub certificate: &'a Certificate,
    /// The responder's bundle.
    pub bundle: &'a VerifiedBundle,
    /// The invite's keys; present exactly if the purpose is [`Purpose::Invite`].
    pub invite: Option<InviteKeys<'a>>,
    /// Why we make a session.
    pub purpose: Purpose,
    /// Where the responder is to answer.
    pub reply_lane: &'a LaneOffer,
}

/// What an invite's holder has beside the bundle: both parts or none.
pub struct InviteKeys<'a> {
    /// The one-time pair, verified against the bundle's certificate and the invite's id.
    pub one_time: &'a VerifiedOneTime,
    /// [`InviteSecret::psk`](crate::invite::InviteSecret::psk).
    pub psk: Zeroizing<[u8; 32]>,
}

/// A session that waits for its first content, which travels in the same envelope as the handshake.
#[must_use = "the handshake happens when its envelope is sealed and deposited"]
pub struct Initiated {
    session: Session,
    front: Front,
}

/// Begins a handshake. Nothing is sent yet; [`Initiated::seal`] yields the envelope.
pub fn initiate(rng: &mut impl CryptoRng, initiation: &Initiation<'_>) -> Result<Initiated, InitiateError> {
    check(initiation)?;
    let (clear, secrets) = agree(rng, initiation)?;
    let t0 = schedule::t0(&responding(initiation), &clear);
    let keys = FirstKeys::derive(&secrets, &t0);
    let identity_box = seal_identity(rng, initiation, &keys, &t0)?;
    let dh1 = agreed(initiation.device.agreement(), initiation.bundle.agreement())?;
    let session = start(initiation, keys.session_keys(&dh1, &t0, &identity_box));
    Ok(Initiated { session, front: front(&clear, &identity_box, initiation.purpose) })
}

impl Initiated {
    /// The session's id.
    pub const fn session_id(&self) -> &SessionId {
        self.session.id()
    }

    /// Whom the session will be with.
    pub const fn peer(&self) -> &AgentId {
        self.session.peer()
    }

    /// Seals the first content: the whole first flight, and the session after it.
    ///
    /// A knock must fit 8 KiB; other first flights may fill the largest envelope.
    pub fn seal(
        self,
        rng: &mut impl CryptoRng,
        device: &DeviceKeys,
        content: &Content,
    ) -> Result<(Vec<u8>, Session), SealError> {
        let Self { mut session, front } = self;
        let envelope = session.seal_after(rng, device, content, front)?;
        Ok((envelope, session))
    }
}

impl std::fmt::Debug for Initiated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Initiated(..)")
    }
}

fn check(initiation: &Initiation<'_>) -> Result<(), InitiateError> {
    let Initiation { device, certificate, bundle, invite, purpose, reply_lane: _ } = initiation;
    if *certificate.device() != device.device_key() || *certificate.agreement() != device.agreement_key() {
        return Err(InitiateError::OtherDevice);
    }
    if certificate.id() == bundle.certificate().id() {
        return Err(InitiateError::Oneself);
    }
    if matches!(purpose, Purpose::Invite) != invite.is_some() {
        return Err(InitiateError::InviteParts);
    }
    if purpose.is_consistent(certificate.epoch(), invite.is_some()) { Ok(()) } else { Err(InitiateError::OtherEpoch) }
}

/// The clear part and the secrets behind it. The ephemeral key ends here.
fn agree(rng: &mut impl CryptoRng, initiation: &Initiation<'_>) -> Result<(Clear, Secrets), InitiateError> {
    let (bundle, invite) = (initiation.bundle, initiation.invite.as_ref());
    let ephemeral = AgreementSecret::generate(rng);
    let (ct, kem) = responding(initiation).kem.encapsulate(rng);
    let clear = Clear {
        bundle_hash: *bundle.hash(),
        invite_id: invite.map(|invite| *invite.one_time.invite_id()),
        ephemeral: ephemeral.public_key(),
        ct,
    };
    let secrets = Secrets {
        dh2: agreed(&ephemeral, bundle.certificate().agreement())?,
        dh3: agreed(&ephemeral, bundle.agreement())?,
        dh4: invite.map(|invite| agreed(&ephemeral, invite.one_time.agreement())).transpose()?,
        kem,
        psk: invite.map(|invite| invite.psk.clone()),
    };
    Ok((clear, secrets))
}

fn agreed(ours: &AgreementSecret, theirs: &AgreementKey) -> Result<SharedSecret, InitiateError> {
    ours.agree(theirs).map_err(|_| InitiateError::DegenerateKey)
}

fn responding<'a>(initiation: &Initiation<'a>) -> Responding<'a> {
    let (bundle, one_time) = (initiation.bundle, initiation.invite.as_ref().map(|invite| invite.one_time));
    Responding {
        id: bundle.certificate().id(),
        one_time: one_time.map(VerifiedOneTime::agreement),
        kem: one_time.map_or_else(|| bundle.kem(), VerifiedOneTime::kem),
    }
}

fn seal_identity(
    rng: &mut impl CryptoRng,
    initiation: &Initiation<'_>,
    keys: &FirstKeys,
    t0: &[u8; 32],
) -> Result<Vec<u8>, InitiateError> {
    let identity = Identity {
        certificate: initiation.certificate.clone(),
        reply_lane: initiation.reply_lane.clone(),
        purpose: initiation.purpose,
    };
    let plain = identity.to_bytes(initiation.device, t0, initiation.bundle.certificate().id());
    aead::seal(rng, keys.identity.as_bytes(), &schedule::box_ad(t0), &plain).map_err(|_| InitiateError::Seal)
}

fn start(initiation: &Initiation<'_>, keys: SessionKeys) -> Session {
    let (certificate, bundle) = (initiation.certificate, initiation.bundle);
    let start = Start {
        ours: Ourselves { id: *certificate.id(), device: *certificate.device() },
        peer: bundle.certificate().clone(),
        counter: initiation.purpose.counter(certificate.epoch()),
        responder_epoch: bundle.certificate().epoch(),
        root: keys.root,
        initiator_header: keys.initiator_header,
        responder_header: keys.responder_header,
        id: keys.id,
    };
    start.initiator(*bundle.agreement())
}

fn front(clear: &Clear, identity_box: &[u8], purpose: Purpose) -> Front {
    let kind = Kind::FirstFlight;
    let mut writer = Writer::new();
    writer.fixed(&kind.outer());
    clear.write(&mut writer);
    writer.fixed(identity_box);
    let max_bytes = if matches!(purpose, Purpose::Knock) { MAX_KNOCK_BYTES } else { MAX_ENVELOPE_BYTES };
    Front { kind, bytes: writer.finish(), max_bytes }
}
