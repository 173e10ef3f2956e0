//! Processes that die: at every row that a transaction writes, at its commit, and between a commit and the network.

use std::fmt::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};

use rusqlite::types::Value;

use crate::agent::Trouble;
use crate::agent::testing::{Parcel, Side};
use crate::store::StoreError;
use crate::store::outbox::{self, Waiting};
use crate::store::tasks::{self, Task};

const HOLDER: [u8; 16] = [1; 16];
const LEASE: std::time::Duration = std::time::Duration::from_secs(60);
/// No act writes as many rows.
const NEVER: u32 = 1_000_000;

/// Whether processes die on the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Life {
    /// Nothing happens.
    Smooth,
    /// At every moment at which it could, the process dies and the next one tries again.
    Deadly,
}

impl Life {
    /// Does an act of one transaction; the process dies at its first row, at its second, …, at its commit, before it is done.
    pub(super) fn act<T>(self, side: &mut Side, act: impl Fn(&mut Side) -> T) -> T {
        if self == Self::Deadly {
            let mut rows = 0;
            while dies(side, &act, rows) == Death::AtARow {
                rows += 1;
            }
            arm(side, NEVER);
        }
        act(side)
    }

    /// Hands everything in the outbox to the peers' relays. The deadly way each goes twice: the process dies after the relay
    /// took it, and the next one finds it unsent once the lease is over.
    pub(super) fn post(self, side: &mut Side) -> Vec<Parcel> {
        let mut parcels = Vec::new();
        while let Some(mut waiting) = self.act(side, lease) {
            parcels.push(parcel(side, &waiting));
            if self == Self::Deadly {
                assert!(lease(side).is_none(), "what one process sends no other one sends");
                side.now = side.now.plus(LEASE);
                let again = self.act(side, lease).unwrap();
                assert_eq!((again.envelope_id, &again.envelope), (waiting.envelope_id, &waiting.envelope));
                parcels.push(parcel(side, &again));
                waiting = again;
            }
            self.act(side, |side| {
                side.act(|tx, ctx| crate::agent::mail::flush::taken(tx, ctx, &waiting, &HOLDER)).unwrap();
            });
        }
        parcels
    }

    /// Takes parcels in.
    pub(super) fn take_all(self, side: &mut Side, parcels: &[Parcel]) {
        for parcel in parcels {
            self.act(side, |side| side.take(parcel));
        }
    }

    /// Delivers everything from one to the other.
    pub(super) fn deliver(self, from: &mut Side, to: &mut Side) {
        let parcels = self.post(from);
        self.take_all(to, &parcels);
    }

    /// Does what waits at our own relay.
    pub(super) fn do_tasks(self, side: &mut Side) {
        let waiting = self.act(side, lease_tasks);
        // The process that leased them dies; the next one has to wait for the end of the lease.
        let waiting = if self == Self::Deadly {
            assert!(lease_tasks(side).is_empty());
            side.now = side.now.plus(LEASE);
            self.act(side, lease_tasks)
        } else {
            waiting
        };
        for task in waiting {
            if let Task::OpenLane(key) = task {
                let lane = side.lane();
                self.act(side, |side| {
                    side.act(|tx, ctx| crate::agent::pairing::terms::opened(tx, ctx, key, lane.clone())).unwrap();
                });
            }
        }
    }
}

/// Where a process died.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    AtARow,
    AtTheCommit,
}

/// Lets the process die after it wrote so many rows, or at the commit if there are no more; nothing may have changed.
fn dies<T>(side: &mut Side, act: &impl Fn(&mut Side) -> T, after_rows: u32) -> Death {
    let before = dump(side);
    arm(side, after_rows);
    side.dies_at_commit.set(true);
    let died = catch_unwind(AssertUnwindSafe(|| act(side))).is_err();
    assert!(died, "the act has no transaction that can fail");
    let death = if side.dies_at_commit.take() { Death::AtARow } else { Death::AtTheCommit };
    side.reopen();
    assert_eq!(dump(side), before, "what died {death:?} {after_rows} left something behind");
    death
}

/// Lets the connection fail after so many rows: triggers that live and die with it count them down.
fn arm(side: &Side, rows: u32) {
    let mut sql = format!(
        "CREATE TEMP TABLE IF NOT EXISTS life (rows INTEGER); DELETE FROM temp.life; INSERT INTO temp.life VALUES ({rows});"
    );
    for table in tables(side) {
        for act in ["INSERT", "UPDATE", "DELETE"] {
            let _ = write!(
                sql,
                "CREATE TEMP TRIGGER IF NOT EXISTS death_{act}_{table} BEFORE {act} ON main.{table} BEGIN
                     SELECT RAISE(ABORT, 'the process died') FROM temp.life WHERE rows <= 0;
                     UPDATE life SET rows = rows - 1;
                 END;"
            );
        }
    }
    side.act(|tx, _| tx.sql.execute_batch(&sql).map_err(StoreError::from)).unwrap();
}

fn tables(side: &Side) -> Vec<String> {
    side.act(|tx, _| {
        let mut statement =
            tx.sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
        let names = statement.query_map([], |row| row.get(0))?;
        Ok::<_, StoreError>(names.collect::<Result<_, _>>()?)
    })
    .unwrap()
}

/// Every row of every table.
fn dump(side: &Side) -> Vec<Vec<Value>> {
    let all = tables(side);
    let read = |table: &String| {
        side.act(|tx, _| {
            let mut statement = tx.sql.prepare(&format!("SELECT * FROM main.{table}"))?;
            let columns = statement.column_count();
            let rows =
                statement.query_map([], |row| (0..columns).map(|at| row.get(at)).collect::<Result<Vec<Value>, _>>())?;
            Ok::<_, StoreError>(rows.collect::<Result<Vec<_>, _>>()?)
        })
        .unwrap()
    };
    all.iter().flat_map(read).collect()
}

fn lease(side: &mut Side) -> Option<Waiting> {
    let until = side.now.plus(LEASE);
    let leased = side.act(|tx, ctx| outbox::lease(tx, &HOLDER, ctx.now, until, None)).unwrap();
    assert!(leased.len() <= 1, "one peer");
    leased.into_iter().next()
}

fn lease_tasks(side: &mut Side) -> Vec<Task> {
    let until = side.now.plus(LEASE);
    let leased = side.act(|tx, ctx| tasks::lease(tx, ctx.now, until).map_err(Trouble::from)).unwrap();
    leased.into_iter().map(|waiting| waiting.task).collect()
}

fn parcel(side: &Side, waiting: &Waiting) -> Parcel {
    Parcel { source: side.door(waiting), envelope: waiting.envelope.clone() }
}
