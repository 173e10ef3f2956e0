//! Many relays on one Postgres: they wake one another, and what is accepted survives whatever ends.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use reqwest::StatusCode;
use tokio::task::JoinHandle;

use crate::durability::expect_each_once;
use crate::postgres::{self, Server};
use crate::process::{Process, run};
use crate::support::*;

/// The address that users see: the same for all replicas.
const PUBLIC: &str = "http://127.0.0.1:9";

fn replica(folder: &Path, store: &str) -> Process {
    Process::start(folder, &["--registration", "open", "--public-url", PUBLIC, "--store", store])
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_at_one_relay_wakes_a_collector_at_another() {
    let Some(store) = postgres::database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (replica(folder.path(), &store), replica(folder.path(), &store));
    let owner = here.owner().await;
    let lane = owner.pair_lane(&here).await;
    for byte in 1..=3 {
        let query = format!("wait=30&after={}", byte - 1);
        let sealed = envelope(byte);
        let (batch, status) = futures_util::join!(owner.collect(&there, &query), here.deposited(&lane, &sealed));
        assert_eq!(status, StatusCode::ACCEPTED);
        assert_eq!(batch.items.len(), 1, "the wait ended without mail");
    }
}

#[tokio::test]
async fn a_relay_with_another_secret_is_refused_in_words() {
    let Some(store) = postgres::database().await else { return };
    let (folder, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let first = replica(folder.path(), &store);
    let other = ["serve", "--listen", "127.0.0.1:0", "--store", &store];
    let refused = run(elsewhere.path(), &other);
    let words = String::from_utf8_lossy(&refused.stderr);
    assert!(!refused.status.success() && words.contains("copy it from the first"), "{words}");
    // A store in use and no secret at all.
    first.owner().await;
    std::fs::remove_file(elsewhere.path().join("relay.secret")).unwrap();
    let words = run(elsewhere.path(), &other).stderr;
    assert!(String::from_utf8_lossy(&words).contains("is missing"));
}

#[tokio::test(flavor = "multi_thread")]
async fn replicas_may_be_killed_in_turn() {
    let Some(store) = postgres::database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut replicas = [replica(folder.path(), &store), replica(folder.path(), &store)];
    let mut owner = replicas[0].owner().await;
    let senders = Senders::start(&owner, &[&replicas[0], &replicas[1]], 6).await;
    for round in 0..6 {
        senders.more(40).await;
        let one = &mut replicas[round % 2];
        one.kill();
        senders.more(40).await;
        one.restart(folder.path());
    }
    let accepted = senders.stop().await;
    owner.sign_in(&replicas[0]).await;
    expect_each_once(&owner, &replicas[0], &accepted).await;
}

/// Tables may be ahead of a relay by what was added: so replicas are replaced one by one, under load.
#[tokio::test(flavor = "multi_thread")]
async fn an_upgrade_under_load_loses_nothing() {
    let Some(store) = postgres::database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut replicas = [replica(folder.path(), &store), replica(folder.path(), &store)];
    let mut owner = replicas[0].owner().await;
    let senders = Senders::start(&owner, &[&replicas[0], &replicas[1]], 6).await;
    senders.more(50).await;
    // As a relay of the next format does it: the writers' first tables before all others.
    let next = "BEGIN; LOCK TABLE account, mailbox IN ACCESS EXCLUSIVE MODE;
        ALTER TABLE envelope ADD COLUMN later text; ALTER TABLE lane ADD COLUMN later bigint NOT NULL DEFAULT 0;
        ALTER TABLE mailbox ADD COLUMN later bigint NOT NULL DEFAULT 0;
        ALTER TABLE accepted ADD COLUMN later text;
        CREATE TABLE later (mailbox bytea PRIMARY KEY);
        UPDATE format SET version = version + 1; COMMIT";
    postgres::client(&store).await.batch_execute(next).await.unwrap();
    senders.more(50).await;
    for one in &mut replicas {
        assert_eq!(one.terminate(), Some(0));
        senders.more(50).await;
        one.restart(folder.path());
        senders.more(50).await;
    }
    let accepted = senders.stop().await;
    owner.sign_in(&replicas[1]).await;
    expect_each_once(&owner, &replicas[1], &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_primary_takes_nothing_accepted_with_it() {
    let Some(primary) = Server::start() else { return };
    let standby = primary.follow().await;
    let folder = tempfile::tempdir().unwrap();
    let store = format!("postgres://a2a@127.0.0.1:{},127.0.0.1:{}/postgres", primary.port, standby.port);
    let relay = replica(folder.path(), &store);
    let mut owner = relay.owner().await;
    let senders = Senders::start(&owner, &[&relay], 6).await;
    senders.more(150).await;
    primary.act("kill", &[]);
    standby.act("promote", &[]);
    senders.more(150).await;
    let accepted = senders.stop().await;
    owner.sign_in(&relay).await;
    expect_each_once(&owner, &relay, &accepted).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_away_is_said_and_found_again() {
    let Some(server) = Server::start() else { return };
    let folder = tempfile::tempdir().unwrap();
    let relay = replica(folder.path(), &server.url());
    let owner = relay.owner().await;
    let lane = owner.pair_lane(&relay).await;
    assert_eq!(relay.deposited(&lane, &envelope(1)).await, StatusCode::ACCEPTED);
    server.act("stop", &[]);
    let (id, body) = (envelope_id(), envelope(2));
    let answer = relay.deposit(&lane, id, &body).send().await.unwrap();
    expect_away(&answer);
    let answer = owner.call(&relay, reqwest::Method::GET, "/api/mailbox").send().await.unwrap();
    expect_away(&answer);
    server.act("start", &[&server.port.to_string()]);
    while relay.deposit(&lane, id, &body).send().await.unwrap().status() != StatusCode::ACCEPTED {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(owner.collect(&relay, "").await.items.len(), 2);
}

fn expect_away(answer: &reqwest::Response) {
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    let again: u64 = answer.headers()["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=60).contains(&again));
}

/// Two connections, both stuck behind a lock: the third request is told to come again, and nothing has to be restarted.
#[tokio::test(flavor = "multi_thread")]
async fn no_free_connection_is_said_and_passes() {
    let Some(store) = postgres::database().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let relay = replica(folder.path(), &format!("{store}?connections=2"));
    let mut lanes = Vec::new();
    for _ in 0..3 {
        lanes.push(relay.owner().await.pair_lane(&relay).await);
    }
    let lock = postgres::client(&store).await;
    lock.batch_execute("BEGIN; SELECT 1 FROM mailbox FOR UPDATE").await.unwrap();
    let stuck: Vec<_> =
        lanes[..2].iter().map(|lane| tokio::spawn(relay.deposit(lane, envelope_id(), &envelope(1)).send())).collect();
    let waits = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
    // Another session: within one transaction the view stands still.
    let watch = postgres::client(&store).await;
    while watch.query_one(waits, &[]).await.unwrap().get::<_, i64>(0) < 2 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let answer = relay.deposit(&lanes[2], envelope_id(), &envelope(1)).send().await.unwrap();
    expect_away(&answer);
    lock.batch_execute("ROLLBACK").await.unwrap();
    for answer in stuck {
        let status = answer.await.unwrap().unwrap().status();
        assert!([StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE].contains(&status), "{status}");
    }
    for lane in &lanes {
        while relay.deposited(lane, &envelope(2)).await != StatusCode::ACCEPTED {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }
}

/// Senders that try again, at the next relay, until each envelope is accepted: as sidecars do.
struct Senders {
    stop: Arc<AtomicBool>,
    accepted: Arc<AtomicUsize>,
    tasks: Vec<JoinHandle<Vec<Vec<u8>>>>,
}

impl Senders {
    async fn start(owner: &Owner, relays: &[&Process], count: u8) -> Self {
        let (stop, accepted) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut tasks = Vec::new();
        for sender in 0..count {
            let lane = owner.pair_lane(relays[0]).await;
            let relays: Vec<Reach> = relays.iter().map(|relay| relay.reach.clone()).collect();
            tasks.push(tokio::spawn(send_until(relays, lane, sender, stop.clone(), accepted.clone())));
        }
        Self { stop, accepted, tasks }
    }

    /// Resolves when so many more were accepted.
    async fn more(&self, count: usize) {
        let until = self.accepted.load(Ordering::SeqCst) + count;
        while self.accepted.load(Ordering::SeqCst) < until {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// What was accepted in all.
    async fn stop(self) -> Vec<Vec<u8>> {
        self.stop.store(true, Ordering::SeqCst);
        let mut all = Vec::new();
        for task in self.tasks {
            all.extend(task.await.unwrap());
        }
        all
    }
}

async fn send_until(
    relays: Vec<Reach>,
    lane: HeldLane,
    sender: u8,
    stop: Arc<AtomicBool>,
    count: Arc<AtomicUsize>,
) -> Vec<Vec<u8>> {
    let mut accepted = Vec::new();
    for number in 0_u32.. {
        let mut envelope = envelope(sender);
        envelope[8..12].copy_from_slice(&number.to_be_bytes());
        envelope[16..32].copy_from_slice(lane.id.as_bytes());
        let id = envelope_id();
        for relay in relays.iter().cycle().skip(usize::from(sender) + number as usize) {
            if stop.load(Ordering::SeqCst) {
                return accepted;
            }
            match relay.deposit(&lane, id, &envelope).send().await.map(|answer| answer.status()) {
                Ok(StatusCode::ACCEPTED) => break,
                // Full until somebody acknowledges: enough for a test.
                Ok(StatusCode::TOO_MANY_REQUESTS) => return accepted,
                Ok(StatusCode::SERVICE_UNAVAILABLE) | Err(_) => tokio::time::sleep(Duration::from_millis(20)).await,
                Ok(other) => panic!("a live lane was answered {other}"),
            }
        }
        accepted.push(envelope);
        count.fetch_add(1, Ordering::SeqCst);
    }
    accepted
}
