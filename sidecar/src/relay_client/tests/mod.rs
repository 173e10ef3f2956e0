//! Tests of the relay client against a fake relay that answers well, badly, or not at all.

mod destinations;
mod fake_relay;
mod garbage;
mod lanes;
mod owner;

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::certificate::Certificate;
use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{LaneKey, LaneOffer};
use a2a_proto::time::Timestamp;

use super::*;
use crate::clock::{Clock, SystemClock};

fn client_of(own: &RelayAuthority) -> RelayClient {
    RelayClient::new(own.clone(), Arc::new(NobodyAllowed), Arc::new(SystemClock)).unwrap()
}

/// The owner allowed no host.
pub(super) struct NobodyAllowed;

impl AllowedHosts for NobodyAllowed {
    fn hold<'a>(&'a self, _: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(std::future::ready(false))
    }
}

/// The owner allowed this one host.
pub(super) struct Allowing(pub(super) &'static str);

impl AllowedHosts for Allowing {
    fn hold<'a>(&'a self, host: &'a str) -> Pin<Box<dyn Future<Output = bool> + Send + 'a>> {
        Box::pin(std::future::ready(host == self.0))
    }
}

fn owner() -> Owner {
    let device = DeviceKeys::from_bytes(&[3; DeviceKeys::SIZE]);
    let root = Entropy::from_bytes([5; 32]).root_key();
    let (from, to) = (Timestamp::EPOCH, Timestamp::EPOCH.plus(Duration::from_secs(3600)));
    let certificate = Certificate::issue(&root, &device, 1, from, to).unwrap();
    Owner { certificate, device }
}

fn agent_id() -> AgentId {
    *owner().certificate.id()
}

fn lane_at(relay: &RelayAuthority) -> LaneOffer {
    LaneOffer { relay: relay.clone(), lane: LaneId::from_bytes([1; 16]), key: LaneKey::from_bytes([2; 32]) }
}

const ENVELOPE_ID: EnvelopeId = EnvelopeId::from_bytes([4; 16]);
