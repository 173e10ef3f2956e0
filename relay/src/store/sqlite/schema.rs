//! The SQLite file's format: its settings, and the list of steps that brings an older file up to date.

use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags, TransactionBehavior};

use crate::store::error::OpenStoreError;

/// Step N brings a file of format N to format N + 1; `PRAGMA user_version` holds the format.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/sqlite/0001_initial.sql"),
    include_str!("../../../migrations/sqlite/0002_records.sql"),
    include_str!("../../../migrations/sqlite/0003_blob_sums.sql"),
    include_str!("../../../migrations/sqlite/0004_names.sql"),
];

/// How long a connection waits for another process's write, such as `a2a-relay token new`.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Statements kept prepared on each connection: more than the store has.
const PREPARED_STATEMENTS: usize = 96;

/// Opens the file for writing, every setting in place.
///
/// `synchronous=FULL` makes a commit wait for the disk. Checkpoints are left to a connection of their own
/// (`wal_autocheckpoint=0`), because one inside a commit would make its callers wait; on a disk that is nearly full the
/// writer makes some too, see `Reserve::is_near`. `secure_delete` overwrites
/// what was acknowledged. The cache (64 MiB at most) holds the inner pages of large tables and a whole commit.
pub(super) fn open_writing(path: &Path) -> rusqlite::Result<Connection> {
    let connection = Connection::open(path)?;
    settle(&connection)?;
    // The order matters: page size and auto_vacuum only bind before the first table is made. An envelope fills a small page
    // and a part of another; of the next larger size it would waste half.
    connection.execute_batch(
        "PRAGMA page_size = 4096;
         PRAGMA auto_vacuum = INCREMENTAL;
         PRAGMA journal_mode = WAL;
         PRAGMA synchronous = FULL;
         PRAGMA wal_autocheckpoint = 0;
         PRAGMA secure_delete = ON;
         PRAGMA cache_size = -65536;
         PRAGMA foreign_keys = ON;",
    )?;
    Ok(connection)
}

/// Opens the file for reading only.
pub(super) fn open_reading(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    settle(&connection)?;
    connection.execute_batch("PRAGMA query_only = ON;")?;
    Ok(connection)
}

/// What every connection has. Plans do not depend on what is bound, or statements with a range over an index would be
/// prepared anew for each value: that took a fifth of the writer's time.
fn settle(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(PREPARED_STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Fails for a file of a format that is not known here; an older one is fine, opening brings it up to date.
pub(super) fn expect_known(connection: &Connection, path: &Path) -> Result<(), OpenStoreError> {
    let database = |source| OpenStoreError::Database { path: path.to_path_buf(), source };
    let found: u32 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known { Err(OpenStoreError::Newer { path: path.to_path_buf(), found, known }) } else { Ok(()) }
}

/// Brings the file to the newest format.
pub(super) fn migrate(connection: &mut Connection, path: &Path) -> Result<(), OpenStoreError> {
    let database = |source| OpenStoreError::Database { path: path.to_path_buf(), source };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(database)?;
    let found: u32 = transaction.pragma_query_value(None, "user_version", |row| row.get(0)).map_err(database)?;
    let known = u32::try_from(MIGRATIONS.len()).unwrap_or(u32::MAX);
    if found > known {
        return Err(OpenStoreError::Newer { path: path.to_path_buf(), found, known });
    }
    if found == known {
        // Nothing is written, so that a relay starts also on a full disk.
        return Ok(());
    }
    for step in MIGRATIONS.iter().skip(found as usize) {
        transaction.execute_batch(step).map_err(database)?;
    }
    transaction.pragma_update(None, "user_version", known).map_err(database)?;
    transaction.commit().map_err(database)
}

#[cfg(test)]
mod tests {
    use rusqlite::StatementStatus;

    use super::*;

    #[test]
    fn a_statement_is_prepared_once_whatever_is_bound() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("relay.db");
        let mut writing = open_writing(&path).unwrap();
        migrate(&mut writing, &path).unwrap();
        for connection in [writing, open_reading(&path).unwrap()] {
            let mut statement =
                connection.prepare("SELECT seq FROM envelope WHERE mailbox = ?1 AND seq > ?2 ORDER BY seq").unwrap();
            for seq in 0..3 {
                assert!(!statement.exists([1, seq]).unwrap());
            }
            assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
        }
    }
}
