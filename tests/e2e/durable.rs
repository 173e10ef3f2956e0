//! Accepted means durable: relays and sidecars are killed at random moments, and no message is lost or doubled.

use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use a2a_harness::{Home, Owner, Session, World, eventually, eventually_within};
use anyhow::{Result, ensure};

const MESSAGES: usize = 500;
/// At most so long nothing is killed. A killed sidecar takes most of a second to come back, in which nothing is sent:
/// with more kills the test would show restarts rather than messages.
const BETWEEN_KILLS_MILLIS: u64 = 1_300;
const FEWEST_KILLS: usize = 8;

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn five_hundred_messages_survive_kills_at_random_moments() -> Result<()> {
    let seed = u64::from(std::process::id()) ^ 0x9e37_79b9_7f4a_7c15;
    let world = World::start().await?;
    let pair = world.paired(&["message"]).await?;
    pair.alice.home().lift_limits("bob").await?;
    let killed = Killed::new(seed, &pair.alice, &pair.bob);
    let homes = (pair.alice.home().clone(), pair.bob.home().clone());

    let (sent, _, kills) =
        tokio::join!(send_all(pair.alice, &killed), keep_running(pair.bob, &killed), kill_at_random(&world, &killed),);
    sent?;
    let kills = kills?;
    ensure!(kills >= FEWEST_KILLS, "only {kills} kills: nothing was shown (seed {seed})");

    let _alice = homes.0.session(Owner::Accepts).await?;
    let bob = homes.1.session(Owner::Accepts).await?;
    let expected: Vec<String> = (0..MESSAGES).map(body).collect();
    let received = eventually_within(Duration::from_secs(120), "every message", async || {
        let thread = bob.thread("alice").await?;
        Ok((thread.len() >= MESSAGES).then_some(thread))
    })
    .await?;
    let received: Vec<String> = received.iter().map(marker).collect();
    assert_eq!(received, expected, "none lost, none twice, in order (seed {seed}, {kills} kills)");
    Ok(())
}

/// What the three tasks share.
struct Killed {
    alice: AtomicU32,
    bob: AtomicU32,
    over: AtomicBool,
    random: Mutex<u64>,
}

impl Killed {
    fn new(seed: u64, alice: &Session, bob: &Session) -> Self {
        let process = |session: &Session| AtomicU32::new(session.process());
        Self { alice: process(alice), bob: process(bob), over: AtomicBool::new(false), random: Mutex::new(seed) }
    }

    /// SplitMix64: the moments of the kills follow from the seed.
    fn draw(&self, below: u64) -> u64 {
        let mut state = self.random.lock().unwrap();
        *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = *state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % below
    }
}

/// Sends everything, in order; after each crash it looks what was accepted and goes on from there.
async fn send_all(mut alice: Session, killed: &Killed) -> Result<()> {
    let home = alice.home().clone();
    for number in 0..MESSAGES {
        while alice.send("bob", &body(number)).await.is_err() {
            if alice.is_over() {
                alice = start(&home).await?;
                killed.alice.store(alice.process(), Ordering::SeqCst);
            }
            // A call cut off by a kill may have been accepted: its answer was lost, not the message.
            if stands_in_thread(&alice, &body(number)).await? {
                break;
            }
        }
    }
    killed.over.store(true, Ordering::SeqCst);
    alice.kill().await
}

/// Whether the newest of our messages says this.
async fn stands_in_thread(alice: &Session, body: &str) -> Result<bool> {
    let query = serde_json::json!({ "peer": "bob", "limit": 5 });
    match alice.call("a2a_read_thread", query).await {
        Ok(page) => Ok(page.to_string().contains(body)),
        Err(_) if alice.is_over() => Ok(false),
        Err(error) => Err(error),
    }
}

/// Starts Bob's sidecar again whenever it was killed, until all is sent.
async fn keep_running(mut bob: Session, killed: &Killed) -> Result<()> {
    let home = bob.home().clone();
    while !killed.over.load(Ordering::SeqCst) {
        if bob.is_over() {
            bob = start(&home).await?;
            killed.bob.store(bob.process(), Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    bob.kill().await
}

/// A sidecar may be killed again while it starts.
async fn start(home: &Home) -> Result<Session> {
    eventually("a sidecar to start", async || Ok(home.session(Owner::Accepts).await.ok())).await
}

/// Kills one of the four processes at a random moment, again and again; relays come back after a while.
async fn kill_at_random(world: &World, killed: &Killed) -> Result<usize> {
    let mut kills = 0;
    while !killed.over.load(Ordering::SeqCst) {
        pause(killed, BETWEEN_KILLS_MILLIS).await;
        match killed.draw(4) {
            0 => kill(killed.alice.load(Ordering::SeqCst))?,
            1 => kill(killed.bob.load(Ordering::SeqCst))?,
            which => {
                let relay = if which == 2 { world.first() } else { world.second() };
                relay.kill()?;
                pause(killed, 300).await;
                relay.restart()?;
            }
        }
        kills += 1;
    }
    Ok(kills)
}

async fn pause(killed: &Killed, at_most_millis: u64) {
    tokio::time::sleep(Duration::from_millis(killed.draw(at_most_millis))).await;
}

fn kill(process: u32) -> Result<()> {
    // It may have gone already: then there is nothing to kill.
    Command::new("kill").args(["-9", &process.to_string()]).stderr(std::process::Stdio::null()).status()?;
    Ok(())
}

fn body(number: usize) -> String {
    format!("message-{number:04}")
}

/// The marker that a shown body carries inside its fence.
fn marker(message: &serde_json::Value) -> String {
    let shown = message["body"].as_str().unwrap_or_default();
    let at = shown.find("message-").unwrap_or_default();
    shown.get(at..at + "message-0000".len()).unwrap_or(shown).to_owned()
}
