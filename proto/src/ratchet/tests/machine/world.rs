//! What a test sees of two peers and a relay that does as it likes: what was truly said, and what became of it.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::peer::{Outcome, Peer};
use super::{Event, Side};
use crate::content::Content;
use crate::ratchet::Session;
use crate::ratchet::header::SEALED_HEADER_BYTES;
use crate::testing::{Pair, SeededRng};

/// Where the nonce of a message's body stands: after the outer part, the sealed header and the commitment.
const NONCE_AT: usize = 2 + SEALED_HEADER_BYTES + 32;

pub(super) struct World {
    peers: [Peer; 2],
    rng: SeededRng,
    /// At the relay, by recipient.
    relay: [Vec<Vec<u8>>; 2],
    /// Lost by the relay, by recipient: what was in them.
    lost: [BTreeSet<[u8; 32]>; 2],
    /// What was sealed and stored, by author, though the store may have been put back since.
    said: [BTreeMap<[u8; 32], Content>; 2],
    /// Which content an envelope holds.
    within: BTreeMap<Vec<u8>, [u8; 32]>,
    /// What stayed closed or was reported, by recipient.
    noticed: [BTreeSet<[u8; 32]>; 2],
    nonces: BTreeSet<Vec<u8>>,
    next_text: u64,
    put_back: bool,
}

impl World {
    pub(super) fn new() -> Self {
        let pair = Pair::new("machine");
        let peers = [Peer::new(pair.alice, &pair.at_alice), Peer::new(pair.bob, &pair.at_bob)];
        Self {
            peers,
            rng: pair.rng,
            relay: Default::default(),
            lost: Default::default(),
            said: Default::default(),
            within: BTreeMap::new(),
            noticed: Default::default(),
            nonces: BTreeSet::new(),
            next_text: 1,
            put_back: false,
        }
    }

    pub(super) fn apply(&mut self, event: Event) {
        match event {
            Event::Write { by } => self.write(by),
            Event::DieWriting { by } => {
                let content = self.content(by);
                drop(self.peers[by as usize].seal(&mut self.rng, &content));
                self.peers[by as usize].restart();
            }
            Event::HandOver { by } => self.hand_over(by, true),
            Event::DieHandingOver { by } => {
                self.hand_over(by, false);
                self.peers[by as usize].restart();
            }
            Event::Deliver { to, which } => {
                if let Some(envelope) = self.pick(to, which, true) {
                    self.deliver(to, &envelope);
                }
            }
            Event::DieOpening { to, which } => {
                if let Some(envelope) = self.pick(to, which, false) {
                    self.check(to, &envelope);
                    self.peers[to as usize].restart();
                }
            }
            Event::Duplicate { to, which } => {
                if let Some(envelope) = self.pick(to, which, false) {
                    self.deliver(to, &envelope);
                }
            }
            Event::Drop { to, which } => {
                if let Some(envelope) = self.pick(to, which, true) {
                    self.lost[to as usize].insert(self.within[&envelope]);
                }
            }
            Event::Corrupt { to, which, at } => self.corrupt(to, which, at),
            Event::Reset { by } => self.reset(by),
            Event::BackUp { of } => self.peers[of as usize].backup = Some(self.peers[of as usize].stored.clone()),
            Event::RollBack { of } => {
                if let Some(backup) = self.peers[of as usize].backup.clone() {
                    self.peers[of as usize].stored = backup;
                    self.peers[of as usize].restart();
                    self.put_back = true;
                }
            }
        }
        self.check_bounds();
    }

    fn content(&self, by: Side) -> Content {
        self.peers[by as usize].next_content(self.next_text)
    }

    fn write(&mut self, by: Side) {
        let content = self.content(by);
        self.seal(by, content);
    }

    fn seal(&mut self, by: Side, content: Content) {
        let (envelope, stored) = self.peers[by as usize].seal(&mut self.rng, &content);
        assert!(self.nonces.insert(envelope[NONCE_AT..NONCE_AT + 24].to_vec()), "no nonce is used twice");
        self.store_said(by, content, stored);
    }

    fn reset(&mut self, by: Side) {
        let (ours, theirs) = (&self.peers[by as usize], &self.peers[by.other() as usize].person);
        let (content, stored) = ours.reset(&mut self.rng, theirs, self.next_text);
        self.store_said(by, content, stored);
    }

    fn store_said(&mut self, by: Side, content: Content, stored: super::peer::Stored) {
        let (envelope, digest) = (stored.outbox.back().unwrap().clone(), content.digest());
        self.within.insert(envelope, digest);
        self.said[by as usize].insert(digest, content);
        self.peers[by as usize].stored = stored;
        self.next_text += 1;
    }

    fn hand_over(&mut self, by: Side, is_noted: bool) {
        let outbox = &mut self.peers[by as usize].stored.outbox;
        let Some(envelope) = outbox.front().cloned() else { return };
        if is_noted {
            outbox.pop_front();
        }
        self.relay[by.other() as usize].push(envelope);
    }

    fn pick(&mut self, to: Side, which: usize, take: bool) -> Option<Vec<u8>> {
        let waiting = &mut self.relay[to as usize];
        let at = which.checked_rem(waiting.len())?;
        Some(if take { waiting.remove(at) } else { waiting[at].clone() })
    }

    /// What a delivery would do, with everything that must hold of it.
    fn check(&self, to: Side, envelope: &[u8]) -> (Outcome, Option<Content>, super::peer::Stored) {
        let before = &self.peers[to as usize].stored;
        let (outcome, content, after) = self.peers[to as usize].take(envelope);
        if let Some(content) = &content {
            let said = self.said[to.other() as usize].get(&content.digest());
            assert_eq!(said, Some(content), "only what the peer said is accepted");
        } else {
            assert!(same(&before.sessions, &after.sessions), "a refusal changes nothing");
            assert_eq!(before.heard, after.heard);
        }
        let is_reported = matches!(outcome, Outcome::Reported(_));
        assert!(!is_reported || self.put_back, "a fork without a rollback: {outcome:?}");
        (outcome, content, after)
    }

    fn deliver(&mut self, to: Side, envelope: &[u8]) -> Outcome {
        let (outcome, content, after) = self.check(to, envelope);
        let known = &self.peers[to as usize].stored.heard;
        let is_again = content.is_some_and(|content| known.contains(&content.digest()));
        assert!(!is_again, "nothing is accepted twice");
        self.peers[to as usize].stored = after;
        if matches!(outcome, Outcome::Held | Outcome::Reported(_) | Outcome::OldReset)
            && let Some(digest) = self.within.get(envelope)
        {
            self.noticed[to as usize].insert(*digest);
        }
        outcome
    }

    fn corrupt(&mut self, to: Side, which: usize, at: usize) {
        let Some(mut envelope) = self.pick(to, which, false) else { return };
        let at = at % envelope.len();
        envelope[at] ^= 0x40;
        let (outcome, content, after) = self.peers[to as usize].take(&envelope);
        // A first flight that was answered is known by its keys, whatever else was changed in it.
        assert!(matches!(outcome, Outcome::Held | Outcome::Duplicate), "a changed envelope is nobody's: {outcome:?}");
        assert_eq!(content, None);
        assert!(same(&after.sessions, &self.peers[to as usize].stored.sessions), "a refusal changes nothing");
    }

    fn check_bounds(&self) {
        for peer in &self.peers {
            assert!(peer.is_bounded(), "what is kept for missing messages is bounded");
        }
    }

    /// Everything under way arrives, and one more message each way. Then whatever was not heard is known to be missing.
    pub(super) fn settle(&mut self) {
        for round in 0..2 {
            for side in Side::BOTH {
                if round == 1 {
                    self.write(side);
                }
                self.deliver_all(side);
            }
        }
        for to in Side::BOTH {
            let said: Vec<_> = self.said[to.other() as usize].clone().into_iter().collect();
            for (digest, content) in said {
                assert!(self.is_explained(to, &digest, &content), "{content:?} is missing without a word");
            }
        }
    }

    fn deliver_all(&mut self, by: Side) {
        while !self.peers[by as usize].stored.outbox.is_empty() {
            self.hand_over(by, true);
        }
        for envelope in std::mem::take(&mut self.relay[by.other() as usize]) {
            self.deliver(by.other(), &envelope);
        }
        self.retry_held(by.other());
    }

    /// What stayed closed is tried again, as after a reset.
    fn retry_held(&mut self, to: Side) {
        for envelope in self.peers[to as usize].stored.held.clone() {
            if self.check(to, &envelope).0 == Outcome::Heard {
                self.deliver(to, &envelope);
            }
        }
    }

    fn is_explained(&self, to: Side, digest: &[u8; 32], content: &Content) -> bool {
        let stored = &self.peers[to as usize].stored;
        let is_heard = stored.heard.contains(digest);
        let leaves_a_gap = content.position.number < stored.reached;
        let is_noticed = self.noticed[to as usize].contains(digest);
        // After a rollback of either side the relay's cursor, or the peer's report, tells its owner.
        is_heard
            || is_noticed
            || (self.lost[to as usize].contains(digest) && self.is_noticeable(to, leaves_a_gap))
            || self.put_back
    }

    /// A lost message shows as a gap; or all that followed it stayed closed, because the reset before it was lost.
    fn is_noticeable(&self, to: Side, leaves_a_gap: bool) -> bool {
        leaves_a_gap || !self.noticed[to as usize].is_empty()
    }

    /// A faithful relay and one reset: everything that its author still knows arrives, once.
    pub(super) fn heal(&mut self) {
        let [alice, bob] = &self.peers;
        let by = if alice.stored.resets >= bob.stored.resets { Side::Alice } else { Side::Bob };
        self.reset(by);
        let flight = self.peers[by as usize].stored.outbox.back().unwrap().clone();
        self.deliver_all(by);
        assert!(self.peers[by.other() as usize].stored.heard.contains(&self.within[&flight]), "the reset is taken");
        for side in Side::BOTH {
            self.send_again(side);
            let heard = &self.peers[side.other() as usize].stored.heard;
            assert!(self.peers[side as usize].stored.said.keys().all(|digest| heard.contains(digest)));
        }
    }

    fn send_again(&mut self, by: Side) {
        let unheard = |digest: &[u8; 32]| !self.peers[by.other() as usize].stored.heard.contains(digest);
        let again: Vec<Content> = self.peers[by as usize]
            .stored
            .said
            .iter()
            .filter(|(digest, _)| unheard(digest))
            .map(|(_, content)| content.clone())
            .collect();
        for content in again {
            self.seal(by, content);
            self.deliver_all(by);
        }
    }
}

/// Whether they are the same sessions in the same state.
fn same(one: &[Rc<Session>], other: &[Rc<Session>]) -> bool {
    one.len() == other.len() && one.iter().zip(other).all(|(one, other)| Rc::ptr_eq(one, other))
}
