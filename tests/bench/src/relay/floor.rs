//! The least that SQLite takes for a deposit, without relay and network: what no design on top of it can go below.

use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use rusqlite::{Connection, params};
use tempfile::TempDir;

use super::Options;
use super::load::per;
use super::process::cpu_seconds_of;
use crate::output;

/// Deposits in one commit, as many as senders wait for it.
const BATCHES: [usize; 3] = [16, 64, 256];
/// A sealed message of the smallest size.
const ENVELOPE: usize = 4 * 1024;
const MAILBOXES: usize = 64;
const LANES: usize = 256;

/// What is written for each deposit, each with what stands before it.
#[derive(Clone, Copy, PartialEq, PartialOrd)]
enum Written {
    /// The envelope alone, in the order of arrival
    Row,
    /// The index that finds it by its mailbox
    Index,
    /// What tells a retry, by lane and envelope id, and when that may be forgotten
    Retry,
    /// The counters of lane and mailbox
    Counters,
}

pub(super) fn run(options: &Options) -> Result<()> {
    let mut rows = Vec::new();
    for batch in BATCHES {
        for (name, written) in [
            ("the envelope's row", Written::Row),
            ("+ index by mailbox", Written::Index),
            ("+ retries", Written::Retry),
            ("+ counters", Written::Counters),
        ] {
            let mut costs =
                (0..options.rounds).map(|_| cost(written, batch, options.deposits)).collect::<Result<Vec<_>>>()?;
            costs.sort_by(|a, b| a.cpu.total_cmp(&b.cpu));
            let middle = costs.get(costs.len() / 2).context("no rounds")?;
            rows.push(vec![
                name.to_owned(),
                batch.to_string(),
                format!("{:.0}", middle.rate),
                format!("{:.3}", middle.cpu),
            ]);
        }
    }
    output::table(&["written for each deposit", "in one commit", "per s", "CPU s/10k"], &rows);
    Ok(())
}

struct Cost {
    rate: f64,
    cpu: f64,
}

/// Writes, moving the log into the file on another connection meanwhile as the relay does.
fn cost(written: Written, batch: usize, count: usize) -> Result<Cost> {
    let folder = TempDir::with_prefix("a2a-bench-")?;
    let path = folder.path().join("floor.db");
    let connection = open(&path)?;
    make(&connection)?;
    let (before, start) = (cpu_seconds_of("self")?, Instant::now());
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| move_log(&path, &over));
        let wrote = write(&connection, written, batch, count);
        over.store(true, Ordering::Relaxed);
        wrote
    })?;
    let (took, cpu) = (start.elapsed(), cpu_seconds_of("self")? - before);
    Ok(Cost { rate: per(count, took.as_secs_f64()), cpu: cpu / per(count, 10_000.0) })
}

/// With the settings of the relay's store.
fn open(path: &Path) -> Result<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.execute_batch(
        "PRAGMA page_size = 4096; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0; PRAGMA secure_delete = ON; PRAGMA cache_size = -65536;",
    )?;
    Ok(connection)
}

fn make(connection: &Connection) -> Result<()> {
    connection.execute_batch(
        "CREATE TABLE envelope (mailbox INTEGER, seq INTEGER, lane BLOB, hour INTEGER, body BLOB);
         CREATE TABLE indexed (mailbox INTEGER, seq INTEGER, lane BLOB, hour INTEGER, body BLOB);
         CREATE UNIQUE INDEX by_mailbox ON indexed (mailbox, seq);
         CREATE TABLE accepted (mailbox INTEGER, lane BLOB, envelope_id BLOB, hash BLOB, expires_at INTEGER,
             PRIMARY KEY (mailbox, lane, envelope_id)) WITHOUT ROWID;
         CREATE INDEX accepted_expiry ON accepted (expires_at);
         CREATE TABLE counter (name INTEGER PRIMARY KEY, last INTEGER, bytes INTEGER);",
    )?;
    for name in 0..MAILBOXES + LANES {
        connection.execute("INSERT INTO counter VALUES (?1, 0, 0)", [i64::try_from(name)?])?;
    }
    Ok(())
}

fn write(connection: &Connection, written: Written, batch: usize, count: usize) -> Result<()> {
    let mut body = vec![0; ENVELOPE];
    getrandom::fill(&mut body)?;
    for first in (0..count).step_by(batch) {
        connection.execute_batch("BEGIN IMMEDIATE")?;
        for number in first..(first + batch).min(count) {
            deposit(connection, written, number, &body)?;
        }
        connection.execute_batch("COMMIT")?;
    }
    Ok(())
}

fn deposit(connection: &Connection, written: Written, number: usize, body: &[u8]) -> Result<()> {
    let (mailbox, lane) = (i64::try_from(number % MAILBOXES)?, i64::try_from(number % LANES)?);
    let (seq, name) = (i64::try_from(number)?, [u8::try_from(number % LANES)?; 16]);
    let table = if written == Written::Row { "envelope" } else { "indexed" };
    connection
        .prepare_cached(&format!("INSERT INTO {table} VALUES (?1, ?2, ?3, ?4, ?5)"))?
        .execute(params![mailbox, seq, name, 1, body])?;
    if written >= Written::Retry {
        let mut id = [0; 16];
        getrandom::fill(&mut id)?;
        connection.prepare_cached("INSERT INTO accepted VALUES (?1, ?2, ?3, ?4, ?5)")?.execute(params![
            mailbox,
            name,
            id,
            &body[..32],
            seq
        ])?;
    }
    if written >= Written::Counters {
        for counter in [mailbox, i64::try_from(MAILBOXES)? + lane] {
            connection
                .prepare_cached("UPDATE counter SET last = last + 1, bytes = bytes + 4096 WHERE name = ?1")?
                .execute([counter])?;
        }
    }
    Ok(())
}

fn move_log(path: &Path, over: &AtomicBool) -> Result<()> {
    let connection = open(path)?;
    while !over.load(Ordering::Relaxed) {
        std::thread::sleep(Duration::from_millis(100));
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
    }
    Ok(())
}
