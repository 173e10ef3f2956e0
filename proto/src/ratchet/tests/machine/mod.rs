//! Random schedules between two peers: whatever a relay, crashes, rollbacks and resets do, only what was sent is accepted, no
//! refusal changes anything, storage stays bounded, and every message arrives or is known to be missing.
//!
//! `A2A_SCHEDULES=10000` runs the long profile.

mod peer;
mod world;

use proptest::prelude::*;

use world::World;

/// One thing that happens. Numbers choose among what is there.
#[derive(Debug, Clone, Copy)]
enum Event {
    /// A content is sealed into the outbox.
    Write { by: Side },
    /// The process dies after sealing, before anything is stored.
    DieWriting { by: Side },
    /// The oldest envelope of the outbox goes to the relay.
    HandOver { by: Side },
    /// The process dies after the relay took it, before that is stored.
    DieHandingOver { by: Side },
    /// The relay delivers an envelope, in any order.
    Deliver { to: Side, which: usize },
    /// The process dies after opening, before anything is stored.
    DieOpening { to: Side, which: usize },
    /// The relay delivers a copy.
    Duplicate { to: Side, which: usize },
    /// The relay loses an envelope.
    Drop { to: Side, which: usize },
    /// The relay delivers a changed copy.
    Corrupt { to: Side, which: usize, at: usize },
    /// A new handshake between the paired.
    Reset { by: Side },
    /// A backup of everything is made.
    BackUp { of: Side },
    /// The last backup is put back.
    RollBack { of: Side },
}

/// One of the two.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Alice,
    Bob,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Alice, Self::Bob];

    const fn other(self) -> Self {
        match self {
            Self::Alice => Self::Bob,
            Self::Bob => Self::Alice,
        }
    }
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Alice), Just(Side::Bob)]
}

fn event(rollbacks: bool) -> impl Strategy<Value = Event> {
    let some = || (side(), any::<usize>());
    prop_oneof![
        12 => side().prop_map(|by| Event::Write { by }),
        1 => side().prop_map(|by| Event::DieWriting { by }),
        12 => side().prop_map(|by| Event::HandOver { by }),
        1 => side().prop_map(|by| Event::DieHandingOver { by }),
        12 => some().prop_map(|(to, which)| Event::Deliver { to, which }),
        2 => some().prop_map(|(to, which)| Event::DieOpening { to, which }),
        2 => some().prop_map(|(to, which)| Event::Duplicate { to, which }),
        2 => some().prop_map(|(to, which)| Event::Drop { to, which }),
        2 => (some(), any::<usize>()).prop_map(|((to, which), at)| Event::Corrupt { to, which, at }),
        1 => side().prop_map(|by| Event::Reset { by }),
        1 => side().prop_map(|of| Event::BackUp { of }),
        2 => side().prop_map(move |of| if rollbacks { Event::RollBack { of } } else { Event::BackUp { of } }),
    ]
}

fn schedule(rollbacks: bool) -> impl Strategy<Value = Vec<Event>> {
    proptest::collection::vec(event(rollbacks), 1..80)
}

/// How many schedules each of the two tests runs: half of all.
fn schedules() -> u32 {
    std::env::var("A2A_SCHEDULES").ok().and_then(|text| text.parse().ok()).unwrap_or(200) / 2
}

fn run(events: &[Event]) {
    let mut world = World::new();
    for event in events {
        world.apply(*event);
    }
    world.settle();
    world.heal();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(schedules()))]

    #[test]
    fn a_hostile_relay_and_crashes_change_nothing_of_what_is_said(events in schedule(false)) {
        run(&events);
    }

    #[test]
    fn neither_does_a_store_that_is_put_back(events in schedule(true)) {
        run(&events);
    }
}
