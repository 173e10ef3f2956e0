//! After an unclean end, reads the whole file in the background: SQLite notices a damaged page only when it is read.

use std::path::{Path, PathBuf};

use super::schema;

/// Starts the check on a thread and a connection of its own; nobody waits for it.
pub(super) fn start(path: &Path) -> std::io::Result<()> {
    let path = PathBuf::from(path);
    let check = move || match check(&path) {
        Ok(true) => tracing::info!("the store was cut off last time; every page of it is well"),
        Ok(false) => tracing::error!("the store is damaged: stop the relay and restore it from a backup"),
        Err(error) => tracing::error!(code = ?error.sqlite_error_code(), "the store could not be checked"),
    };
    std::thread::Builder::new().name("store-check".into()).spawn(check).map(drop)
}

fn check(path: &Path) -> rusqlite::Result<bool> {
    let connection = schema::open_reading(path)?;
    let found: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    Ok(found == "ok")
}
