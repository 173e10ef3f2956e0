//! Acts at a relay that must happen even when this process dies: opening and closing lanes, publishing.

use a2a_proto::id::LaneId;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, uint};
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "tasks";

/// What is to be done. Each can be done twice without harm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Task {
    /// Open a lane for a peer and send it our terms.
    OpenLane(PeerKey),
    /// Close a lane at our relay.
    CloseLane(LaneId),
    /// Open a pair's lane that our relay lost again, under its old key, and send our terms.
    OpenAgain(LaneId),
    /// Give our relay, which works with an older copy of its store, what it lost.
    RelayWentBack,
    /// Begin anew with a peer; it may know us by the nonce of its report.
    Reset(PeerKey, Option<[u8; 32]>),
}

impl Task {
    fn key(&self) -> String {
        match self {
            Self::OpenLane(peer) => format!("open {}", peer.0),
            Self::CloseLane(lane) => format!("close {lane}"),
            Self::OpenAgain(lane) => format!("open again {lane}"),
            Self::RelayWentBack => "relay went back".to_owned(),
            Self::Reset(peer, _) => format!("reset {}", peer.0),
        }
    }
}

/// A task that waits.
#[derive(Debug, Clone)]
pub(crate) struct WaitingTask {
    /// What to do.
    pub(crate) task: Task,
    /// How often it was tried.
    pub(crate) attempts: u64,
}

/// Adds a task, unless it waits already.
pub(crate) fn add(tx: &Tx<'_>, task: &Task, now: Timestamp) -> Result<(), StoreError> {
    let key = task.key();
    let sealed = tx.seal.seal_record(Place::record(TABLE, key.as_bytes()), task)?;
    tx.sql.execute(
        "INSERT INTO tasks (key, next_attempt, record) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        params![key, moment(now), sealed],
    )?;
    Ok(())
}

/// Leases the tasks whose time has come.
pub(crate) fn lease(tx: &Tx<'_>, now: Timestamp, until: Timestamp) -> Result<Vec<WaitingTask>, StoreError> {
    let mut statement = tx.sql.prepare_cached(
        "UPDATE tasks SET lease_until = ?2 WHERE next_attempt <= ?1 AND lease_until <= ?1
         RETURNING key, attempts, record",
    )?;
    let rows = statement
        .query_map(params![moment(now), moment(until)], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?))
        })?
        .collect::<Result<Vec<_>, _>>()?;
    rows.into_iter()
        .map(|(key, attempts, sealed)| {
            let task = tx.seal.open_record(Place::record(TABLE, key.as_bytes()), &sealed)?;
            Ok(WaitingTask { task, attempts: uint(attempts) })
        })
        .collect()
}

/// Strikes a task off.
pub(crate) fn done(tx: &Tx<'_>, task: &Task) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM tasks WHERE key = ?1", [task.key()])?;
    Ok(())
}

/// Puts a task back for a later try.
pub(crate) fn put_back(tx: &Tx<'_>, task: &Task, next_attempt: Timestamp) -> Result<(), StoreError> {
    tx.sql.execute(
        "UPDATE tasks SET attempts = attempts + 1, next_attempt = ?2, lease_until = 0 WHERE key = ?1",
        params![task.key(), moment(next_attempt)],
    )?;
    Ok(())
}

/// Whether somebody is doing that task.
pub(crate) fn is_leased(tx: &Tx<'_>, task: &Task, now: Timestamp) -> Result<bool, StoreError> {
    let leased = "SELECT 1 FROM tasks WHERE key = ?1 AND lease_until > ?2";
    let found: Option<i64> = tx.sql.query_row(leased, params![task.key(), moment(now)], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}

/// Whether that task waits.
pub(crate) fn waits(tx: &Tx<'_>, task: &Task) -> Result<bool, StoreError> {
    let found: Option<i64> =
        tx.sql.query_row("SELECT 1 FROM tasks WHERE key = ?1", [task.key()], |row| row.get(0)).optional()?;
    Ok(found.is_some())
}
