//! One side as a sidecar keeps it: what is stored is stored together, and a crash loses what was not.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::rc::Rc;

use crate::content::Content;
use crate::counter::Counter;
use crate::envelope::{self, Kind};
use crate::handshake::{FirstFlight, Purpose};
use crate::limits::{MAX_SKIPPED_KEYS, SKIPPED_KEY_CHAINS};
use crate::ratchet::{OpenError, Opened, Session};
use crate::testing::{NOW, Person, SeededRng, hello};

type Hash = [u8; 32];

/// Room for one record, as the code reserves it.
const MOST_RECORD_BYTES: usize = 64 * 1024;

/// Everything that a peer stores. Put back as a whole, it is a rollback.
#[derive(Clone, Default)]
pub(super) struct Stored {
    /// All sessions; a new process has them from their records.
    pub(super) sessions: Vec<Rc<Session>>,
    /// Sealed, and not known to be with the relay.
    pub(super) outbox: VecDeque<Vec<u8>>,
    /// What we said and would send again.
    pub(super) said: BTreeMap<Hash, Content>,
    /// What we accepted.
    pub(super) heard: BTreeSet<Hash>,
    /// The highest place among what we accepted.
    pub(super) reached: u64,
    /// The number of our last content.
    pub(super) written: u64,
    /// The highest number of a reset, either side's.
    pub(super) resets: u64,
    /// The number of the last reset that we took from the peer.
    taken: u64,
    /// Envelopes that were opened, so that a duplicate is told from a fork.
    opened: BTreeSet<Hash>,
    /// First flights that were answered.
    flights: BTreeSet<Hash>,
    /// Envelopes that stay closed, to be tried again after a reset.
    pub(super) held: BTreeSet<Vec<u8>>,
}

/// What became of an envelope.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Heard,
    /// Opened before, byte for byte.
    Duplicate,
    /// No key opens it; kept closed.
    Held,
    /// Only a peer that was put back, or a thief of its state, makes such a one.
    Reported(OpenError),
    /// A reset with a number that was used before.
    OldReset,
}

pub(super) struct Peer {
    pub(super) person: Person,
    pub(super) stored: Stored,
    pub(super) backup: Option<Stored>,
}

impl Peer {
    pub(super) fn new(person: Person, session: &Session) -> Self {
        let stored = Stored { sessions: vec![again(session)], ..Stored::default() };
        Self { person, stored, backup: None }
    }

    /// The next content of ours; its text is new in the whole world.
    pub(super) fn next_content(&self, text: u64) -> Content {
        let mut content = crate::testing::message(text, &format!("text {text}"));
        content.position = Counter::new(1, self.stored.written + 1);
        content
    }

    /// Seals a content in the session that sends; what is stored is left to the caller.
    pub(super) fn seal(&self, rng: &mut SeededRng, content: &Content) -> (Vec<u8>, Stored) {
        let mut sessions = self.stored.sessions.clone();
        let sending =
            (1..sessions.len()).fold(0, |best, at| if sessions[at].outranks(&sessions[best]) { at } else { best });
        let (envelope, next) = sessions[sending].seal(rng, &self.person.device, content).unwrap();
        sessions[sending] = Rc::new(next);
        (envelope.clone(), self.stored_after(sessions, content, envelope))
    }

    /// Makes a reset towards `other`.
    pub(super) fn reset(&self, rng: &mut SeededRng, other: &Person, text: u64) -> (Content, Stored) {
        let counter = Counter::new(1, self.stored.resets + 1);
        let initiated = self.person.initiate(rng, other, Purpose::Reset { counter, quoted: None });
        let mut content = hello(text);
        content.position = Counter::new(1, self.stored.written + 1);
        let (envelope, session) = initiated.seal(rng, &self.person.device, &content).unwrap();
        let mut sessions = self.stored.sessions.clone();
        sessions.push(Rc::new(session));
        let mut after = self.stored_after(sessions, &content, envelope);
        after.resets += 1;
        (content, after)
    }

    fn stored_after(&self, sessions: Vec<Rc<Session>>, content: &Content, envelope: Vec<u8>) -> Stored {
        let mut stored = self.stored.clone();
        stored.sessions = sessions;
        stored.outbox.push_back(envelope);
        stored.said.insert(content.digest(), content.clone());
        stored.written = stored.written.max(content.position.number);
        stored
    }

    /// Takes an envelope in, in one transaction: what it yields, and what is stored after it.
    pub(super) fn take(&self, envelope: &[u8]) -> (Outcome, Option<Content>, Stored) {
        match Kind::of(envelope) {
            Ok(Kind::FirstFlight) => self.take_flight(envelope),
            _ => self.take_message(envelope),
        }
    }

    fn take_message(&self, envelope: &[u8]) -> (Outcome, Option<Content>, Stored) {
        let mut sessions = self.stored.sessions.clone();
        for at in 0..sessions.len() {
            match sessions[at].open(envelope, NOW) {
                Ok((opened, next)) => {
                    sessions[at] = Rc::new(next);
                    return self.heard(envelope, sessions, opened);
                }
                Err(OpenError::NotForThisSession) => {}
                Err(OpenError::AlreadyUsed) if self.stored.opened.contains(&envelope::hash(envelope)) => {
                    return (Outcome::Duplicate, None, self.stored.clone());
                }
                Err(error) => return (Outcome::Reported(error), None, self.stored.clone()),
            }
        }
        self.hold(envelope)
    }

    fn take_flight(&self, envelope: &[u8]) -> (Outcome, Option<Content>, Stored) {
        let Ok(flight) = FirstFlight::parse(envelope) else { return self.hold(envelope) };
        if self.stored.flights.contains(&flight.replay_key()) {
            return (Outcome::Duplicate, None, self.stored.clone());
        }
        let Ok(responded) = self.person.respond(envelope) else { return self.hold(envelope) };
        let Purpose::Reset { counter, .. } = responded.purpose else { return self.hold(envelope) };
        if counter.number <= self.stored.taken {
            return (Outcome::OldReset, None, self.stored.clone());
        }
        let mut sessions = self.stored.sessions.clone();
        sessions.push(Rc::new(responded.session));
        let (outcome, content, mut after) = self.heard(envelope, sessions, responded.opened);
        after.flights.insert(flight.replay_key());
        after.resets = after.resets.max(counter.number);
        after.taken = counter.number;
        (outcome, content, after)
    }

    fn heard(&self, envelope: &[u8], sessions: Vec<Rc<Session>>, opened: Opened) -> (Outcome, Option<Content>, Stored) {
        let mut stored = self.stored.clone();
        stored.sessions = sessions;
        stored.opened.insert(envelope::hash(envelope));
        stored.held.remove(envelope);
        stored.heard.insert(*opened.digest());
        stored.reached = stored.reached.max(opened.content().position.number);
        (Outcome::Heard, Some(opened.into_content()), stored)
    }

    fn hold(&self, envelope: &[u8]) -> (Outcome, Option<Content>, Stored) {
        let mut stored = self.stored.clone();
        stored.held.insert(envelope.to_vec());
        (Outcome::Held, None, stored)
    }

    /// The process died; the next one reads what is stored.
    pub(super) fn restart(&mut self) {
        self.stored.sessions = self.stored.sessions.iter().map(|session| again(session)).collect();
    }

    /// Whether every session stores no more than it may.
    pub(super) fn is_bounded(&self) -> bool {
        let chains = usize::try_from(SKIPPED_KEY_CHAINS).unwrap();
        self.stored
            .sessions
            .iter()
            .all(|session| session.skipped_keys() <= MAX_SKIPPED_KEYS && session.receiving.len() <= chains)
    }
}

/// A session as it comes back from storage.
fn again(session: &Session) -> Rc<Session> {
    let record = session.to_record();
    assert!(record.len() <= MOST_RECORD_BYTES, "a record is bounded");
    Rc::new(Session::from_record(&record).unwrap())
}
