//! Random schedules between two peers: whatever a relay, a crash or a rollback does, only what was sent is accepted.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use crate::content::Content;
use crate::limits::{MAX_SKIPPED_KEYS, SKIPPED_KEY_CHAINS};
use crate::ratchet::{OpenError, Session};
use crate::testing::{NOW, Pair, message};

/// One thing that happens. Numbers choose among what is there.
#[derive(Debug, Clone)]
enum Event {
    Send { by_bob: bool },
    Deliver { to_bob: bool, which: usize },
    Duplicate { to_bob: bool, which: usize },
    Drop { to_bob: bool, which: usize },
    Corrupt { to_bob: bool, which: usize, at: usize },
    Remember { bob: bool },
    RollBack { bob: bool },
}

/// The world as a test sees it: two peers, what travels, and what was truly said.
struct World {
    pair: Pair,
    /// Envelopes and the digests of what is in them.
    travelling: [Vec<(Vec<u8>, [u8; 32])>; 2],
    said: [BTreeMap<[u8; 32], Content>; 2],
    heard: [BTreeSet<[u8; 32]>; 2],
    remembered: [Option<Vec<u8>>; 2],
    next: u64,
    rolled_back: bool,
}

impl World {
    fn new() -> Self {
        Self {
            pair: Pair::new("machine"),
            travelling: Default::default(),
            said: Default::default(),
            heard: Default::default(),
            remembered: Default::default(),
            next: 1,
            rolled_back: false,
        }
    }

    fn session(&mut self, bob: bool) -> &mut Session {
        if bob { &mut self.pair.at_bob } else { &mut self.pair.at_alice }
    }

    fn apply(&mut self, event: &Event) {
        match *event {
            Event::Send { by_bob } => self.send(by_bob),
            Event::Deliver { to_bob, which } => {
                if let Some(envelope) = self.pick(to_bob, which, true) {
                    self.deliver(to_bob, &envelope);
                }
            }
            Event::Duplicate { to_bob, which } => {
                if let Some(envelope) = self.pick(to_bob, which, false) {
                    self.deliver(to_bob, &envelope);
                }
            }
            Event::Drop { to_bob, which } => drop(self.pick(to_bob, which, true)),
            Event::Corrupt { to_bob, which, at } => {
                if let Some(mut envelope) = self.pick(to_bob, which, false) {
                    let at = at % envelope.len();
                    envelope[at] ^= 0x40;
                    assert_eq!(self.deliver(to_bob, &envelope), Some(OpenError::NotForThisSession));
                }
            }
            Event::Remember { bob } => self.remembered[usize::from(bob)] = Some(self.session(bob).to_record().to_vec()),
            Event::RollBack { bob } => {
                if let Some(record) = self.remembered[usize::from(bob)].clone() {
                    *self.session(bob) = Session::from_record(&record).unwrap();
                    self.rolled_back = true;
                }
            }
        }
        self.check_bounds();
    }

    fn send(&mut self, by_bob: bool) {
        let content = message(self.next, &format!("content {}", self.next));
        self.next += 1;
        let envelope = if by_bob { self.pair.bob_seals(&content) } else { self.pair.alice_seals(&content) };
        let digest = content.digest();
        self.said[usize::from(by_bob)].insert(digest, content);
        self.travelling[usize::from(!by_bob)].push((envelope, digest));
    }

    fn pick(&mut self, to_bob: bool, which: usize, take: bool) -> Option<Vec<u8>> {
        let waiting = &mut self.travelling[usize::from(to_bob)];
        if waiting.is_empty() {
            return None;
        }
        let at = which % waiting.len();
        Some(if take { waiting.remove(at).0 } else { waiting[at].0.clone() })
    }

    fn deliver(&mut self, to_bob: bool, envelope: &[u8]) -> Option<OpenError> {
        let before = self.session(to_bob).to_record();
        match self.session(to_bob).open(envelope, NOW) {
            Ok((opened, next)) => {
                let said = self.said[usize::from(!to_bob)].get(opened.digest());
                assert_eq!(said, Some(opened.content()), "only what the peer said is accepted");
                let is_new = self.heard[usize::from(to_bob)].insert(*opened.digest());
                assert!(is_new || self.rolled_back, "nothing is accepted twice");
                *self.session(to_bob) = next;
                None
            }
            Err(error) => {
                assert_eq!(*self.session(to_bob).to_record(), *before, "a refusal changes nothing");
                Some(error)
            }
        }
    }

    fn check_bounds(&mut self) {
        for bob in [false, true] {
            let session = self.session(bob);
            assert!(session.skipped_keys() <= MAX_SKIPPED_KEYS);
            assert!(session.receiving.len() <= usize::try_from(SKIPPED_KEY_CHAINS).unwrap());
        }
    }

    /// What still travels arrives, unless it did before or its chain is too old; a rollback may lose it.
    fn settle(&mut self) {
        for to_bob in [false, true] {
            for (envelope, digest) in std::mem::take(&mut self.travelling[usize::from(to_bob)]) {
                let chains = self.session(to_bob).receiving.len();
                let has_old_chains = chains == usize::try_from(SKIPPED_KEY_CHAINS).unwrap();
                let is_explained = match self.deliver(to_bob, &envelope) {
                    None => true,
                    Some(OpenError::AlreadyUsed) => self.heard[usize::from(to_bob)].contains(&digest),
                    Some(OpenError::NotForThisSession) => has_old_chains,
                    Some(_) => false,
                };
                assert!(is_explained || self.rolled_back);
            }
        }
    }
}

fn event(rollbacks: bool) -> impl Strategy<Value = Event> {
    let (side, which) = (any::<bool>(), any::<usize>());
    prop_oneof![
        6 => any::<bool>().prop_map(|by_bob| Event::Send { by_bob }),
        6 => (side, which).prop_map(|(to_bob, which)| Event::Deliver { to_bob, which }),
        2 => (any::<bool>(), any::<usize>()).prop_map(|(to_bob, which)| Event::Duplicate { to_bob, which }),
        1 => (any::<bool>(), any::<usize>()).prop_map(|(to_bob, which)| Event::Drop { to_bob, which }),
        1 => (any::<bool>(), any::<usize>(), any::<usize>())
            .prop_map(|(to_bob, which, at)| Event::Corrupt { to_bob, which, at }),
        1 => any::<bool>().prop_map(|bob| Event::Remember { bob }),
        u32::from(rollbacks) => any::<bool>().prop_map(|bob| Event::RollBack { bob }),
    ]
}

fn run(events: &[Event]) {
    let mut world = World::new();
    for event in events {
        world.apply(event);
    }
    world.settle();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_hostile_relay_changes_nothing_of_what_is_said(events in proptest::collection::vec(event(false), 1..60)) {
        run(&events);
    }

    #[test]
    fn neither_does_a_peer_that_is_rolled_back(events in proptest::collection::vec(event(true), 1..60)) {
        run(&events);
    }
}
