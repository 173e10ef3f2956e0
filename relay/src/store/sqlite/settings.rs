//! Small facts of the relay itself, and the read and write that show the store is well.

use rusqlite::{Connection, OptionalExtension};

/// Rewritten by the readiness check.
const CHECKED: &str = "checked";

pub(super) fn write(connection: &Connection, name: &str, value: &str) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached("INSERT OR REPLACE INTO setting (name, value) VALUES (?1, ?2)")?;
    statement.execute([name, value])?;
    Ok(())
}

pub(super) fn read(connection: &Connection, name: &str) -> rusqlite::Result<Option<String>> {
    let mut statement = connection.prepare_cached("SELECT value FROM setting WHERE name = ?1")?;
    statement.query_row([name], |row| row.get(0)).optional()
}

/// Keeps a value unless there is one; gives back the one that stands.
pub(super) fn settle(connection: &Connection, name: &str, value: String) -> rusqlite::Result<String> {
    if let Some(standing) = read(connection, name)? {
        return Ok(standing);
    }
    write(connection, name, &value)?;
    Ok(value)
}

/// Writes something, so that a disk that is full or gone shows.
pub(super) fn touch(connection: &Connection) -> rusqlite::Result<()> {
    write(connection, CHECKED, "yes")
}

/// Reads something.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<()> {
    read(connection, CHECKED).map(drop)
}
