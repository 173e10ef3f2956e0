//! A relay's store as its operator could read it: table by table, cell by cell.

use std::path::Path;

use anyhow::{Context, Result};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OpenFlags, Row};

/// One table with all its rows.
pub struct Table {
    /// Its name.
    pub name: String,
    /// The names of its columns.
    pub columns: Vec<String>,
    /// Its rows, in the order of the columns.
    pub rows: Vec<Vec<Cell>>,
}

/// What stands in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cell {
    /// Nothing.
    Empty,
    /// A number.
    Number(i64),
    /// Text or bytes.
    Bytes(Vec<u8>),
}

/// Reads every table of the SQLite store at `path`, beside the relay that serves from it.
pub(crate) fn read(path: &Path) -> Result<Vec<Table>> {
    let connection = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_WRITE)
        .with_context(|| format!("cannot open {}", path.display()))?;
    let mut names = connection.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")?;
    let names = names.query_map([], |row| row.get(0))?.collect::<rusqlite::Result<Vec<String>>>()?;
    names.into_iter().map(|name| table(&connection, name)).collect()
}

/// Lets the next row of `table` have a number above `number`.
pub(crate) fn number_from(path: &Path, table: &str, number: i64) -> Result<()> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(crate::DEADLINE)?;
    connection.execute("DELETE FROM sqlite_sequence WHERE name = ?1", [table])?;
    connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?1, ?2)", (table, number))?;
    Ok(())
}

fn table(connection: &Connection, name: String) -> Result<Table> {
    let mut statement = connection.prepare(&format!("SELECT * FROM \"{name}\""))?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let rows = statement.query_map([], |row| cells(row, columns.len()))?.collect::<rusqlite::Result<Vec<_>>>()?;
    Ok(Table { name, columns, rows })
}

fn cells(row: &Row<'_>, count: usize) -> rusqlite::Result<Vec<Cell>> {
    let cell = |at| {
        Ok(match row.get_ref(at)? {
            ValueRef::Null => Cell::Empty,
            ValueRef::Integer(number) => Cell::Number(number),
            ValueRef::Real(number) => Cell::Bytes(number.to_string().into_bytes()),
            ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Cell::Bytes(bytes.to_vec()),
        })
    };
    (0..count).map(cell).collect()
}
