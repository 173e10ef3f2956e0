//! Moves the write-ahead log into the database file, away from the commits that callers wait for.

use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::Connection;

use super::schema;

/// How often the log is looked at. Short, so that it stays small; a look without work costs microseconds.
const INTERVAL: Duration = Duration::from_millis(500);
/// From this many pages on (128 MiB) commits are held up for a moment so that the log can begin anew.
const LONG_LOG_PAGES: i64 = 16 * 1024;

/// The thread that does it; ends when dropped.
pub(super) struct Checkpoints {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Checkpoints {
    pub(super) fn start(path: &Path) -> Result<Self, StartError> {
        let connection = schema::open_writing(path)?;
        let (stop, stopped) = channel();
        let thread =
            std::thread::Builder::new().name("store-checkpoint".into()).spawn(move || run(&connection, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
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
        self.stop.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn run(connection: &Connection, stopped: &Receiver<()>) {
    let mut seen = Log::default();
    // Ends when the other end is dropped.
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(INTERVAL) {
        seen = look(connection, seen);
    }
    // What is left goes into the file, so that the next start finds a short log.
    let _ = checkpoint(connection, "TRUNCATE");
}

/// The log as the last look found it.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
struct Log {
    pages: i64,
    moved: i64,
}

/// A passive checkpoint holds nobody up. A log that is all moved and has rested since the last look is cut off, so
/// that nothing deleted lingers in it; so is one that grew long under load.
fn look(connection: &Connection, seen: Log) -> Log {
    let Ok(log) = checkpoint(connection, "PASSIVE") else {
        return seen;
    };
    let rests = log == seen && log.moved == log.pages && log.pages > 0;
    if rests || log.pages > LONG_LOG_PAGES {
        return checkpoint(connection, "TRUNCATE").unwrap_or(log);
    }
    log
}

fn checkpoint(connection: &Connection, mode: &str) -> rusqlite::Result<Log> {
    let read = |row: &rusqlite::Row<'_>| Ok(Log { pages: row.get(1)?, moved: row.get(2)? });
    connection.query_row(&format!("PRAGMA wal_checkpoint({mode})"), [], read)
}
