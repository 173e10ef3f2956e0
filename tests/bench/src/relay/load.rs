//! Senders who each send their next request as soon as the last one is answered.

use std::time::{Duration, Instant};

use anyhow::Result;

use super::client::{Connection, Speaks};
use super::process::Process;
use crate::stats::Samples;

/// Requests that are ready to go: their heads, and one body for all.
pub(super) struct Prepared {
    pub(super) heads: Vec<Vec<u8>>,
    pub(super) body: Vec<u8>,
}

/// What came of a run.
#[derive(Clone)]
pub(super) struct Run {
    pub(super) count: usize,
    pub(super) took: Duration,
    pub(super) samples: Samples,
    /// CPU seconds of the server.
    pub(super) server: f64,
}

impl Run {
    pub(super) fn rate(&self) -> f64 {
        per(self.count, self.took.as_secs_f64())
    }

    /// CPU seconds of the server for ten thousand requests.
    pub(super) fn cpu(&self) -> f64 {
        self.server / per(self.count, 10_000.0)
    }
}

#[expect(clippy::cast_precision_loss, reason = "a count of requests")]
pub(super) fn per(count: usize, of: f64) -> f64 {
    count as f64 / of
}

/// Sends everything by `senders` connections that are open before the clock starts.
pub(super) async fn run(server: &Process, speaks: Speaks, senders: usize, prepared: Prepared) -> Result<Run> {
    let mut connections = Vec::new();
    for _ in 0..senders {
        connections.push(Connection::open(server.address, speaks).await?);
    }
    let count = prepared.heads.len();
    let shares = share(prepared.heads, senders);
    let body: std::sync::Arc<[u8]> = prepared.body.into();
    let (before, start) = (server.cpu_seconds()?, Instant::now());
    let mut running = Vec::new();
    for (connection, heads) in connections.into_iter().zip(shares) {
        running.push(tokio::spawn(send(connection, heads, std::sync::Arc::clone(&body))));
    }
    let mut samples = Samples::default();
    for sender in running {
        sender.await??.into_iter().for_each(|took| samples.push(took));
    }
    let took = start.elapsed();
    Ok(Run { count, took, samples, server: server.cpu_seconds()? - before })
}

async fn send(mut connection: Connection, heads: Vec<Vec<u8>>, body: std::sync::Arc<[u8]>) -> Result<Vec<Duration>> {
    let mut took = Vec::with_capacity(heads.len());
    for head in heads {
        let start = Instant::now();
        connection.exchange(&head, &body).await?;
        took.push(start.elapsed());
    }
    Ok(took)
}

fn share(heads: Vec<Vec<u8>>, senders: usize) -> Vec<Vec<Vec<u8>>> {
    let mut shares = vec![Vec::new(); senders];
    for (number, head) in heads.into_iter().enumerate() {
        shares[number % senders].push(head);
    }
    shares
}
