//! Accepted means durable, also when the relay is killed.

use std::collections::HashMap;
use std::sync::atomic::Ordering;

use reqwest::StatusCode;

use crate::postgres;
use crate::process::Process;
use crate::support::*;

/// The route's half of the promise; that the store answers after the commit is tested beside its writer.
#[tokio::test]
async fn the_answer_comes_after_the_store_has_it() {
    let relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    relay.watch.hold.store(true, Ordering::SeqCst);
    let request = relay.deposit(&lane, envelope_id(), &envelope(1));
    let depositing = tokio::spawn(request.send());
    relay.watch.gate.reached.acquire().await.unwrap().forget();
    // The store holds its answer back; the relay serves others meanwhile and must not answer this one.
    for _ in 0..20 {
        assert_eq!(relay.get("/.well-known/a2a-relay").await.status(), StatusCode::OK);
    }
    assert!(!depositing.is_finished());
    relay.watch.gate.open.add_permits(1);
    assert_eq!(depositing.await.unwrap().unwrap().status(), StatusCode::ACCEPTED);
}

/// How often a relay is killed; `tests/kill-100` asks for more.
fn rounds() -> usize {
    std::env::var("A2A_KILL_ROUNDS").map_or(10, |rounds| rounds.parse().unwrap())
}

const SENDERS: u8 = 8;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_survives_kill_9() {
    survives_kill_9(&[]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_sled_accepted_survives_kill_9() {
    let folder = tempfile::tempdir().unwrap();
    let store = format!("sled:{}", folder.path().join("relay.sled").display());
    survives_kill_9(&["--store", &store, "--accept-data-loss"]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_relay_on_postgres_accepted_survives_kill_9() {
    let Some(store) = postgres::database().await else { return };
    survives_kill_9(&["--store", &store]).await;
}

/// Kills a real relay in the middle of deposits, again and again: what was answered with 202 stands there exactly once.
async fn survives_kill_9(arguments: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [&["--registration", "open"], arguments].concat();
    let mut relay = Process::start(folder.path(), &arguments);
    let mut owner = relay.owner().await;
    let mut accepted = Vec::new();
    for _ in 0..rounds() {
        let lane = owner.pair_lane(&relay).await;
        let (enough, heard) = tokio::sync::mpsc::channel(1);
        let senders: Vec<_> = (0..SENDERS)
            .map(|sender| tokio::spawn(keep_depositing(relay.reach.clone(), lane.clone(), sender, enough.clone())))
            .collect();
        kill_after(&mut relay, heard, 20 + usize::from(at_random()) % 80).await;
        for sender in senders {
            accepted.extend(sender.await.unwrap());
        }
        relay.restart(folder.path());
        owner.sign_in(&relay).await;
    }
    assert!(accepted.len() >= rounds() * 20, "only {} were accepted", accepted.len());
    expect_each_once(&owner, &relay, &accepted).await;
    eprintln!("{} accepted in {} rounds, none lost, none twice", accepted.len(), rounds());
}

fn at_random() -> u8 {
    let mut byte = [0];
    getrandom::fill(&mut byte).unwrap();
    byte[0]
}

/// Every accepted envelope stands in the mailbox once, nothing stands there twice, and the numbers only rise.
pub(crate) async fn expect_each_once(owner: &Owner, relay: &Reach, accepted: &[Vec<u8>]) {
    let mut seen: HashMap<Vec<u8>, usize> = HashMap::new();
    let (mut after, mut last) = (0, 0);
    loop {
        let batch = owner.collect(relay, &format!("after={after}")).await;
        let Some(end) = batch.items.last() else { break };
        after = end.sequence;
        for item in batch.items {
            assert!(item.sequence > last);
            last = item.sequence;
            *seen.entry(item.envelope).or_default() += 1;
        }
    }
    let lost = accepted.iter().filter(|envelope| !seen.contains_key(*envelope)).count();
    assert_eq!(lost, 0, "of {}", accepted.len());
    assert!(seen.values().all(|times| *times == 1));
}

/// Deposits until the relay is gone; gives back what was accepted. Tells of each acceptance.
async fn keep_depositing(
    relay: Reach,
    lane: HeldLane,
    sender: u8,
    told: tokio::sync::mpsc::Sender<()>,
) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    for number in 0_u32.. {
        let mut envelope = envelope(sender);
        envelope[8..12].copy_from_slice(&number.to_be_bytes());
        envelope[16..32].copy_from_slice(lane.id.as_bytes());
        let Ok(answer) = relay.deposit(&lane, envelope_id(), &envelope).send().await else { break };
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        accepted.push(envelope);
        // Nobody listens any more once the kill is on its way.
        let _ = told.send(()).await;
    }
    accepted
}

async fn kill_after(relay: &mut Process, mut heard: tokio::sync::mpsc::Receiver<()>, acceptances: usize) {
    for _ in 0..acceptances {
        heard.recv().await.unwrap();
    }
    relay.kill();
}

#[tokio::test]
async fn a_retry_across_a_kill_is_stored_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let mut owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    let id = envelope_id();
    for _ in 0..3 {
        let answer = relay.deposit(&lane, id, &envelope(1)).send().await.unwrap();
        assert_eq!(answer.status(), StatusCode::ACCEPTED);
        relay.kill();
        relay.restart(folder.path());
    }
    owner.sign_in(&relay).await;
    assert_eq!(owner.collect(&relay, "").await.items.len(), 1);
}
