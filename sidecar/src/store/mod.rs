//! Where everything but the key rests: SQLite in WAL mode, shared by all processes of one home, rows sealed.
//!
//! * Every change is one `BEGIN IMMEDIATE` transaction: a crash leaves what was before or what came after.
//! * What must be found stands as a number, a state word or a keyed hash; the rest is one sealed record a row.
//! * One file per family of tables; its functions take a [`Tx`], so that callers compose them into one transaction.

pub(crate) mod blob;
mod error;
pub(crate) mod number;
mod schema;
mod seal;

pub(crate) mod allowed_hosts;
pub(crate) mod attachments;
pub(crate) mod audit;
pub(crate) mod away;
pub(crate) mod backup;
pub(crate) mod budget;
pub(crate) mod cards;
pub(crate) mod clock_back;
pub(crate) mod copies;
pub(crate) mod folders;
pub(crate) mod free_busy;
pub(crate) mod held;
pub(crate) mod identity;
pub(crate) mod invites;
pub(crate) mod kept;
pub(crate) mod lanes;
pub(crate) mod leases;
mod message_rows;
pub(crate) mod messages;
pub(crate) mod meta;
pub(crate) mod notices;
pub(crate) mod outbox;
pub(crate) mod peer_capabilities;
pub(crate) mod peers;
pub(crate) mod pending;
pub(crate) mod pin;
pub(crate) mod prekeys;
pub(crate) mod receipts;
pub(crate) mod replays;
pub(crate) mod requests;
pub(crate) mod sessions;
pub(crate) mod tasks;
pub(crate) mod undo;

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, Transaction, TransactionBehavior};
use tokio_util::sync::CancellationToken;

pub(crate) use blob::{Blob, SecretBlob};
pub(crate) use error::StoreError;
pub(crate) use seal::{Place, RowSeal};

use crate::durable_file::open_private;

const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The store of one home, opened with its key. Clones share one connection.
#[derive(Clone)]
pub(crate) struct Store {
    shared: Arc<Shared>,
}

struct Shared {
    connection: Mutex<Connection>,
    seal: RowSeal,
    superseded: CancellationToken,
}

/// One transaction; functions of the table families work on it.
pub(crate) struct Tx<'c> {
    pub(crate) sql: Transaction<'c>,
    pub(crate) seal: &'c RowSeal,
}

impl Store {
    /// Opens the store at `path`, making it when there is none, and brings its tables up to date. Blocks.
    pub(crate) fn open(path: &Path, key: &[u8; 32]) -> Result<Self, StoreError> {
        // SQLite would make the file as open as the user's mask allows, and its logs take the file's mode. Where this
        // fails, SQLite fails next and says why.
        drop(open_private(path));
        let mut connection = Connection::open_with_flags(
            path,
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX,
        )?;
        connection.busy_timeout(BUSY_TIMEOUT)?;
        prepare(&connection)?;
        schema::migrate(&mut connection)?;
        let (connection, seal) = (Mutex::new(connection), RowSeal::new(key));
        let store = Self { shared: Arc::new(Shared { connection, seal, superseded: CancellationToken::new() }) };
        store.write_blocking(meta::check_key)?;
        Ok(store)
    }

    /// Folds everything into the one file and lets it go, so that it can be moved. Only for a store nobody else has.
    pub(crate) fn close(self) -> Result<(), StoreError> {
        let connection = self.shared.connection.lock().map_err(|_| StoreError::Poisoned)?;
        connection.pragma_update(None, "journal_mode", "DELETE")?;
        Ok(())
    }

    /// Writes a copy of the database, as of one moment, to a file that does not exist yet. Rows stay sealed. Blocks.
    pub(crate) fn copy_to(&self, path: &Path) -> Result<(), StoreError> {
        let connection = self.shared.connection.lock().map_err(|_| StoreError::Poisoned)?;
        connection.execute("VACUUM INTO ?1", [path.to_string_lossy()])?;
        Ok(())
    }

    /// Gives back the room of deleted rows, so that nothing of them is left in the file.
    pub(crate) fn shrink(&self) -> Result<(), StoreError> {
        let connection = self.shared.connection.lock().map_err(|_| StoreError::Poisoned)?;
        connection.execute_batch("VACUUM")?;
        Ok(())
    }

    /// Cancelled once a newer program has taken the store further: this one no longer touches it.
    pub(crate) fn superseded(&self) -> &CancellationToken {
        &self.shared.superseded
    }

    /// Runs `work` in one immediate transaction, off the async threads; commits only when it returns `Ok`.
    pub(crate) async fn write<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        off_thread(move || store.write_blocking(work)).await
    }

    /// Runs `work` on one consistent view, off the async threads; changes nothing.
    pub(crate) async fn read<T, E>(&self, work: impl FnOnce(&Tx<'_>) -> Result<T, E> + Send + 'static) -> Result<T, E>
    where
        T: Send + 'static,
        E: From<StoreError> + Send + 'static,
    {
        let store = self.clone();
        off_thread(move || store.in_transaction(TransactionBehavior::Deferred, work)).await
    }

    /// [`Self::write`] for callers that may block.
    pub(crate) fn write_blocking<T, E: From<StoreError>>(
        &self,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        self.in_transaction(TransactionBehavior::Immediate, work)
    }

    fn in_transaction<T, E: From<StoreError>>(
        &self,
        behavior: TransactionBehavior,
        work: impl FnOnce(&Tx<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let mut connection = self.shared.connection.lock().map_err(|_| StoreError::Poisoned)?;
        let sql = connection.transaction_with_behavior(behavior).map_err(StoreError::from)?;
        // Within the transaction, so that nobody can take the store further before its end.
        schema::still_known(&sql).inspect_err(|_| self.shared.superseded.cancel())?;
        let tx = Tx { sql, seal: &self.shared.seal };
        let done = work(&tx)?;
        tx.sql.commit().map_err(StoreError::from)?;
        Ok(done)
    }
}

impl Tx<'_> {
    /// Differs from an earlier one of this connection when anything was written in between, by whichever process.
    pub(crate) fn version(&self) -> Result<String, StoreError> {
        let others: i64 = self.sql.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(format!("{others}.{}", self.sql.total_changes()))
    }

    /// Looks for damage in the database itself.
    pub(crate) fn quick_check(&self) -> Result<(), StoreError> {
        let verdict: String = self.sql.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
        if verdict == "ok" { Ok(()) } else { Err(StoreError::Damaged) }
    }
}

async fn off_thread<T, E>(work: impl FnOnce() -> Result<T, E> + Send + 'static) -> Result<T, E>
where
    T: Send + 'static,
    E: From<StoreError> + Send + 'static,
{
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(_) => Err(StoreError::Poisoned.into()),
    }
}

fn prepare(connection: &Connection) -> Result<(), StoreError> {
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "fullfsync", true)?;
    connection.pragma_update(None, "secure_delete", true)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    Ok(())
}

#[cfg(test)]
pub(crate) mod testing {
    //! A store in a folder of its own.

    use super::Store;

    /// A fresh store; the folder lives as long as the first value.
    pub(crate) fn store() -> (tempfile::TempDir, Store) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(&folder.path().join("store.sqlite"), &[9; 32]).unwrap();
        (folder, store)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_transaction_changes_nothing() {
        let (_folder, store) = testing::store();
        let failed: Result<(), StoreError> = store.write_blocking(|tx| {
            meta::set_number(tx, "collected", 5)?;
            Err(StoreError::Poisoned)
        });
        assert!(failed.is_err());
        let number = store.write_blocking(|tx| meta::number(tx, "collected")).unwrap();
        assert_eq!(number, 0);
    }

    #[test]
    fn another_key_is_told_apart_from_damage() {
        let (folder, store) = testing::store();
        drop(store);
        let other = Store::open(&folder.path().join("store.sqlite"), &[8; 32]);
        assert!(matches!(other, Err(StoreError::WrongKey)));
    }

    #[test]
    fn a_store_that_a_newer_program_took_further_is_left_alone() {
        let (folder, store) = testing::store();
        store.write_blocking(|tx| meta::set_number(tx, "collected", 5)).unwrap();
        let newer = Connection::open(folder.path().join("store.sqlite")).unwrap();
        newer.pragma_update(None, "user_version", 99).unwrap();
        let refused: Result<(), StoreError> = store.write_blocking(|tx| meta::set_number(tx, "collected", 6));
        assert!(matches!(refused, Err(StoreError::Newer { found: 99, .. })));
        assert!(store.superseded().is_cancelled());
        let stands: i64 =
            newer.query_row("SELECT number FROM meta WHERE key = 'collected'", [], |row| row.get(0)).unwrap();
        assert_eq!(stands, 5);
    }

    #[test]
    fn two_processes_wait_for_each_other() {
        let (folder, store) = testing::store();
        let second = Store::open(&folder.path().join("store.sqlite"), &[9; 32]).unwrap();
        let add = |store: Store| {
            std::thread::spawn(move || {
                for _ in 0..50 {
                    store
                        .write_blocking(|tx| {
                            let now = meta::number(tx, "collected")?;
                            meta::set_number(tx, "collected", now + 1)
                        })
                        .unwrap();
                }
            })
        };
        let (one, two) = (add(store.clone()), add(second));
        one.join().unwrap();
        two.join().unwrap();
        assert_eq!(store.write_blocking(|tx| meta::number(tx, "collected")).unwrap(), 100);
    }
}
