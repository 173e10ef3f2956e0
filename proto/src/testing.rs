//! People for the tests: seeded randomness, identities with bundles, and pairs whose sessions have begun.

use rand_core::{TryCryptoRng, TryRng};
use std::convert::Infallible;
use zeroize::Zeroizing;

use crate::address::RelayAuthority;
use crate::card::KnockPolicy;
use crate::certificate::Certificate;
use crate::content::{Body, Content, Heads, Parts};
use crate::counter::Counter;
use crate::handshake::{
    FirstFlight, Initiated, Initiation, InviteKeys, InviteSecrets, Purpose, Responded, Responder, initiate, respond,
};
use crate::id::{InviteId, LaneId, MessageId};
use crate::invite::InviteSecret;
use crate::keys::{DeviceKeys, Entropy};
use crate::lane::{LaneKey, LaneOffer};
use crate::prekey::{BundleTerms, OneTimeSecret, PrekeySecret, VerifiedBundle, VerifiedOneTime};
use crate::primitives::kdf::sha256;
use crate::ratchet::{OpenError, Session};
use crate::scope::Scope;
use crate::time::Timestamp;

pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
pub(crate) const DAY: std::time::Duration = std::time::Duration::from_secs(24 * 60 * 60);

/// Block `i` of the stream is SHA-256(seed ‖ i as u64), so that another program can draw the same.
pub(crate) struct SeededRng {
    seed: [u8; 32],
    next: u64,
    left: Vec<u8>,
}

impl SeededRng {
    pub(crate) fn new(seed: &str) -> Self {
        Self { seed: sha256(&[seed.as_bytes()]), next: 0, left: Vec::new() }
    }
}

impl TryRng for SeededRng {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u32::from_be_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        self.try_fill_bytes(&mut bytes)?;
        Ok(u64::from_be_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, target: &mut [u8]) -> Result<(), Infallible> {
        for byte in target {
            if self.left.is_empty() {
                self.left = sha256(&[&self.seed, &self.next.to_be_bytes()]).to_vec();
                self.next += 1;
            }
            *byte = self.left.remove(0);
        }
        Ok(())
    }
}

impl TryCryptoRng for SeededRng {}

/// An agent with everything that a handshake needs.
pub(crate) struct Person {
    pub(crate) device: DeviceKeys,
    pub(crate) certificate: Certificate,
    pub(crate) prekey: PrekeySecret,
    pub(crate) bundle: Vec<u8>,
    pub(crate) lane: LaneOffer,
}

impl Person {
    pub(crate) fn new(name: &'static str) -> Self {
        Self::at_epoch(name, 1)
    }

    pub(crate) fn at_epoch(name: &'static str, epoch: u32) -> Self {
        let mut rng = SeededRng::new(&format!("{name} {epoch}"));
        let root = Entropy::from_bytes(sha256(&[name.as_bytes()])).root_key();
        let device = DeviceKeys::generate(&mut rng);
        let certificate =
            Certificate::issue(&root, &device, epoch, NOW.minus(DAY), NOW.plus(DAY.saturating_mul(300))).unwrap();
        let prekey = PrekeySecret::generate(&mut rng, 7, NOW.minus(DAY));
        let relay: RelayAuthority = format!("{name}.example.org").parse().unwrap();
        let terms = BundleTerms {
            certificate: &certificate,
            prekey: &prekey,
            knocks: KnockPolicy::Pow,
            relay: &relay,
            created: NOW.minus(DAY),
        };
        let bundle = terms.sign(&device);
        let lane = LaneOffer {
            relay,
            lane: LaneId::random(&mut rng),
            key: LaneKey::from_bytes(sha256(&[b"lane", name.as_bytes()])),
        };
        Self { device, certificate, prekey, bundle, lane }
    }

    pub(crate) fn verified_bundle(&self) -> VerifiedBundle {
        VerifiedBundle::parse(&self.bundle, self.certificate.id(), NOW).unwrap()
    }

    pub(crate) fn initiate(&self, rng: &mut SeededRng, peer: &Self, purpose: Purpose) -> Initiated {
        let bundle = peer.verified_bundle();
        initiate(rng, &self.initiation(&bundle, purpose)).unwrap()
    }

    pub(crate) fn initiation<'a>(&'a self, bundle: &'a VerifiedBundle, purpose: Purpose) -> Initiation<'a> {
        Initiation {
            device: &self.device,
            certificate: &self.certificate,
            bundle,
            invite: None,
            purpose,
            reply_lane: &self.lane,
        }
    }

    pub(crate) fn responder(&self) -> Responder<'_> {
        Responder {
            device: &self.device,
            certificate: &self.certificate,
            prekey: &self.prekey,
            bundle_hash: sha256(&[&self.bundle]),
            invite: None,
        }
    }

    pub(crate) fn respond(&self, envelope: &[u8]) -> Result<Responded, OpenError> {
        respond(&FirstFlight::parse(envelope).unwrap(), &self.responder(), NOW)
    }
}

/// An invite on its maker's side, and what its holder fetches.
pub(crate) struct TestInvite {
    pub(crate) id: InviteId,
    pub(crate) secret: InviteSecret,
    pub(crate) one_time: OneTimeSecret,
    pub(crate) published: Vec<u8>,
}

impl TestInvite {
    pub(crate) fn by(maker: &Person, rng: &mut SeededRng) -> Self {
        let (id, secret, one_time) = (InviteId::random(rng), InviteSecret::generate(rng), OneTimeSecret::generate(rng));
        let published = one_time.sign(&maker.device, &maker.certificate, &id);
        Self { id, secret, one_time, published }
    }

    pub(crate) fn fetched(&self, maker: &Person) -> VerifiedOneTime {
        VerifiedOneTime::parse(&self.published, &maker.certificate, &self.id).unwrap()
    }

    pub(crate) fn keys<'a>(&self, one_time: &'a VerifiedOneTime) -> InviteKeys<'a> {
        InviteKeys { one_time, psk: self.secret.psk() }
    }

    pub(crate) fn secrets(&self) -> InviteSecrets<'_> {
        InviteSecrets { one_time: &self.one_time, psk: self.psk() }
    }

    pub(crate) fn psk(&self) -> Zeroizing<[u8; 32]> {
        self.secret.psk()
    }
}

/// Two people whose sessions have begun with a knock by the first.
pub(crate) struct Pair {
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) at_alice: Session,
    pub(crate) at_bob: Session,
    pub(crate) rng: SeededRng,
    /// The knock, as it travelled.
    pub(crate) first: Vec<u8>,
}

impl Pair {
    pub(crate) fn new(seed: &str) -> Self {
        let (alice, bob, mut rng) = (Person::new("alice"), Person::new("bob"), SeededRng::new(seed));
        let initiated = alice.initiate(&mut rng, &bob, Purpose::Knock);
        let (first, at_alice) = initiated.seal(&mut rng, &alice.device, &hello(0)).unwrap();
        let at_bob = bob.respond(&first).unwrap().session;
        Self { alice, bob, at_alice, at_bob, rng, first }
    }

    pub(crate) fn alice_seals(&mut self, content: &Content) -> Vec<u8> {
        let (envelope, next) = self.at_alice.seal(&mut self.rng, &self.alice.device, content).unwrap();
        self.at_alice = next;
        envelope
    }

    pub(crate) fn bob_seals(&mut self, content: &Content) -> Vec<u8> {
        let (envelope, next) = self.at_bob.seal(&mut self.rng, &self.bob.device, content).unwrap();
        self.at_bob = next;
        envelope
    }

    pub(crate) fn alice_opens(&mut self, envelope: &[u8]) -> Result<Content, OpenError> {
        let (opened, next) = self.at_alice.open(envelope, NOW)?;
        self.at_alice = next;
        Ok(opened.into_content())
    }

    pub(crate) fn bob_opens(&mut self, envelope: &[u8]) -> Result<Content, OpenError> {
        let (opened, next) = self.at_bob.open(envelope, NOW)?;
        self.at_bob = next;
        Ok(opened.into_content())
    }
}

pub(crate) fn hello(number: u64) -> Content {
    let body = Body::Hello {
        display_name: "Alice".to_owned(),
        relay: "alice.example.org".parse().unwrap(),
        requested: vec![Scope::message()],
        granted: vec![Scope::message()],
        text: "May I write to you?".to_owned(),
        heads: Heads::default(),
    };
    content(number, body)
}

pub(crate) fn message(number: u64, text: &str) -> Content {
    let body = Body::Message {
        scope: Scope::message(),
        subject: "Thursday".to_owned(),
        body: text.to_owned(),
        reply_to: None,
        parts: Parts::default(),
    };
    content(number, body)
}

pub(crate) fn content(number: u64, body: Body) -> Content {
    let mut id = [0; 16];
    id[8..].copy_from_slice(&number.to_be_bytes());
    Content {
        message_id: MessageId::from_bytes(id),
        position: Counter::new(1, number),
        previous: [0; 32],
        sent_at: NOW,
        body,
    }
}
