//! Operations on sessions: conversations replayed event by event, and one more envelope at one point of them.

use std::time::Duration;

use a2a_proto::certificate::Certificate;
use a2a_proto::content::Content;
use a2a_proto::counter::Counter;
use a2a_proto::handshake::{
    FirstFlight, Initiation, InviteKeys, InviteSecrets, Purpose, Responded, Responder, initiate, respond,
};
use a2a_proto::id::InviteId;
use a2a_proto::keys::DeviceKeys;
use a2a_proto::prekey::{VerifiedBundle, VerifiedOneTime};
use a2a_proto::ratchet::{OpenError, Session};
use a2a_proto::time::Timestamp;
use data_encoding::BASE64URL_NOPAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::contents::pair;
use crate::documents::{certificate, counter, device, offer, offer_fields, one_time, prekey};
use crate::files::{Fields, Outcome, b64, read};
use crate::seeded::Seeded;

const INITIATOR: usize = 0;
const RESPONDER: usize = 1;

fn side(name: &str) -> usize {
    if name == "initiator" { INITIATOR } else { RESPONDER }
}

fn outcome(error: OpenError) -> &'static str {
    match error {
        OpenError::NotForThisSession => "not_for_session",
        OpenError::AlreadyUsed => "used",
        OpenError::TooFarAhead => "too_far_ahead",
        OpenError::Invalid => "invalid",
        _ => panic!("an outcome that the vectors do not know"),
    }
}

/// A conversation as it is replayed.
pub(crate) struct Talk<'a> {
    said: Fields<'a>,
    now: Timestamp,
    devices: [DeviceKeys; 2],
    certificates: [Certificate; 2],
    random: [Seeded; 2],
    sessions: [Option<Session>; 2],
    envelopes: Vec<(usize, Vec<u8>)>,
    opened: Vec<Vec<u8>>,
    answered: Option<Value>,
}

impl<'a> Talk<'a> {
    pub(crate) fn new(said: Fields<'a>) -> Self {
        let people = [said.fields("initiator"), said.fields("responder")];
        let random = said.fields("random");
        Self {
            said,
            now: Timestamp::from_millis(said.number("now")),
            devices: people.map(device),
            certificates: people.map(|person| certificate(person).unwrap()),
            random: ["initiator", "responder"].map(|who| Seeded::new(random.text(who))),
            sessions: [None, None],
            envelopes: Vec::new(),
            opened: Vec::new(),
            answered: None,
        }
    }

    /// Plays the first events.
    pub(crate) fn play(mut self, events: usize) -> Self {
        self.play_on(0, events);
        self
    }

    fn play_on(&mut self, from: usize, to: usize) {
        for event in self.said.list("events").take(to).skip(from) {
            if event.has("wait") {
                self.now = self.now.plus(Duration::from_millis(event.number("wait")));
            } else if event.has("seal") {
                self.seal(side(event.text("seal")), &Content::parse(&event.bytes("content")).unwrap());
            } else {
                let (from, envelope) = self.envelopes[usize::try_from(event.number("open")).unwrap()].clone();
                self.take(1 - from, &envelope, &[]).unwrap();
            }
        }
    }

    fn seal(&mut self, who: usize, content: &Content) {
        let (envelope, session) = match &self.sessions[who] {
            Some(session) => session.seal(&mut self.random[who], &self.devices[who], content).unwrap(),
            None => self.first(content),
        };
        self.sessions[who] = Some(session);
        self.envelopes.push((who, envelope));
    }

    fn purpose(&self) -> Purpose {
        match self.said.text("purpose") {
            "knock" => Purpose::Knock,
            "invite" => Purpose::Invite,
            _ => Purpose::Reset {
                counter: counter(self.said.value("counter")),
                quoted: self.said.has("quoted").then(|| self.said.array("quoted")),
            },
        }
    }

    fn first(&mut self, content: &Content) -> (Vec<u8>, Session) {
        let bytes = self.said.fields("responder").bytes("bundle");
        let bundle = VerifiedBundle::parse(&bytes, self.certificates[RESPONDER].id(), self.now).unwrap();
        let invite = self.said.has("invite").then(|| self.said.fields("invite"));
        let fetched = invite.map(|invite| {
            let id = InviteId::from_bytes(invite.array("id"));
            VerifiedOneTime::parse(&invite.bytes("one_time"), &self.certificates[RESPONDER], &id).unwrap()
        });
        let keys = invite.zip(fetched.as_ref());
        let initiation = Initiation {
            device: &self.devices[INITIATOR],
            certificate: &self.certificates[INITIATOR],
            bundle: &bundle,
            invite: keys.map(|(invite, one_time)| InviteKeys { one_time, psk: Zeroizing::new(invite.array("psk")) }),
            purpose: self.purpose(),
            reply_lane: &offer(self.said.fields("reply_lane")).unwrap(),
        };
        let initiated = initiate(&mut self.random[INITIATOR], &initiation).unwrap();
        initiated.seal(&mut self.random[INITIATOR], &self.devices[INITIATOR], content).unwrap()
    }

    /// Every envelope, and null for one that never arrives.
    fn delivered(&self) -> Vec<Option<String>> {
        let arrives = |at: usize| self.said.list("events").any(|event| event.0["open"] == at);
        let envelopes = self.envelopes.iter().enumerate();
        envelopes.map(|(at, (_, envelope))| arrives(at).then(|| b64(envelope))).collect()
    }

    /// The number of events up to the next delivery, with it.
    fn next_delivery(&self, from: usize) -> usize {
        let after = self.said.list("events").skip(from).position(|event| event.has("open"));
        after.map_or(from, |more| from + more + 1)
    }

    /// Opens an envelope and keeps the state after it; a refusal keeps the state before it.
    fn take(&mut self, who: usize, envelope: &[u8], seen: &[[u8; 32]]) -> Result<(), OpenError> {
        let (opened, session) = match &self.sessions[who] {
            Some(session) => session.open(envelope, self.now)?,
            None => self.respond(envelope, seen)?,
        };
        self.opened.push(opened.content().to_bytes());
        self.sessions[who] = Some(session);
        Ok(())
    }

    fn respond(
        &mut self,
        envelope: &[u8],
        seen: &[[u8; 32]],
    ) -> Result<(a2a_proto::ratchet::Opened, Session), OpenError> {
        let first = FirstFlight::parse(envelope).map_err(|_| OpenError::NotForThisSession)?;
        // Which bundle, which invite and which replay key are for the caller to look up; so they are here.
        if seen.contains(&first.replay_key()) {
            return Err(OpenError::AlreadyUsed);
        }
        let invite = self.said.has("invite").then(|| self.said.fields("invite"));
        let named = first.invite_id().map(|id| *id.as_bytes());
        let invite = invite.filter(|invite| named == Some(invite.array("id")));
        let one_time = invite.map(one_time);
        let person = self.said.fields("responder");
        let responder = Responder {
            device: &self.devices[RESPONDER],
            certificate: &self.certificates[RESPONDER],
            prekey: &prekey(person),
            bundle_hash: Sha256::digest(person.bytes("bundle")).into(),
            invite: invite
                .zip(one_time.as_ref())
                .map(|(invite, one_time)| InviteSecrets { one_time, psk: Zeroizing::new(invite.array("psk")) }),
        };
        let responded = respond(&first, &responder, self.now)?;
        self.answered = Some(what_it_says(&first, &responded));
        Ok((responded.opened, responded.session))
    }

    /// The stored form of both sides: what may not change when something is refused.
    fn records(&self) -> Vec<Option<Vec<u8>>> {
        self.sessions.iter().map(|session| session.as_ref().map(|session| session.to_record().to_vec())).collect()
    }
}

fn what_it_says(first: &FirstFlight, responded: &Responded) -> Value {
    let (purpose, counter, quoted) = match responded.purpose {
        Purpose::Knock => ("knock", Counter::new(0, 0), None),
        Purpose::Invite => ("invite", Counter::new(0, 0), None),
        Purpose::Reset { counter, quoted } => ("reset", counter, quoted),
    };
    json!({
        "certificate": b64(responded.certificate.as_bytes()),
        "reply_lane": offer_fields(&responded.reply_lane),
        "purpose": purpose,
        "counter": pair(counter),
        "quoted": quoted.map(b64),
        "replay_key": b64(first.replay_key()),
    })
}

pub(crate) fn conversation(i: Fields<'_>) -> Outcome {
    let talk = Talk::new(i).play(usize::MAX);
    let session = talk.sessions[INITIATOR].as_ref().unwrap();
    Ok(json!({
        "session_id": b64(session.id().as_bytes()),
        "replay_key": talk.answered.as_ref().unwrap()["replay_key"],
        "envelopes": talk.delivered(),
        "opened": talk.opened.iter().map(|content| b64(Sha256::digest(content))).collect::<Vec<_>>(),
    }))
}

/// The conversation that a vector names.
fn base(i: Fields<'_>) -> Value {
    read(i.text("conversation"))["input"].take()
}

/// One more envelope at a point of a conversation.
///
/// If it is refused, both sides must be as they were, and the genuine events up to the next delivery must still play.
pub(crate) fn envelope_open(i: Fields<'_>) -> Outcome {
    let base = base(i);
    let after = usize::try_from(i.number("after")).unwrap();
    let mut talk = Talk::new(Fields(&base)).play(after);
    let (before, now) = (talk.records(), talk.now);
    if i.has("now") {
        talk.now = Timestamp::from_millis(i.number("now"));
    }
    let decode = |key: &Value| BASE64URL_NOPAD.decode(key.as_str().unwrap().as_bytes()).unwrap().try_into().unwrap();
    let seen: Vec<[u8; 32]> = i.0["seen"].as_array().into_iter().flatten().map(decode).collect();
    let taken = talk.take(side(i.text("to")), &i.bytes("envelope"), &seen).map_err(outcome);
    match taken {
        Ok(()) => Ok(json!({ "content": b64(talk.opened.last().unwrap()) })),
        Err(outcome) => {
            assert_eq!(before, talk.records(), "a refusal changed something");
            talk.now = now;
            talk.play_on(after, talk.next_delivery(after));
            Err(outcome)
        }
    }
}

pub(crate) fn first_flight_read(i: Fields<'_>) -> Outcome {
    let base = base(i);
    let mut talk = Talk::new(Fields(&base)).play(usize::try_from(i.number("after")).unwrap());
    talk.take(RESPONDER, &i.bytes("envelope"), &[]).map_err(outcome)?;
    Ok(talk.answered.unwrap())
}

pub(crate) fn sessions_newest(i: Fields<'_>) -> Outcome {
    let bases: Vec<Value> =
        i.value("conversations").as_array().unwrap().iter().map(|name| read(name.as_str().unwrap())).collect();
    let talks: Vec<Talk<'_>> = bases.iter().map(|base| Talk::new(Fields(&base["input"])).play(2)).collect();
    let newest = |who: usize| {
        let session = |talk: usize| talks[talk].sessions[who].as_ref().unwrap();
        (0..talks.len())
            .position(|one| (0..talks.len()).all(|other| one == other || session(one).outranks(session(other))))
    };
    Ok(json!({ "initiator": newest(INITIATOR), "responder": newest(RESPONDER) }))
}
