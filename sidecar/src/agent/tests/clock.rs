//! A clock that is set back stops nothing: what waits for a moment that lies a day ahead goes now.

use std::sync::Arc;
use std::time::Duration;

use a2a_proto::id::LaneId;
use a2a_proto::time::Timestamp;

use crate::agent::core::Core;
use crate::agent::testing::{Side, pair};
use crate::agent::{AgentConfig, Trouble, prekeys, register, run};
use crate::clock::ManualClock;
use crate::keys::memory::MemoryVault;
use crate::paths::Home;
use crate::store::tasks::{self, Task};
use crate::store::{budget, clock_back, outbox};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const MINUTE: Duration = Duration::from_secs(60);
const A: [u8; 16] = [1; 16];
const B: [u8; 16] = [2; 16];

fn lease(side: &Side, holder: [u8; 16]) -> Vec<outbox::Waiting> {
    let until = side.now.plus(MINUTE);
    side.act(|tx, ctx| outbox::lease(tx, &holder, ctx.now, until, None).map_err(Trouble::from)).unwrap()
}

fn settle(side: &Side) -> usize {
    side.act(|tx, ctx| clock_back::settle(tx, ctx.now).map_err(Trouble::from)).unwrap()
}

#[test]
fn what_was_put_back_or_leased_before_goes_now() {
    let (mut alice, _bob) = pair(&["message"]);
    alice.write("bob", "first").unwrap();
    // The relay was away a moment ago; then the clock is set back by a day.
    let tried = lease(&alice, A).remove(0);
    let next = alice.now.plus(5 * MINUTE);
    alice.act(|tx, _| outbox::put_back(tx, tried.id, &A, next, "away").map_err(Trouble::from)).unwrap();
    alice.now = alice.now.minus(DAY);
    assert!(lease(&alice, B).is_empty());
    assert_eq!(settle(&alice), 1);
    assert_eq!(lease(&alice, B).len(), 1, "it waits for tomorrow");
    // The same of a lease whose holder died.
    alice.now = alice.now.minus(DAY);
    assert_eq!(settle(&alice), 2);
    assert_eq!(lease(&alice, A).len(), 1, "it is leased until tomorrow");
    // A clock that runs as it should has nothing to settle.
    assert_eq!(settle(&alice), 0);
}

#[test]
fn what_was_spent_in_the_future_is_spent_now_and_forgotten_in_time() {
    let (mut alice, _bob) = pair(&["message"]);
    let peer = alice.peer("bob").key;
    let spent =
        |side: &Side| side.act(|tx, ctx| budget::since(tx, peer, ctx.now.minus(60 * MINUTE)).map_err(Trouble::from));
    alice.act(|tx, ctx| budget::spend(tx, peer, ctx.now, 7).map_err(Trouble::from)).unwrap();
    alice.now = alice.now.minus(DAY);
    settle(&alice);
    assert_eq!(spent(&alice).unwrap().messages, 1, "setting the clock back bought a message");
    alice.now = alice.now.plus(61 * MINUTE);
    assert_eq!(spent(&alice).unwrap().messages, 0, "it counts until tomorrow");
}

#[test]
fn a_prekey_of_the_future_is_replaced_once_the_clock_is_right() {
    let mut side = Side::new("Alice");
    side.now = side.now.plus(30 * DAY);
    let drawn = side.act(prekeys::current).unwrap().id;
    side.now = side.now.minus(30 * DAY);
    assert_eq!(side.bundle().prekey_id(), drawn + 1, "it reads as one that peers and relays take");
    assert_eq!(side.bundle().prekey_id(), drawn + 1, "and stays");
    // An hour ahead is no reason.
    side.now = side.now.minus(DAY / 24);
    assert_eq!(side.bundle().prekey_id(), drawn + 1);
}

#[tokio::test]
async fn a_running_process_notices_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let noon = Timestamp::from_millis(1_800_000_000_000);
    let clock = Arc::new(ManualClock::at(noon));
    let config = AgentConfig {
        home: Home::at(folder.path().join("home")),
        vault: Arc::new(MemoryVault::default()),
        clock: Arc::clone(&clock) as Arc<dyn crate::clock::Clock>,
        default_relay: None,
        argon2_mib: crate::keys::MINIMUM_MEMORY_MIB,
    };
    register::create_identity(&config, "Alice").unwrap();
    let core = Arc::new(Core::open(&config).unwrap());
    run::send(&core).await;
    let task = Task::CloseLane(LaneId::from_bytes([7; 16]));
    let later = noon.plus(5 * MINUTE);
    core.write(move |tx, _| tasks::add(tx, &task, later).map_err(Trouble::from)).await.unwrap();
    clock.set(noon.minus(DAY));
    run::send(&core).await;
    // It was tried, there is no relay, and its next try is minutes away, not a day.
    let due = core.write(|tx, ctx| {
        let soon = ctx.now.plus(Duration::from_secs(10));
        tasks::lease(tx, soon, soon.plus(MINUTE)).map_err(Trouble::from)
    });
    let due = due.await.unwrap();
    assert_eq!(due.iter().map(|waiting| waiting.attempts).collect::<Vec<_>>(), [1]);
}
