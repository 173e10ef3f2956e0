//! Collecting and acknowledging a backlog, in the largest batches there are, by one collector and by 64.

use std::time::{Duration, Instant};

use a2a_proto::api::mailbox::Batch;
use anyhow::Result;

use super::Options;
use super::client::{Connection, Speaks};
use super::delivery::request;
use super::deposits::Mailboxes;
use super::load::{self, per};
use super::process::Process;
use crate::output;

/// Below a lane's and a mailbox's quota.
const EACH: usize = 512;

pub(super) async fn run(options: &Options) -> Result<()> {
    let relay = Process::relay(options)?;
    let mailboxes = Mailboxes::open(&relay).await?;
    let mut rows = Vec::new();
    for collectors in [1, mailboxes.owners.len()] {
        let backlog = mailboxes.deposits(EACH * mailboxes.owners.len());
        load::run(&relay, Speaks::Http, 64, backlog).await?;
        let (before, start) = (relay.cpu_seconds()?, Instant::now());
        let mut running = Vec::new();
        for share in mailboxes.owners.chunks(mailboxes.owners.len() / collectors) {
            let tokens: Vec<String> = share.iter().map(|owner| owner.token.clone()).collect();
            running.push(drain(&relay, tokens));
        }
        let mut all = Drained::default();
        for drained in futures_util::future::join_all(running).await {
            all.add(&drained?);
        }
        let (took, cpu) = (start.elapsed(), relay.cpu_seconds()? - before);
        rows.push(vec![
            collectors.to_string(),
            all.count.to_string(),
            format!("{:.0}", per(all.count, took.as_secs_f64())),
            format!("{:.3}", cpu / per(all.count, 10_000.0)),
            format!("{:.0} %", all.acknowledging_share() * 100.0),
        ]);
    }
    output::table(&["collectors", "envelopes", "per s", "CPU s/10k", "of the wait, for acknowledgements"], &rows);
    Ok(())
}

/// What was collected, and what the collectors waited for.
#[derive(Default)]
struct Drained {
    count: usize,
    collecting: Duration,
    acknowledging: Duration,
}

impl Drained {
    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.collecting += other.collecting;
        self.acknowledging += other.acknowledging;
    }

    fn acknowledging_share(&self) -> f64 {
        let all = (self.collecting + self.acknowledging).as_secs_f64();
        if all > 0.0 { self.acknowledging.as_secs_f64() / all } else { 0.0 }
    }
}

/// Empties the mailboxes of these sessions one after the other.
async fn drain(relay: &Process, tokens: Vec<String>) -> Result<Drained> {
    let mut connection = Connection::open(relay.address, Speaks::Http).await?;
    let mut drained = Drained::default();
    for token in tokens {
        let mut after = 0;
        loop {
            let asked = Instant::now();
            let batch =
                Batch::parse(connection.exchange(&request(relay, &token, &format!("after={after}")), &[]).await?)?;
            drained.collecting += asked.elapsed();
            let Some(last) = batch.items.last() else { break };
            drained.count += batch.items.len();
            after = last.sequence;
            let told = Instant::now();
            connection.exchange(&acknowledgement(relay, &token, after), &[]).await?;
            drained.acknowledging += told.elapsed();
        }
    }
    Ok(drained)
}

fn acknowledgement(relay: &Process, token: &str, through: u64) -> Vec<u8> {
    let (host, body) = (relay.address, format!("{{\"through\":{through}}}"));
    let head = format!(
        "POST /api/mailbox/ack HTTP/1.1\r\nhost: {host}\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    head.into_bytes()
}
