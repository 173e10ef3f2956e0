//! Two agents with keys, prekeys and a session, made through the protocol's public interface.

use std::time::Duration;

use a2a_proto::card::KnockPolicy;
use a2a_proto::certificate::Certificate;
use a2a_proto::content::{Body, Content, Heads, Parts};
use a2a_proto::counter::Counter;
use a2a_proto::envelope;
use a2a_proto::handshake::{FirstFlight, Initiation, Purpose, Responded, Responder, initiate, respond};
use a2a_proto::id::{LaneId, MessageId};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::prekey::{BundleTerms, PrekeySecret, VerifiedBundle};
use a2a_proto::ratchet::Session;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use anyhow::Context;
use getrandom::SysRng;
use rand_core::UnwrapErr;

/// The instant at which all of it happens.
pub(crate) const NOW: Timestamp = Timestamp::from_secs(1_800_000_000);
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

/// The system's randomness, as the sidecar uses it.
pub(crate) const fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// An agent.
pub(crate) struct Person {
    pub(crate) device: DeviceKeys,
    pub(crate) certificate: Certificate,
    pub(crate) prekey: PrekeySecret,
    pub(crate) bundle: VerifiedBundle,
    pub(crate) lane: LaneOffer,
}

impl Person {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Self::at(NOW)
    }

    /// Somebody whose certificate and prekeys hold at that instant.
    pub(crate) fn at(now: Timestamp) -> anyhow::Result<Self> {
        let (root, device) = (Entropy::generate(&mut rng()).root_key(), DeviceKeys::generate(&mut rng()));
        let certificate = Certificate::issue(&root, &device, 1, now.minus(DAY), now.plus(DAY.saturating_mul(300)))?;
        let prekey = PrekeySecret::generate(&mut rng(), 1, now);
        let relay = "relay.example.org".parse()?;
        let terms = BundleTerms {
            certificate: &certificate,
            prekey: &prekey,
            knocks: KnockPolicy::Pow,
            relay: &relay,
            created: now,
        };
        let bundle = VerifiedBundle::parse(&terms.sign(&device), certificate.id(), now)?;
        let lane = LaneOffer { relay, lane: LaneId::random(&mut rng()), key: LaneKey::from_bytes([7; 32]) };
        Ok(Self { device, certificate, prekey, bundle, lane })
    }

    /// Makes a knock's first flight to `peer`.
    pub(crate) fn knock(&self, peer: &Self) -> anyhow::Result<(Vec<u8>, Session)> {
        let initiation = Initiation {
            device: &self.device,
            certificate: &self.certificate,
            bundle: &peer.bundle,
            invite: None,
            purpose: Purpose::Knock,
            reply_lane: &self.lane,
        };
        Ok(initiate(&mut rng(), &initiation)?.seal(&mut rng(), &self.device, &hello()?)?)
    }

    /// Opens a knock's first flight.
    pub(crate) fn answer(&self, flight: &[u8]) -> anyhow::Result<Responded> {
        let responder = Responder {
            device: &self.device,
            certificate: &self.certificate,
            prekey: &self.prekey,
            bundle_hash: *self.bundle.hash(),
            invite: None,
        };
        Ok(respond(&FirstFlight::parse(flight)?, &responder, NOW)?)
    }
}

/// Two agents in a session that has turned a few times, so that every step has its ML-KEM part.
pub(crate) struct Pair {
    pub(crate) alice: Person,
    pub(crate) bob: Person,
    pub(crate) at_alice: Session,
    pub(crate) at_bob: Session,
}

impl Pair {
    pub(crate) fn new() -> anyhow::Result<Self> {
        let (alice, bob) = (Person::new()?, Person::new()?);
        let (flight, at_alice) = alice.knock(&bob)?;
        let at_bob = bob.answer(&flight)?.session;
        let mut pair = Self { alice, bob, at_alice, at_bob };
        for _ in 0..2 {
            pair.bob_writes()?;
            pair.alice_writes()?;
        }
        Ok(pair)
    }

    /// Alice seals, Bob opens.
    pub(crate) fn alice_writes(&mut self) -> anyhow::Result<()> {
        let (envelope, next) = self.at_alice.seal(&mut rng(), &self.alice.device, &message(1024)?)?;
        self.at_alice = next;
        self.at_bob = self.at_bob.open(&envelope, NOW)?.1;
        Ok(())
    }

    /// Bob seals, Alice opens.
    pub(crate) fn bob_writes(&mut self) -> anyhow::Result<()> {
        let (envelope, next) = self.at_bob.seal(&mut rng(), &self.bob.device, &message(1024)?)?;
        self.at_bob = next;
        self.at_alice = self.at_alice.open(&envelope, NOW)?.1;
        Ok(())
    }
}

/// A message whose text has `length` bytes.
pub(crate) fn message(length: usize) -> anyhow::Result<Content> {
    let body = Body::Message {
        scope: Scope::message(),
        subject: String::new(),
        body: "m".repeat(length),
        reply_to: None,
        parts: Parts::default(),
    };
    content(body)
}

fn hello() -> anyhow::Result<Content> {
    content(Body::Hello {
        display_name: "Alice".to_owned(),
        relay: "relay.example.org".parse()?,
        requested: vec![Scope::message()],
        granted: vec![Scope::message()],
        text: "May I write to you?".to_owned(),
        heads: Heads::default(),
    })
}

fn content(body: Body) -> anyhow::Result<Content> {
    let content = Content {
        message_id: MessageId::new(NOW, &mut rng()),
        position: Counter::new(1, 1),
        previous: envelope::hash(b"the content before"),
        sent_at: NOW,
        body,
    };
    content.check().context("the content breaks a bound")?;
    Ok(content)
}
