//! Everything at once against a relay in a process of its own: it keeps serving a proven lane and stays small.
//!
//! Few by default; `tests/flood` sends a million.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use a2a_proto::id::LaneId;
use reqwest::StatusCode;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

use crate::process::Process;
use crate::streams;
use crate::support::*;

/// What a relay may take while it is flooded.
const MOST_MIB: u64 = 512;

/// Between two bytes of a connection that is only held.
const DRIP: Duration = Duration::from_millis(500);

fn wanted(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |text| text.parse().unwrap())
}

/// What all attackers look at.
#[derive(Clone)]
struct Flood {
    relay: Reach,
    lane: HeldLane,
    bogus_left: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
}

impl Flood {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    /// Deposits without the key, of every kind, until none is left.
    async fn deposit_rubbish(self) -> u64 {
        let (small, large) = (envelope(1), vec![0; 65536]);
        let mut answered = 0;
        while let Ok(left) = self.bogus_left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1)) {
            let unknown = HeldLane { id: LaneId::random(&mut random()), key: self.lane.key.clone() };
            let forged = HeldLane { id: self.lane.id, key: a2a_proto::lane::LaneKey::from_bytes([7; 32]) };
            let request = match left % 4 {
                0 => self.relay.deposit(&unknown, envelope_id(), &small),
                1 => self.relay.deposit(&forged, envelope_id(), &small),
                2 => self.relay.deposit_raw("rubbish", &small),
                _ => self.relay.deposit_raw("rubbish", &large),
            };
            // A relay may hang up on a flood, and say that it is busy; it never accepts.
            if let Ok(answer) = request.send().await {
                let expected = [StatusCode::FORBIDDEN, StatusCode::SERVICE_UNAVAILABLE, StatusCode::REQUEST_TIMEOUT];
                assert!(expected.contains(&answer.status()), "{}", answer.status());
                answered += 1;
            }
        }
        answered
    }

    /// Holds a connection in one of the ways of wasting one, and opens the next when the relay ends it.
    async fn hold(self, way: u64) {
        let opening = match way % 4 {
            // Nothing at all; headers that never end; a body that does not come; more headers than anybody needs.
            0 => String::new(),
            1 => "GET / HTTP/1.1\r\nhost: x\r\na: ".to_owned(),
            2 => "POST /api/deposit HTTP/1.1\r\nhost: x\r\ncontent-length: 65536\r\n\r\n".to_owned(),
            _ => format!("GET / HTTP/1.1\r\nhost: x\r\na: {}", "x".repeat(64 * 1024)),
        };
        while !self.is_over() {
            let Ok(mut stream) = TcpStream::connect(self.relay.authority.as_str()).await else { break };
            let mut written = stream.write_all(opening.as_bytes()).await;
            while written.is_ok() && !self.is_over() {
                tokio::time::sleep(DRIP).await;
                // One byte at a time, where there is something to say.
                written = if way.is_multiple_of(4) { is_open(&stream) } else { stream.write_all(b"x").await };
            }
        }
    }

    /// As many streams as an owner gets, and more; held to the end.
    async fn hoard(self) -> usize {
        let owner = self.relay.owner().await;
        let mut held = Vec::new();
        for _ in 0..8 {
            held.extend(streams::open(&self.relay, &owner, 0).await.ok());
        }
        let count = held.len();
        while !self.is_over() {
            tokio::time::sleep(DRIP).await;
        }
        count
    }
}

fn is_open(stream: &TcpStream) -> std::io::Result<()> {
    match stream.try_read(&mut [0; 64]) {
        Ok(0) => Err(std::io::ErrorKind::ConnectionReset.into()),
        Err(error) if error.kind() != std::io::ErrorKind::WouldBlock => Err(error),
        _ => Ok(()),
    }
}

/// Deposits under a proven lane until the rubbish is through: how many were taken, and how long the slowest took.
async fn serve_proven(flood: &Flood, owner: &Owner) -> (u64, Duration) {
    let (mut served, mut slowest) = (0_u64, Duration::ZERO);
    while flood.bogus_left.load(Ordering::Relaxed) > 0 || served < 20 {
        let begun = Instant::now();
        let status = flood.relay.deposited(&flood.lane, &envelope(1)).await;
        // A relay that is busy may say so, and be asked again; it never refuses.
        assert!([StatusCode::ACCEPTED, StatusCode::SERVICE_UNAVAILABLE].contains(&status), "{status}");
        if status == StatusCode::ACCEPTED {
            (served, slowest) = (served + 1, slowest.max(begun.elapsed()));
        }
        if served % 100 == 99 {
            owner.acknowledge(&flood.relay, u64::MAX).await;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    (served, slowest)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flooded_relay_serves_proven_lanes_and_stays_small() {
    let (bogus, connections, hoarders) =
        (wanted("A2A_FLOOD_DEPOSITS", 600), wanted("A2A_FLOOD_CONNECTIONS", 200), wanted("A2A_FLOOD_HOARDERS", 10));
    let folder = tempfile::tempdir().unwrap();
    let relay = Process::start(folder.path(), &["--registration", "open", "--owner-rate", "0"]);
    let owner = relay.owner().await;
    let flood = Flood {
        relay: relay.reach.clone(),
        lane: owner.pair_lane(&relay).await,
        bogus_left: Arc::new(AtomicU64::new(bogus)),
        over: Arc::default(),
    };
    let held: Vec<_> = (0..connections).map(|way| tokio::spawn(flood.clone().hold(way))).collect();
    let hoarded: Vec<_> = (0..hoarders).map(|_| tokio::spawn(flood.clone().hoard())).collect();
    let rubbish: Vec<_> = (0..16).map(|_| tokio::spawn(flood.clone().deposit_rubbish())).collect();

    let (served, slowest) = serve_proven(&flood, &owner).await;
    let refused: u64 = finished(rubbish).await.iter().sum();
    let peak = relay.peak_mib();
    flood.over.store(true, Ordering::Relaxed);
    finished(held).await;
    let streams = finished(hoarded).await;
    eprintln!(
        "flood: {bogus} bogus deposits ({refused} answered), {connections} held connections, {} hoarded streams; \
         {served} proven deposits, slowest {slowest:?}, peak {peak} MiB",
        streams.iter().sum::<usize>()
    );
    assert!(streams.iter().all(|count| *count <= 4), "a mailbox has more streams than it may: {streams:?}");
    assert!(peak < MOST_MIB, "the relay took {peak} MiB");
}

async fn finished<T>(tasks: Vec<JoinHandle<T>>) -> Vec<T> {
    let mut values = Vec::new();
    for task in tasks {
        values.push(task.await.unwrap());
    }
    values
}
