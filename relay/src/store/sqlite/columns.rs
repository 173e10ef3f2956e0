//! Between the protocol's types and SQLite's: bytes, signed integers, text.

use a2a_proto::address::Handle;
use a2a_proto::codec::{Reader, Writer};
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row};

/// SQLite's integers are signed; what is larger stands for the largest.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

pub(super) fn length(bytes: &[u8]) -> i64 {
    i64::try_from(bytes.len()).unwrap_or(i64::MAX)
}

pub(super) fn millis(time: Timestamp) -> i64 {
    signed(time.millis())
}

pub(super) fn time(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<Timestamp>> {
    let millis: Option<i64> = row.get(column)?;
    Ok(millis.map(|millis| Timestamp::from_millis(unsigned(millis))))
}

pub(super) fn agent(row: &Row<'_>) -> rusqlite::Result<AgentId> {
    row.get("agent").map(AgentId::from_checked_bytes)
}

pub(super) fn handle(row: &Row<'_>) -> rusqlite::Result<Option<Handle>> {
    let text: Option<String> = row.get("handle")?;
    let parse = |text: String| text.parse().map_err(|error| damaged(Type::Text, error));
    text.map(parse).transpose()
}

/// Counters stand as their bytes.
pub(super) fn counter_bytes(counter: Counter) -> Vec<u8> {
    let mut writer = Writer::new();
    counter.write(&mut writer);
    writer.finish()
}

pub(super) fn counter(bytes: &[u8]) -> rusqlite::Result<Counter> {
    Counter::read(&mut Reader::new(bytes)).map_err(|error| damaged(Type::Blob, error))
}

/// What the file holds is not what was put into it.
fn damaged(kind: Type, error: impl std::error::Error + Send + Sync + 'static) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(0, kind, Box::new(error))
}

/// The number of `agent`'s mailbox.
pub(super) fn mailbox_of(connection: &Connection, agent: &AgentId) -> rusqlite::Result<Option<i64>> {
    let mut statement = connection.prepare_cached("SELECT mailbox FROM account WHERE agent = ?1")?;
    let row = statement.query_row([agent.as_bytes()], |row| row.get(0));
    row.optional()
}
