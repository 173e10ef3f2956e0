//! An agent's owner as the relay meets one: a device, a session, lanes.

use std::time::Duration;

use a2a_proto::access::SessionProof;
use a2a_proto::api::mailbox::Batch;
use a2a_proto::api::{OpenLane, OpenedLane, SessionRequest, SessionToken};
use a2a_proto::card::{Capability, Card, KnockPolicy};
use a2a_proto::certificate::Certificate;
use a2a_proto::counter::Counter;
use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::keys::{DeviceKeys, Entropy, RootKey};
use a2a_proto::lane::LaneKey;
use a2a_proto::prekey::{BundleTerms, PrekeySecret};
use reqwest::{Method, RequestBuilder, Response, StatusCode};

use crate::support::{Reach, random, read, start_of_hour};

/// A lane as its holder has it.
#[derive(Clone)]
pub(crate) struct HeldLane {
    pub(crate) id: LaneId,
    pub(crate) key: LaneKey,
}

impl From<OpenedLane> for HeldLane {
    fn from(opened: OpenedLane) -> Self {
        Self { id: opened.lane_id, key: LaneKey::from_bytes(opened.lane_key.0.try_into().unwrap()) }
    }
}

/// An agent's owner with one device.
pub(crate) struct Owner {
    entropy: Entropy,
    pub(crate) device: DeviceKeys,
    pub(crate) certificate: Certificate,
    pub(crate) token: String,
}

impl Owner {
    pub(crate) fn new() -> Self {
        Self::with_device(Entropy::generate(&mut random()), 1)
    }

    pub(crate) fn with_device(entropy: Entropy, epoch: u32) -> Self {
        let root = entropy.root_key();
        let device = DeviceKeys::generate(&mut random());
        let certificate = certify(&root, &device, epoch);
        Self { entropy, device, certificate, token: String::new() }
    }

    pub(crate) fn id(&self) -> AgentId {
        *self.certificate.id()
    }

    /// The same identity's root, for another device.
    pub(crate) fn root_again(&self) -> Entropy {
        Entropy::from_bytes(*self.entropy.to_bytes())
    }

    pub(crate) async fn session(&self, relay: &Reach) -> Response {
        let challenge = relay.challenge().await;
        let proof = SessionProof::sign(&self.device, &self.certificate, &relay.authority, &challenge);
        let request = SessionRequest {
            certificate: self.certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
        };
        relay.post("/api/session", &request).await
    }

    pub(crate) async fn sign_in(&mut self, relay: &Reach) {
        self.token = read::<SessionToken>(self.session(relay).await).await.token;
    }

    pub(crate) fn call(&self, relay: &Reach, method: Method, path: &str) -> RequestBuilder {
        relay.client.request(method, relay.at(path)).bearer_auth(&self.token)
    }

    pub(crate) async fn put(&self, relay: &Reach, path: &str, body: Vec<u8>) -> StatusCode {
        let request = self.call(relay, Method::PUT, path).body(body);
        request.send().await.unwrap().status()
    }

    pub(crate) async fn open_lane(&self, relay: &Reach, lane: &OpenLane) -> HeldLane {
        let request = self.call(relay, Method::POST, "/api/lanes").json(lane);
        read::<OpenedLane>(request.send().await.unwrap()).await.into()
    }

    pub(crate) async fn pair_lane(&self, relay: &Reach) -> HeldLane {
        self.open_lane(relay, &OpenLane::Pair).await
    }

    pub(crate) async fn close_lane(&self, relay: &Reach, lane: &HeldLane) -> StatusCode {
        let path = format!("/api/lanes/{}", lane.id);
        let request = self.call(relay, Method::DELETE, &path);
        request.send().await.unwrap().status()
    }

    pub(crate) async fn collect(&self, relay: &Reach, query: &str) -> Batch {
        let path = format!("/api/mailbox?{query}");
        let answer = self.call(relay, Method::GET, &path).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
        Batch::parse(&answer.bytes().await.unwrap()).unwrap()
    }

    pub(crate) async fn acknowledge(&self, relay: &Reach, through: u64) -> StatusCode {
        let request = self.call(relay, Method::POST, "/api/mailbox/ack");
        let request = request.json(&serde_json::json!({ "through": through }));
        request.send().await.unwrap().status()
    }

    pub(crate) fn card(&self, relay: &Reach, number: u64) -> Vec<u8> {
        let card = Card {
            certificate: self.certificate.clone(),
            display_name: "Bob".into(),
            handle: None,
            relay: relay.authority.clone(),
            capabilities: vec![Capability {
                id: "review".into(),
                title: "API reviews".into(),
                description: "Reads a diff".into(),
                schema: None,
            }],
            listed: false,
            knocks: KnockPolicy::Pow,
            sequence: Counter::new(self.certificate.epoch(), number),
            updated_at: relay.now(),
        };
        card.sign(&self.device).unwrap()
    }

    pub(crate) fn bundle(&self, relay: &Reach, knocks: KnockPolicy) -> Vec<u8> {
        let prekey = PrekeySecret::generate(&mut random(), 1, relay.now());
        let terms = BundleTerms {
            certificate: &self.certificate,
            prekey: &prekey,
            knocks,
            relay: &relay.authority,
            created: relay.now(),
        };
        terms.sign(&self.device)
    }

    pub(crate) async fn publish_bundle(&self, relay: &Reach, knocks: KnockPolicy) -> Vec<u8> {
        let bundle = self.bundle(relay, knocks);
        let status = self.put(relay, "/api/prekeys", bundle.clone()).await;
        assert_eq!(status, StatusCode::NO_CONTENT);
        bundle
    }
}

pub(crate) fn certify(root: &RootKey, device: &DeviceKeys, epoch: u32) -> Certificate {
    let day = Duration::from_secs(24 * 3600);
    let now = start_of_hour();
    let times = now.minus(day)..now.plus(day * 300);
    Certificate::issue(root, device, epoch, times.start, times.end).unwrap()
}
