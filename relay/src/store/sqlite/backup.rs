//! A copy of the store in one file, consistent, taken while a relay serves from it.

use std::path::{Path, PathBuf};

use rusqlite::Connection;
use rusqlite::backup::{Backup, StepResult};

use super::schema;
use crate::private_file;

/// Pages copied between two reports of progress: eight MiB.
const STEP_PAGES: i32 = 1024;

/// Why no copy was made.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// There is nothing to copy.
    #[error("there is no store at {path}")]
    NoStore {
        /// Where it was looked for.
        path: PathBuf,
    },
    /// Nothing is overwritten.
    #[error("{path} exists already, and a backup never overwrites anything. Name another file")]
    Exists {
        /// What stands there.
        path: PathBuf,
    },
    /// The file system said no.
    #[error("cannot write {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// SQLite said no.
    #[error("cannot copy the store: {0}")]
    Database(#[from] rusqlite::Error),
    /// The copy is not what it should be.
    #[error("the copy does not pass SQLite's own check, so the store may be damaged; nothing was left at {path}")]
    Damaged {
        /// Where the copy was to stand.
        path: PathBuf,
    },
}

/// Copies the store at `store` to a new file `into`, telling how many of how many pages are done.
pub fn backup(store: &Path, into: &Path, mut progress: impl FnMut(u64, u64)) -> Result<(), BackupError> {
    if !store.exists() {
        return Err(BackupError::NoStore { path: store.to_path_buf() });
    }
    if into.exists() {
        return Err(BackupError::Exists { path: into.to_path_buf() });
    }
    // Made whole under another name first: what stands under `into` is never half a copy.
    let mut unfinished = into.as_os_str().to_owned();
    unfinished.push(".unfinished");
    let unfinished = PathBuf::from(unfinished);
    let file = |source| BackupError::File { path: unfinished.clone(), source };
    // Left by a backup that was cut off.
    let _ = std::fs::remove_file(&unfinished);
    private_file::make(&unfinished).map_err(file)?;
    copy(store, &unfinished, &mut progress)?;
    if !is_well(&unfinished)? {
        std::fs::remove_file(&unfinished).map_err(file)?;
        return Err(BackupError::Damaged { path: into.to_path_buf() });
    }
    private_file::finish(&unfinished, into).map_err(file)
}

fn copy(store: &Path, into: &Path, progress: &mut impl FnMut(u64, u64)) -> rusqlite::Result<()> {
    let from = schema::open_reading(store)?;
    let mut to = Connection::open(into)?;
    // One moment for the whole copy: inside this transaction the relay's later commits are not seen, so that
    // SQLite need not begin again with each of them.
    from.execute_batch("BEGIN")?;
    from.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    {
        let backup = Backup::new(&from, &mut to)?;
        while backup.step(STEP_PAGES)? != StepResult::Done {
            let left = backup.progress();
            let number = |pages: i32| u64::try_from(pages).unwrap_or(0);
            progress(number(left.pagecount - left.remaining), number(left.pagecount));
        }
    }
    from.execute_batch("COMMIT")?;
    // One file, with no log beside it.
    to.pragma_update(None, "journal_mode", "DELETE")
}

fn is_well(copy: &Path) -> rusqlite::Result<bool> {
    let connection = Connection::open(copy)?;
    let found: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}
