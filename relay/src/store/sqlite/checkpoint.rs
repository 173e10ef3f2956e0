//! Moves the write-ahead log into the database file, away from the commits that callers wait for.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::reserve::Reserve;
use super::{schema, sweeping};

/// How often the log is looked at. Short, so that it stays small; a look without work costs microseconds.
const INTERVAL: Duration = Duration::from_millis(500);
/// How long a checkpoint waits for readers, with the lock of the log in its hand.
const BUSY: Duration = Duration::from_millis(100);
/// From this many pages on (128 MiB) commits are held up for a moment so that the log can begin anew.
const LONG_LOG_PAGES: i64 = 32 * 1024;

/// Free pages that are given back at a time when the disk is full.
const PAGES_BACK: u32 = 4000;

/// The thread that does it; ends when dropped.
pub(super) struct Checkpoints {
    asks: Option<Sender<oneshot::Sender<()>>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path, reserve: Arc<Reserve>) -> Result<Self, StartError> {
        let connection = schema::open_writing(path)?;
        // Where a reader stands in the way, the next look tries again: waiting for it would hold up every commit.
        connection.busy_timeout(BUSY)?;
        let (asks, asked) = channel();
        let thread = std::thread::Builder::new()
            .name("store-checkpoint".into())
            .spawn(move || run(&connection, &reserve, &asked))?;
        Ok(Self { asks: Some(asks), thread: Some(thread) })
    }

    /// Moves the whole log now and gives free pages back to the disk, so that there is room again.
    pub(super) async fn make_room(&self) {
        let (done, is_done) = oneshot::channel();
        if self.asks.as_ref().is_some_and(|asks| asks.send(done).is_ok()) {
            // An error says that the store goes down.
            let _ = is_done.await;
        }
    }
}

/// Why the thread did not start.
#[derive(Debug, thiserror::Error)]
pub(super) enum StartError {
    #[error(transparent)]
    Database(#[from] rusqlite::Error),
    #[error(transparent)]
    Thread(#[from] std::io::Error),
}

impl Drop for Checkpoints {
    fn drop(&mut self) {
        self.asks.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, reserve: &Reserve, asked: &Receiver<oneshot::Sender<()>>) {
    let mut seen = Log::default();
    loop {
        match asked.recv_timeout(INTERVAL) {
            Ok(done) => {
                make_room(connection);
                reserve.take_back();
                let _ = done.send(());
            }
            Err(RecvTimeoutError::Timeout) if reserve.is_used() => {
                make_room(connection);
                reserve.take_back();
            }
            Err(RecvTimeoutError::Timeout) => seen = look(connection, seen),
            // The other end was dropped: what is left goes into the file, so that the next start finds a short log.
            Err(RecvTimeoutError::Disconnected) => return drop(checkpoint(connection, "TRUNCATE")),
        }
    }
}

/// Moves the log as far as it can be moved, so that the next commit begins it anew.
pub(super) fn keep_short(connection: &Connection) {
    // Where another checkpoint runs or there is no room, the next commit tries again.
    let _ = checkpoint(connection, "PASSIVE");
}

fn make_room(connection: &Connection) {
    // Where one of them fails for want of room, the next turn may find some.
    let _ = checkpoint(connection, "TRUNCATE");
    let _ = sweeping::give_back_pages(connection, PAGES_BACK);
    let _ = checkpoint(connection, "TRUNCATE");
}

/// The log as the last look found it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Log {
    pages: i64,
    moved: i64,
}

/// A passive checkpoint holds nobody up. A log that is all moved and has rested since the last look is cut off, so
/// that nothing deleted lingers in it. One that grew long under load begins anew in the same room on the disk: there the kernel
/// neither finds new blocks nor notes a new length with every commit.
fn look(connection: &Connection, seen: Log) -> Log {
    let Ok(log) = checkpoint(connection, "PASSIVE") else {
        return seen;
    };
    let rests = log == seen && log.moved == log.pages && log.pages > 0;
    if rests {
        return checkpoint(connection, "TRUNCATE").unwrap_or(log);
    }
    if log.pages > LONG_LOG_PAGES {
        return checkpoint(connection, "RESTART").unwrap_or(log);
    }
    log
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
    let read = |row: &rusqlite::Row<'_>| Ok(Log { pages: row.get(1)?, moved: row.get(2)? });
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], read)
}
