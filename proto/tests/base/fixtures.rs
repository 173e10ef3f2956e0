//! One agent with everything it owns, from fixed randomness, so that bytes can be pinned.

use std::convert::Infallible;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::card::{Capability, Card, KnockPolicy};
use a2a_proto::certificate::Certificate;
use a2a_proto::counter::Counter;
use a2a_proto::id::{InviteId, LaneId};
use a2a_proto::invite::{Invite, InviteSecret};
use a2a_proto::keys::{DeviceKeys, Entropy, RootKey};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::prekey::{BundleTerms, OneTimeSecret, PrekeySecret};
use a2a_proto::time::Timestamp;
use rand_core::{TryCryptoRng, TryRng};
use sha2::{Digest, Sha256};

pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);
pub(crate) const NOW: Timestamp = Timestamp::from_millis(1_800_000_000_000);

/// Random bytes that are the same in every run: SHA-256(seed ‖ counter).
pub(crate) struct FixedRng(u64, u64);

impl FixedRng {
    pub(crate) const fn new(seed: u64) -> Self {
        Self(seed, 0)
    }
}

impl TryRng for FixedRng {
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

    fn try_fill_bytes(&mut self, destination: &mut [u8]) -> Result<(), Infallible> {
        for chunk in destination.chunks_mut(32) {
            let block = Sha256::new().chain_update(self.0.to_be_bytes()).chain_update(self.1.to_be_bytes()).finalize();
            chunk.copy_from_slice(&block[..chunk.len()]);
            self.1 += 1;
        }
        Ok(())
    }
}

impl TryCryptoRng for FixedRng {}

pub(crate) struct World {
    pub(crate) rng: FixedRng,
    pub(crate) root: RootKey,
    pub(crate) device: DeviceKeys,
    pub(crate) certificate: Certificate,
    pub(crate) relay: RelayAuthority,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let mut rng = FixedRng::new(seed);
        let root = Entropy::generate(&mut rng).root_key();
        let device = DeviceKeys::generate(&mut rng);
        let certificate = Certificate::issue(&root, &device, 3, NOW.minus(DAY), NOW.plus(DAY * 300)).unwrap();
        Self { rng, root, device, certificate, relay: "relay.example.org:8443".parse().unwrap() }
    }

    pub(crate) fn card(&self) -> Card {
        Card {
            certificate: self.certificate.clone(),
            display_name: "Bob's agent".to_owned(),
            handle: Some("bob".parse().unwrap()),
            relay: self.relay.clone(),
            capabilities: vec![capability("api-review"), capability("scheduling")],
            listed: true,
            knocks: KnockPolicy::Pow,
            sequence: Counter::new(3, 7),
            updated_at: NOW,
        }
    }

    pub(crate) fn prekey(&mut self) -> PrekeySecret {
        PrekeySecret::generate(&mut self.rng, 5, NOW)
    }

    pub(crate) fn bundle(&mut self) -> Vec<u8> {
        let prekey = self.prekey();
        self.terms(&prekey, NOW).sign(&self.device)
    }

    pub(crate) fn terms<'a>(&'a self, prekey: &'a PrekeySecret, created: Timestamp) -> BundleTerms<'a> {
        BundleTerms { certificate: &self.certificate, prekey, knocks: KnockPolicy::Pow, relay: &self.relay, created }
    }

    pub(crate) fn one_time(&mut self, invite_id: &InviteId) -> Vec<u8> {
        OneTimeSecret::generate(&mut self.rng).sign(&self.device, &self.certificate, invite_id)
    }

    pub(crate) fn invite(&mut self) -> Invite {
        Invite {
            agent: *self.certificate.id(),
            name: "Bob".into(),
            relay: self.relay.clone(),
            id: InviteId::random(&mut self.rng),
            secret: InviteSecret::generate(&mut self.rng),
            lane: self.lane_offer(),
            scopes: vec!["message".parse().unwrap(), "scheduling".parse().unwrap()],
            expires_at: NOW.plus(DAY * 7),
        }
    }

    pub(crate) fn lane_offer(&mut self) -> LaneOffer {
        let mut key = [0; 32];
        self.rng.try_fill_bytes(&mut key).unwrap();
        let lane = LaneId::random(&mut self.rng);
        LaneOffer { relay: self.relay.clone(), lane, key: LaneKey::from_bytes(key) }
    }
}

pub(crate) fn capability(id: &str) -> Capability {
    Capability {
        id: id.to_owned(),
        title: format!("Does {id}"),
        description: "Takes a request\nand answers it.".to_owned(),
        schema: Some(r#"{"type":"object"}"#.to_owned()),
    }
}

/// Holds that a reader refuses every truncation, every extension and every changed byte of what it accepts.
pub(crate) fn refuses_all_damage(bytes: &[u8], accepts: impl Fn(&[u8]) -> bool) {
    assert!(accepts(bytes), "the undamaged bytes");
    for length in 0..bytes.len() {
        assert!(!accepts(&bytes[..length]), "cut to {length} bytes");
    }
    assert!(!accepts(&[bytes, &[0]].concat()), "one byte longer");
    // Long runs of key material need not be changed at every place.
    let step = bytes.len() / 400 + 1;
    for at in (0..bytes.len()).step_by(step) {
        let mut changed = bytes.to_vec();
        changed[at] ^= 1;
        assert!(!accepts(&changed), "byte {at} changed");
    }
}
