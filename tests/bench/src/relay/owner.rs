//! Mailboxes to measure with: owners who register, sign in and open lanes, as sidecars do.

use std::net::SocketAddr;
use std::time::Duration;

use a2a_proto::access::{RegistrationProof, SessionProof};
use a2a_proto::address::RelayAuthority;
use a2a_proto::api::{Challenge, OpenLane, OpenedLane, Registration, SessionRequest, SessionToken};
use a2a_proto::certificate::Certificate;
use a2a_proto::id::{EnvelopeId, LaneId};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{DepositProof, LANE_HEADER, LaneKey, LaneRequest};
use a2a_proto::time::Timestamp;
use anyhow::{Context, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::people::rng;

/// The smallest envelope, which most messages fill.
pub(super) const ENVELOPE_BYTES: usize = 4096;
const DEPOSIT: &str = "/api/deposit";

/// A relay as its users reach it.
#[derive(Clone)]
pub(super) struct Relay {
    pub(super) address: SocketAddr,
    authority: RelayAuthority,
    client: reqwest::Client,
}

/// An owner with a session.
pub(super) struct Owner {
    pub(super) token: String,
    relay: Relay,
}

/// The right to deposit.
#[derive(Clone)]
pub(super) struct Lane {
    pub(super) id: LaneId,
    key: LaneKey,
    authority: RelayAuthority,
}

impl Relay {
    pub(super) fn at(address: SocketAddr) -> Result<Self> {
        let client = reqwest::Client::builder().no_proxy().build()?;
        Ok(Self { address, authority: address.to_string().parse()?, client })
    }

    async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize, token: Option<&str>) -> Result<T> {
        let mut request = self.client.post(format!("http://{}{path}", self.address)).json(body);
        if let Some(token) = token {
            request = request.bearer_auth(token);
        }
        let answer = request.send().await?.error_for_status()?;
        Ok(answer.json().await?)
    }

    async fn challenge(&self) -> Result<String> {
        let challenge: Challenge = self.post("/api/session/challenge", &serde_json::json!({}), None).await?;
        Ok(challenge.challenge)
    }

    /// Registers a new agent and signs it in.
    pub(super) async fn owner(&self) -> Result<Owner> {
        let (root, device) = (Entropy::generate(&mut rng()).root_key(), DeviceKeys::generate(&mut rng()));
        let day = Duration::from_secs(24 * 60 * 60);
        let certificate = Certificate::issue(&root, &device, 1, now().minus(day), now().plus(day * 300))?;
        let challenge = self.challenge().await?;
        let proof = RegistrationProof::sign(&device, &certificate, &self.authority, &challenge);
        let registration = Registration {
            certificate: certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
            handle: None,
            registration_token: None,
        };
        self.post::<serde_json::Value>("/api/accounts", &registration, None).await?;
        let challenge = self.challenge().await?;
        let proof = SessionProof::sign(&device, &certificate, &self.authority, &challenge);
        let request = SessionRequest {
            certificate: certificate.as_bytes().as_slice().into(),
            challenge,
            signature: proof.as_bytes().as_slice().into(),
        };
        let SessionToken { token, .. } = self.post("/api/session", &request, None).await?;
        Ok(Owner { token, relay: self.clone() })
    }

    /// Many owners, a few at a time.
    pub(super) async fn owners(&self, count: usize) -> Result<Vec<Owner>> {
        let mut owners = Vec::with_capacity(count);
        while owners.len() < count {
            let some = (owners.len()..count).take(32).map(|_| {
                let relay = self.clone();
                tokio::spawn(async move { relay.owner().await })
            });
            for owner in some.collect::<Vec<_>>() {
                owners.push(owner.await??);
            }
        }
        Ok(owners)
    }
}

impl Owner {
    pub(super) async fn lane(&self) -> Result<Lane> {
        let opened: OpenedLane = self.relay.post("/api/lanes", &OpenLane::Pair, Some(&self.token)).await?;
        let key: [u8; 32] = opened.lane_key.0.as_slice().try_into().context("no lane key")?;
        Ok(Lane { id: opened.lane_id, key: LaneKey::from_bytes(key), authority: self.relay.authority.clone() })
    }

    /// Everything that waits is acknowledged.
    pub(super) async fn empty(&self) -> Result<()> {
        let url = format!("http://{}/api/mailbox/ack", self.relay.address);
        let request = self.relay.client.post(url).bearer_auth(&self.token);
        request.json(&serde_json::json!({ "through": i64::MAX })).send().await?.error_for_status()?;
        Ok(())
    }
}

impl Lane {
    /// The head of a deposit of `body`, fresh: its envelope id was never used.
    pub(super) fn head(&self, body: &[u8]) -> Vec<u8> {
        let request = LaneRequest { method: "POST", authority: &self.authority, path: DEPOSIT, body };
        let proof = DepositProof::sign(&self.key, self.id, EnvelopeId::random(&mut rng()), now(), &request);
        let host = &self.authority;
        let head = format!(
            "POST {DEPOSIT} HTTP/1.1\r\nhost: {host}\r\n{LANE_HEADER}: {}\r\n\
             content-type: application/octet-stream\r\ncontent-length: {}\r\n\r\n",
            proof.to_header(),
            body.len()
        );
        head.into_bytes()
    }
}

/// An envelope by its outer shape.
pub(super) fn envelope() -> Vec<u8> {
    let mut envelope = vec![0xa5; ENVELOPE_BYTES];
    envelope[..2].copy_from_slice(&[1, 2]);
    envelope
}

pub(super) fn now() -> Timestamp {
    a2a_relay::clock::Clock::System.now()
}
