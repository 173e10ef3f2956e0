//! One agent: its keys and prekeys, an invite, and its sessions with one peer.

use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::card::KnockPolicy;
use a2a_proto::certificate::Certificate;
use a2a_proto::content::{Body, Content, Parts, Receipt, ReceiptKind, ReportReason};
use a2a_proto::counter::Counter;
use a2a_proto::handshake::{FirstFlight, Initiation, InviteKeys, InviteSecrets, Purpose, Responder, initiate, respond};
use a2a_proto::id::{EnvelopeId, InviteId, LaneId, MessageId};
use a2a_proto::invite::{Invite, InviteSecret, token_hash};
use a2a_proto::keys::{DeviceKeys, Entropy};
use a2a_proto::lane::{DepositProof, LaneKey, LaneOffer, LaneRequest};
use a2a_proto::pow::{KnockProof, KnockWork};
use a2a_proto::prekey::{BundleTerms, OneTimeSecret, PrekeySecret, VerifiedBundle, VerifiedOneTime};
use a2a_proto::ratchet::{OpenError, Opened, Session};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use getrandom::SysRng;
use rand_core::{TryRng, UnwrapErr};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::fields::{Fields, b64};

/// Why something was not done; for the driver only.
#[derive(Debug)]
pub(crate) struct Refusal(pub(crate) &'static str);

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn random() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

fn refused<E>(_: E) -> Refusal {
    Refusal("refused")
}

fn outcome(error: OpenError) -> Refusal {
    Refusal(match error {
        OpenError::NotForThisSession => "not_for_session",
        OpenError::AlreadyUsed => "used",
        OpenError::TooFarAhead => "too_far_ahead",
        _ => "invalid",
    })
}

pub(crate) struct Agent {
    now: Timestamp,
    name: String,
    relay: RelayAuthority,
    device: DeviceKeys,
    certificate: Certificate,
    prekey: PrekeySecret,
    bundle: Vec<u8>,
    lane: LaneOffer,
    invite: Option<(InviteId, InviteSecret, OneTimeSecret)>,
    seen: Vec<[u8; 32]>,
    sessions: Vec<Session>,
    sent: u64,
    previous: [u8; 32],
}

impl Agent {
    pub(crate) fn new(name: &str, now: u64) -> Result<Self, Refusal> {
        let (now, mut rng) = (Timestamp::from_millis(now), random());
        let root = Entropy::generate(&mut rng).root_key();
        let device = DeviceKeys::generate(&mut rng);
        let certificate = Certificate::issue(&root, &device, 1, now, now.plus(DAY)).map_err(refused)?;
        let prekey = PrekeySecret::generate(&mut rng, 1, now);
        let relay: RelayAuthority = format!("{name}.example.org").parse().map_err(refused)?;
        let terms = BundleTerms {
            certificate: &certificate,
            prekey: &prekey,
            knocks: KnockPolicy::Pow,
            relay: &relay,
            created: now,
        };
        let bundle = terms.sign(&device);
        let mut key = [0; 32];
        rng.try_fill_bytes(&mut key).map_err(refused)?;
        let lane = LaneOffer { relay: relay.clone(), lane: LaneId::random(&mut rng), key: LaneKey::from_bytes(key) };
        Ok(Self {
            now,
            name: name.to_owned(),
            relay,
            device,
            certificate,
            prekey,
            bundle,
            lane,
            invite: None,
            seen: Vec::new(),
            sessions: Vec::new(),
            sent: 0,
            previous: [0; 32],
        })
    }

    pub(crate) fn shown(&self) -> Value {
        json!({ "id": self.certificate.id().to_string(), "certificate": b64(self.certificate.as_bytes()), "bundle": b64(&self.bundle) })
    }

    /// Makes an invite, and keeps it open until a first flight uses it.
    pub(crate) fn invite(&mut self, _: Fields<'_>) -> Result<Value, Refusal> {
        let mut rng = random();
        let (id, secret) = (InviteId::random(&mut rng), InviteSecret::generate(&mut rng));
        let invite = Invite {
            agent: *self.certificate.id(),
            name: self.name.clone(),
            relay: self.relay.clone(),
            id,
            secret: secret.clone(),
            lane: self.lane.clone(),
            scopes: vec![Scope::message()],
            expires_at: self.now.plus(DAY),
        };
        self.invite = Some((id, secret, OneTimeSecret::generate(&mut rng)));
        Ok(json!({ "link": *invite.to_link() }))
    }

    /// What the relay would hand to the holder of the invite's token.
    pub(crate) fn fetch(&self, request: Fields<'_>) -> Result<Value, Refusal> {
        let (id, secret, one_time) = self.invite.as_ref().ok_or(Refusal("no invite"))?;
        let is_holder = token_hash(&request.array("token")?) == token_hash(&secret.fetch_token());
        if !is_holder || *id.as_bytes() != request.array("invite_id")? {
            return Err(Refusal("refused"));
        }
        let pair = one_time.sign(&self.device, &self.certificate, id);
        Ok(json!({ "bundle": b64(&self.bundle), "one_time": b64(pair) }))
    }

    /// A first flight to a peer: a knock, a reset, or the taking up of an invite link.
    pub(crate) fn start(&mut self, request: Fields<'_>) -> Result<Value, Refusal> {
        let peer = request.text("id")?.parse().map_err(refused)?;
        let bundle = VerifiedBundle::parse(&request.bytes("bundle")?, &peer, self.now).map_err(refused)?;
        let invite = request.has("link").then(|| request.text("link")).transpose()?;
        let invite = invite.map(Invite::parse).transpose().map_err(refused)?;
        let fetched = match &invite {
            Some(invite) if invite.agent == peer => Some(
                VerifiedOneTime::parse(&request.bytes("one_time")?, bundle.certificate(), &invite.id)
                    .map_err(refused)?,
            ),
            Some(_) => return Err(Refusal("another's invite")),
            None => None,
        };
        let keys = invite.as_ref().zip(fetched.as_ref());
        let initiation = Initiation {
            device: &self.device,
            certificate: &self.certificate,
            bundle: &bundle,
            invite: keys.map(|(invite, one_time)| InviteKeys { one_time, psk: invite.secret.psk() }),
            purpose: purpose(request)?,
            reply_lane: &self.lane,
        };
        let initiated = initiate(&mut random(), &initiation).map_err(refused)?;
        let content = self.content(request.part("content")?)?;
        let (envelope, session) = initiated.seal(&mut random(), &self.device, &content).map_err(refused)?;
        self.sessions.push(session);
        Ok(json!({ "envelope": b64(envelope) }))
    }

    pub(crate) fn answer(&mut self, request: Fields<'_>) -> Result<Value, Refusal> {
        let first = FirstFlight::parse(&request.bytes("envelope")?).map_err(|_| Refusal("not_for_session"))?;
        if self.seen.contains(&first.replay_key()) {
            return Err(Refusal("used"));
        }
        let named = first.invite_id().map(|id| *id.as_bytes());
        let invite = self.invite.as_ref().filter(|(id, ..)| named == Some(*id.as_bytes()));
        let responder = Responder {
            device: &self.device,
            certificate: &self.certificate,
            prekey: &self.prekey,
            bundle_hash: Sha256::digest(&self.bundle).into(),
            invite: invite.map(|(_, secret, one_time)| InviteSecrets { one_time, psk: secret.psk() }),
        };
        let responded = respond(&first, &responder, self.now).map_err(outcome)?;
        self.seen.push(first.replay_key());
        if matches!(responded.purpose, Purpose::Invite) {
            self.invite = None;
        }
        let (purpose, counter, quoted) = match responded.purpose {
            Purpose::Knock => ("knock", Counter::new(0, 0), None),
            Purpose::Invite => ("invite", Counter::new(0, 0), None),
            Purpose::Reset { counter, quoted } => ("reset", counter, quoted),
        };
        let mut said = what_it_says(&responded.opened);
        said["id"] = json!(responded.peer.to_string());
        said["purpose"] = json!(purpose);
        said["counter"] = json!([counter.epoch, counter.number]);
        said["quoted"] = json!(quoted.map(b64));
        said["reply_lane"] = lane_fields(&responded.reply_lane);
        self.sessions.push(responded.session);
        Ok(said)
    }

    /// The session to send on: the one that outranks all others.
    fn newest(&self) -> Result<usize, Refusal> {
        let is_newest = |one: &usize| {
            self.sessions.iter().enumerate().all(|(at, other)| at == *one || self.sessions[*one].outranks(other))
        };
        (0..self.sessions.len()).find(is_newest).ok_or(Refusal("no session"))
    }

    pub(crate) fn seal(&mut self, request: Fields<'_>) -> Result<Value, Refusal> {
        let (content, at) = (self.content(request)?, self.newest()?);
        let (envelope, next) = self.sessions[at].seal(&mut random(), &self.device, &content).map_err(refused)?;
        self.sessions[at] = next;
        Ok(json!({ "envelope": b64(envelope), "session": b64(self.sessions[at].id().as_bytes()) }))
    }

    pub(crate) fn open(&mut self, request: Fields<'_>) -> Result<Value, Refusal> {
        let envelope = request.bytes("envelope")?;
        for session in &mut self.sessions {
            match session.open(&envelope, self.now) {
                Ok((opened, next)) => {
                    *session = next;
                    return Ok(what_it_says(&opened));
                }
                Err(OpenError::NotForThisSession) => {}
                Err(error) => return Err(outcome(error)),
            }
        }
        Err(Refusal("not_for_session"))
    }

    /// The next content, in its place in our chain.
    fn content(&mut self, request: Fields<'_>) -> Result<Content, Refusal> {
        self.sent += 1;
        let content = Content {
            message_id: MessageId::new(self.now, &mut random()),
            position: Counter::new(1, self.sent),
            previous: self.previous,
            sent_at: self.now,
            body: body(request)?,
        };
        self.previous = content.digest();
        Ok(content)
    }

    /// A proof over the deposit of an envelope through the lane that the peer gave us.
    pub(crate) fn prove(&self, request: Fields<'_>) -> Result<Value, Refusal> {
        let lane = request.part("lane")?;
        let (authority, body) = (lane.text("relay")?.parse().map_err(refused)?, request.bytes("envelope")?);
        let deposit = deposit(&authority, &body);
        let (key, id) = (LaneKey::from_bytes(lane.array("key")?), LaneId::from_bytes(lane.array("lane_id")?));
        let proof = DepositProof::sign(&key, id, EnvelopeId::random(&mut random()), self.now, &deposit);
        Ok(json!({ "header": proof.to_header() }))
    }

    /// What our relay would do with a deposit on our lane.
    pub(crate) fn check(&self, request: Fields<'_>) -> Result<Value, Refusal> {
        let proof: DepositProof = request.text("header")?.parse().map_err(refused)?;
        let body = request.bytes("envelope")?;
        let is_sound = proof.lane == self.lane.lane
            && proof.verify(&self.lane.key, &deposit(&self.relay, &body))
            && proof.is_fresh(self.now);
        if is_sound { Ok(json!({ "lane": true })) } else { Err(Refusal("refused")) }
    }

    pub(crate) fn check_knock(&self, request: Fields<'_>) -> Result<Value, Refusal> {
        let proof: KnockProof = request.text("header")?.parse().map_err(refused)?;
        let envelope = request.bytes("envelope")?;
        let work = KnockWork {
            challenge: &proof.challenge,
            authority: &self.relay,
            recipient: self.certificate.id(),
            envelope: &envelope,
        };
        let bits = if proof.recipient == *self.certificate.id() { work.bits(proof.nonce) } else { 0 };
        Ok(json!({ "bits": bits }))
    }
}

const fn deposit<'a>(authority: &'a RelayAuthority, body: &'a [u8]) -> LaneRequest<'a> {
    LaneRequest { method: "POST", authority, path: "/api/deposit", body }
}

fn purpose(request: Fields<'_>) -> Result<Purpose, Refusal> {
    Ok(match request.text("purpose")? {
        "knock" => Purpose::Knock,
        "invite" => Purpose::Invite,
        _ => Purpose::Reset {
            counter: Counter::new(1, request.number("number")?),
            quoted: request.has("quoted").then(|| request.array("quoted")).transpose()?,
        },
    })
}

fn body(request: Fields<'_>) -> Result<Body, Refusal> {
    let delivered = |of: Fields<'_>| {
        Ok(Receipt {
            kind: ReceiptKind::Delivered,
            message_id: MessageId::from_bytes(of.array("message_id")?),
            digest: of.array("digest")?,
        })
    };
    Ok(match request.text("kind")? {
        "message" => Body::Message {
            scope: Scope::message(),
            subject: String::new(),
            body: request.text("text")?.to_owned(),
            reply_to: None,
            parts: Parts::default(),
        },
        "receipts" => Body::Receipts(request.list("of").map(delivered).collect::<Result<_, Refusal>>()?),
        "report" => Body::Report { nonce: request.array("nonce")?, reason: ReportReason::Fork },
        _ => Body::Ack {},
    })
}

fn lane_fields(lane: &LaneOffer) -> Value {
    json!({ "relay": lane.relay.as_str(), "lane_id": b64(lane.lane.as_bytes()), "key": b64(lane.key.as_bytes()) })
}

fn what_it_says(opened: &Opened) -> Value {
    let content = opened.content();
    let mut said = json!({
        "session": b64(opened.session().as_bytes()),
        "message_id": b64(content.message_id.as_bytes()),
        "number": content.position.number,
        "previous": b64(content.previous),
        "digest": b64(opened.digest()),
    });
    match &content.body {
        Body::Message { body, .. } => said["text"] = json!(body),
        Body::Receipts(receipts) => {
            said["receipts"] = json!(receipts.iter().map(|r| b64(r.digest)).collect::<Vec<_>>())
        }
        Body::Report { nonce, .. } => said["nonce"] = json!(b64(nonce)),
        _ => {}
    }
    said
}
