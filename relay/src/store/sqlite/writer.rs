//! The one thread that writes: it takes everything that came in during the last commit into the next one.
//!
//! ```text
//!   acts ──► queue ──► BEGIN  act act act …  COMMIT (one fsync) ──► answers
//! ```
//!
//! Nobody is answered before the commit that holds their change has returned. An act that fails is undone alone: the
//! batch is run again with a savepoint around each act, which would cost every act a copy of the pages it changes. A
//! commit that fails fails everyone in it.

use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use super::checkpoint;
use super::reserve::Reserve;
use crate::metrics;
use crate::store::StoreError;

/// Acts that wait for the writer; beyond it callers wait their turn.
const QUEUE_ACTS: usize = 4096;
/// The most acts of one commit, so that the first in it does not wait for ever.
const BATCH_ACTS: usize = 1024;

/// Hands acts to the writing thread; dropped, it waits until what was handed over is done.
pub(super) struct Writer {
    queue: Option<mpsc::Sender<Box<dyn Act>>>,
    thread: Option<JoinHandle<()>>,
    reserve: Arc<Reserve>,
}

/// A change, and somebody who waits to hear of it.
trait Act: Send {
    /// Makes the change inside the open transaction; again, if the first was undone. One that takes room makes none once
    /// the reserve is used, however long it has waited: it would eat what is kept for acts that make room.
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()>;
    /// Tells the caller what became of it: only ever called after the commit, or after there can be none.
    fn answer(self: Box<Self>, outcome: Result<(), StoreError>);
}

struct Change<F, T> {
    change: F,
    /// The reserve that must not be used, if the change takes room.
    takes_room: Option<Arc<Reserve>>,
    value: Option<T>,
    caller: oneshot::Sender<Result<T, StoreError>>,
}

impl<F, T> Act for Change<F, T>
where
    F: Fn(&Connection) -> rusqlite::Result<T> + Send,
    T: Send,
{
    fn run(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.value = None;
        if !self.takes_room.as_ref().is_some_and(|reserve| reserve.is_used()) {
            self.value = Some((self.change)(connection)?);
        }
        Ok(())
    }

    fn answer(self: Box<Self>, outcome: Result<(), StoreError>) {
        let Self { value, caller, .. } = *self;
        // A caller who went away needs no answer.
        let _ = caller.send(outcome.and_then(|()| value.ok_or(StoreError::Unavailable)));
    }
}

impl Writer {
    /// Starts the thread on a connection of its own.
    pub(super) fn start(connection: Connection, reserve: Arc<Reserve>) -> std::io::Result<Self> {
        let (queue, acts) = mpsc::channel(QUEUE_ACTS);
        let writing = Writing { connection, reserve: Arc::clone(&reserve) };
        let thread = std::thread::Builder::new().name("store-writer".into()).spawn(move || writing.run(acts))?;
        Ok(Self { queue: Some(queue), thread: Some(thread), reserve })
    }

    /// Makes a change that takes room; refused while the disk is full. Resolves when it is on disk.
    pub(super) async fn commit<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        if self.reserve.is_used() {
            return Err(StoreError::Unavailable);
        }
        self.hand_over(change, Some(Arc::clone(&self.reserve))).await
    }

    /// Makes a change that makes room, or takes none; resolves when it is on disk.
    pub(super) async fn commit_anyway<T, F>(&self, change: F) -> Result<T, StoreError>
    where
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        self.hand_over(change, None).await
    }

    async fn hand_over<T, F>(&self, change: F, takes_room: Option<Arc<Reserve>>) -> Result<T, StoreError>
    where
        F: Fn(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let (caller, answer) = oneshot::channel();
        let act = Change { change, takes_room, value: None, caller };
        let queue = self.queue.as_ref().ok_or(StoreError::Unavailable)?;
        let handed = queue.send(Box::new(act)).await;
        handed.map_err(|_| StoreError::Unavailable)?;
        answer.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.queue.take();
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// What the writing thread has.
struct Writing {
    connection: Connection,
    reserve: Arc<Reserve>,
}

type Outcome = (Box<dyn Act>, Result<(), StoreError>);

impl Writing {
    fn run(self, mut acts: mpsc::Receiver<Box<dyn Act>>) {
        while let Some(first) = acts.blocking_recv() {
            let start = Instant::now();
            let outcomes = self.commit_batch(first, &mut acts);
            metrics::committed(u32::try_from(outcomes.len()).unwrap_or(u32::MAX), start.elapsed());
            for (act, outcome) in outcomes {
                act.answer(outcome);
            }
            if self.reserve.is_near() {
                checkpoint::keep_short(&self.connection);
            }
        }
    }

    /// One transaction: the first act and all that already wait behind it.
    fn commit_batch(&self, first: Box<dyn Act>, acts: &mut mpsc::Receiver<Box<dyn Act>>) -> Vec<Outcome> {
        let mut batch = Vec::new();
        match run_together(&self.connection, first, acts, &mut batch) {
            Ok(()) => {
                let outcome = self.commit();
                batch.into_iter().map(|act| (act, outcome)).collect()
            }
            Err(error) => {
                self.note(&error);
                // A rollback that fails has nothing left to undo.
                let _ = run(&self.connection, "ROLLBACK");
                self.commit_each_apart(batch)
            }
        }
    }

    /// The same acts once more, so that a failure undoes its own changes and no others.
    fn commit_each_apart(&self, batch: Vec<Box<dyn Act>>) -> Vec<Outcome> {
        let began = run(&self.connection, "BEGIN IMMEDIATE").inspect_err(|error| self.note(error)).is_ok();
        let mut outcomes = Vec::with_capacity(batch.len());
        for mut act in batch {
            let ran = if began { self.run_apart(act.as_mut()) } else { Err(StoreError::Unavailable) };
            outcomes.push((act, ran));
        }
        if began && let Err(error) = self.commit() {
            outcomes.iter_mut().for_each(|(_, outcome)| *outcome = Err(error));
        }
        outcomes
    }

    fn run_apart(&self, act: &mut dyn Act) -> Result<(), StoreError> {
        run_apart(&self.connection, act).map_err(|error| {
            self.note(&error);
            StoreError::Unavailable
        })
    }

    /// Commits, or leaves nothing of the batch.
    fn commit(&self) -> Result<(), StoreError> {
        run(&self.connection, "COMMIT").map_err(|error| {
            self.note(&error);
            let _ = run(&self.connection, "ROLLBACK");
            StoreError::Unavailable
        })
    }

    /// The code alone is logged: a message of SQLite could name a value. A full disk is made room on.
    fn note(&self, error: &rusqlite::Error) {
        tracing::error!(code = ?error.sqlite_error_code(), "the store could not write");
        if self.reserve.explains(error) {
            self.reserve.give_way();
        }
    }
}

/// Runs acts until none waits or one fails; `batch` has all that ran, and the one that failed.
fn run_together(
    connection: &Connection,
    first: Box<dyn Act>,
    acts: &mut mpsc::Receiver<Box<dyn Act>>,
    batch: &mut Vec<Box<dyn Act>>,
) -> rusqlite::Result<()> {
    batch.push(first);
    run(connection, "BEGIN IMMEDIATE")?;
    let mut next = 0;
    while let Some(act) = batch.get_mut(next) {
        act.run(connection)?;
        next += 1;
        if next == batch.len()
            && next < BATCH_ACTS
            && let Ok(act) = acts.try_recv()
        {
            batch.push(act);
        }
    }
    Ok(())
}

/// Runs one act so that its failure undoes its own changes and no others.
fn run_apart(connection: &Connection, act: &mut dyn Act) -> rusqlite::Result<()> {
    let ran = run(connection, "SAVEPOINT act")
        .and_then(|()| act.run(connection))
        .and_then(|()| run(connection, "RELEASE act"));
    if ran.is_err() {
        // A transaction that the failure ended as a whole has no savepoint left; its commit fails, and so do all.
        let _ = run(connection, "ROLLBACK TO act");
        let _ = run(connection, "RELEASE act");
    }
    ran
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([])?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbers() -> Connection {
        let connection = Connection::open_in_memory().unwrap();
        connection.execute_batch("CREATE TABLE number (n INTEGER UNIQUE)").unwrap();
        connection
    }

    fn writer() -> Writer {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::keep(&folder.path().join("relay.db")).unwrap();
        Writer::start(numbers(), Arc::new(reserve)).unwrap()
    }

    fn insert(n: i64) -> impl Fn(&Connection) -> rusqlite::Result<()> + Send + 'static {
        move |connection| connection.execute("INSERT INTO number VALUES (?1)", [n]).map(drop)
    }

    /// Two acts in one transaction: while the second still runs, the first must not have been answered.
    #[tokio::test(flavor = "multi_thread")]
    async fn nobody_is_answered_before_the_commit() {
        let writer = Arc::new(writer());
        let (reached, mut second_runs) = mpsc::unbounded_channel();
        let (finish, hold) = std::sync::mpsc::channel::<()>();

        // The next two acts share a commit.
        let (holder, open) = held(&writer).await;
        let first = commit(&writer, insert(1));
        let second = commit(&writer, move |_: &Connection| {
            reached.send(()).unwrap();
            hold.recv().unwrap();
            Ok(())
        });
        let first = tokio::spawn(poll_now(first).await);
        let second = tokio::spawn(poll_now(second).await);
        open.send(()).unwrap();
        second_runs.recv().await.unwrap();
        tokio::task::yield_now().await;
        assert!(!first.is_finished(), "answered while its transaction was open");

        finish.send(()).unwrap();
        assert!(first.await.unwrap().is_ok());
        assert!(second.await.unwrap().is_ok());
        assert!(holder.await.unwrap().is_ok());
    }

    /// A deposit that waited while the disk filled up must not eat what is kept for acknowledgements.
    #[tokio::test(flavor = "multi_thread")]
    async fn what_takes_room_makes_no_change_once_the_reserve_is_used() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Arc::new(Reserve::keep(&folder.path().join("relay.db")).unwrap());
        let writer = Arc::new(Writer::start(numbers(), Arc::clone(&reserve)).unwrap());
        let (holder, open) = held(&writer).await;
        let deposit = tokio::spawn(poll_now(commit(&writer, insert(1))).await);
        let acknowledgement = tokio::spawn({
            let writer = Arc::clone(&writer);
            poll_now(async move { writer.commit_anyway(insert(2)).await }).await
        });
        reserve.give_way();
        open.send(()).unwrap();
        holder.await.unwrap().unwrap();
        assert_eq!(deposit.await.unwrap(), Err(StoreError::Unavailable));
        assert_eq!(acknowledgement.await.unwrap(), Ok(()));
        let kept =
            writer.commit_anyway(|connection| connection.query_row("SELECT n FROM number", [], |row| row.get(0)));
        assert_eq!(kept.await, Ok(2));
    }

    /// The acts ran; but what was promised is what the commit kept.
    #[tokio::test(flavor = "multi_thread")]
    async fn a_commit_that_fails_fails_everyone_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let reserve = Reserve::keep(&folder.path().join("relay.db")).unwrap();
        let connection = numbers();
        // Looked at by the commit alone.
        let owed = "PRAGMA foreign_keys = ON;
            CREATE TABLE owed (n INTEGER REFERENCES number (n) DEFERRABLE INITIALLY DEFERRED)";
        connection.execute_batch(owed).unwrap();
        let writer = Arc::new(Writer::start(connection, Arc::new(reserve)).unwrap());
        let (holder, open) = held(&writer).await;
        let good = tokio::spawn(poll_now(commit(&writer, insert(1))).await);
        let owing = |connection: &Connection| connection.execute("INSERT INTO owed VALUES (9)", []).map(drop);
        let bad = tokio::spawn(poll_now(commit(&writer, owing)).await);
        open.send(()).unwrap();
        for outcome in [holder, good, bad] {
            assert_eq!(outcome.await.unwrap(), Err(StoreError::Unavailable));
        }
        let kept =
            writer.commit(|connection| connection.query_row("SELECT count(*) FROM number", [], |row| row.get(0)));
        assert_eq!(kept.await, Ok(0));
    }

    /// Holds the writer's thread in an act until told to open, so that what comes next waits in the queue together.
    async fn held(writer: &Arc<Writer>) -> (tokio::task::JoinHandle<Result<(), StoreError>>, Opener) {
        let (started, mut start) = mpsc::unbounded_channel();
        let (open, gate) = std::sync::mpsc::channel();
        let holder = commit(writer, move |_| {
            started.send(()).unwrap();
            gate.recv().unwrap();
            Ok(())
        });
        let holder = tokio::spawn(holder);
        start.recv().await.unwrap();
        (holder, open)
    }

    type Opener = std::sync::mpsc::Sender<()>;

    fn commit<F>(writer: &Arc<Writer>, change: F) -> impl Future<Output = Result<(), StoreError>> + Send + use<F>
    where
        F: Fn(&Connection) -> rusqlite::Result<()> + Send + 'static,
    {
        let writer = Arc::clone(writer);
        async move { writer.commit(change).await }
    }

    /// Polls once, so that the act stands in the queue, and gives the rest back.
    async fn poll_now<F: Future + Send>(future: F) -> std::pin::Pin<Box<F>> {
        let mut future = Box::pin(future);
        std::future::poll_fn(|context| {
            assert!(future.as_mut().poll(context).is_pending());
            std::task::Poll::Ready(())
        })
        .await;
        future
    }

    #[tokio::test]
    async fn a_failing_act_is_undone_alone() {
        let writer = writer();
        let (bad, good) = tokio::join!(
            writer.commit(|connection| {
                connection.execute("INSERT INTO number VALUES (7)", [])?;
                connection.execute("INSERT INTO number VALUES (7)", [])
            }),
            writer.commit(insert(8)),
        );
        assert_eq!(bad, Err(StoreError::Unavailable));
        assert_eq!(good, Ok(()));
        let kept = writer
            .commit(|connection| connection.query_row("SELECT group_concat(n) FROM number", [], |row| row.get(0)))
            .await;
        assert_eq!(kept, Ok("8".to_owned()));
    }
}
