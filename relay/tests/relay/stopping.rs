//! Going down: SIGTERM in the middle of a load loses nothing that was accepted and cuts no answer off.

use std::collections::HashSet;

use reqwest::StatusCode;

use crate::process::Process;
use crate::support::*;

const SENDERS: u8 = 16;

/// What one sender heard until the relay was gone.
#[derive(Default)]
struct Heard {
    accepted: Vec<Vec<u8>>,
    /// Requests that ended without an answer although the relay had them whole.
    cut_off: usize,
}

async fn keep_depositing(relay: Reach, lane: HeldLane, sender: u8, told: tokio::sync::mpsc::Sender<()>) -> Heard {
    let mut heard = Heard::default();
    for number in 0_u32.. {
        let mut envelope = envelope(sender);
        envelope[8..12].copy_from_slice(&number.to_be_bytes());
        match relay.deposit(&lane, envelope_id(), &envelope).send().await {
            Ok(answer) if answer.status() == StatusCode::ACCEPTED => heard.accepted.push(envelope),
            Ok(answer) => assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE),
            // Refused, or an idle connection that closed as the request set out: nothing was accepted or lost.
            Err(error) if error.is_connect() => break,
            Err(error) => {
                heard.cut_off += usize::from(error.is_body() || error.is_decode());
                break;
            }
        }
        let _ = told.send(()).await;
    }
    heard
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stop_under_load_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let mut relay = Process::start(folder.path(), &["--registration", "open"]);
    let mut owner = relay.owner().await;
    let (told, mut acceptances) = tokio::sync::mpsc::channel(1);
    let mut senders = Vec::new();
    for sender in 0..SENDERS {
        let lane = owner.pair_lane(&relay).await;
        senders.push(tokio::spawn(keep_depositing(relay.reach.clone(), lane, sender, told.clone())));
    }
    drop(told);
    for _ in 0..200 {
        acceptances.recv().await.unwrap();
    }
    let draining = tokio::spawn(async move { while acceptances.recv().await.is_some() {} });
    assert_eq!(relay.terminate(), Some(0));
    let mut accepted = HashSet::new();
    for sender in senders {
        let heard = sender.await.unwrap();
        assert_eq!(heard.cut_off, 0);
        accepted.extend(heard.accepted);
    }
    draining.await.unwrap();
    // The clean end leaves nothing for a recovery.
    let log = std::fs::metadata(folder.path().join("relay.db-wal"));
    assert!(log.map_or(0, |log| log.len()) == 0);

    relay.restart(folder.path());
    owner.sign_in(&relay).await;
    let (mut after, mut stored) = (0, HashSet::new());
    loop {
        let batch = owner.collect(&relay, &format!("after={after}")).await;
        let Some(last) = batch.items.last() else { break };
        after = last.sequence;
        stored.extend(batch.items.into_iter().map(|item| item.envelope));
    }
    assert!(accepted.len() >= 200);
    assert!(accepted.is_subset(&stored), "{} of {} are gone", accepted.difference(&stored).count(), accepted.len());
}

/// A deposit that the store still works on when the relay is told to stop is answered.
#[tokio::test]
async fn what_is_under_way_is_finished() {
    let mut relay = TestRelay::start().await;
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    relay.watch.hold.store(true, std::sync::atomic::Ordering::SeqCst);
    let depositing = tokio::spawn(relay.deposit(&lane, envelope_id(), &envelope(1)).send());
    relay.watch.gate.reached.acquire().await.unwrap().forget();
    relay.relay.shut_down();
    // It takes nobody new while it finishes.
    let address = relay.authority.to_string();
    while tokio::net::TcpStream::connect(&address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    // Nor does it end while somebody waits for an answer.
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert!(relay.is_serving() && !depositing.is_finished());
    relay.watch.gate.open.add_permits(1);
    assert_eq!(depositing.await.unwrap().unwrap().status(), StatusCode::ACCEPTED);
    relay.stop().await;
}
