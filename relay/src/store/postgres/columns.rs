//! Between the protocol's types and Postgres': bytes, signed integers, text.

use a2a_proto::address::Handle;
use a2a_proto::codec::{Reader, Writer};
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use tokio_postgres::Row;

use super::fault::Fault;

/// Postgres' integers are signed; what is larger stands for the largest.
pub(super) fn signed(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

pub(super) fn unsigned(row: &Row, column: &str) -> Result<u64, Fault> {
    let value: i64 = row.try_get(column)?;
    Ok(u64::try_from(value).unwrap_or(0))
}

pub(super) fn optional_unsigned(row: &Row, column: &str) -> Result<Option<u64>, Fault> {
    let value: Option<i64> = row.try_get(column)?;
    Ok(value.map(|value| u64::try_from(value).unwrap_or(0)))
}

pub(super) fn small(row: &Row, column: &str) -> Result<u32, Fault> {
    u32::try_from(unsigned(row, column)?).map_err(|_| Fault::Row)
}

pub(super) fn millis(time: Timestamp) -> i64 {
    signed(time.millis())
}

pub(super) fn time(row: &Row, column: &str) -> Result<Option<Timestamp>, Fault> {
    Ok(optional_unsigned(row, column)?.map(Timestamp::from_millis))
}

pub(super) fn bytes(row: &Row, column: &str) -> Result<Vec<u8>, Fault> {
    Ok(row.try_get(column)?)
}

pub(super) fn optional_bytes(row: &Row, column: &str) -> Result<Option<Vec<u8>>, Fault> {
    Ok(row.try_get(column)?)
}

pub(super) fn array<const N: usize>(row: &Row, column: &str) -> Result<[u8; N], Fault> {
    let bytes: &[u8] = row.try_get(column)?;
    bytes.try_into().map_err(|_| Fault::Row)
}

pub(super) fn optional_array<const N: usize>(row: &Row, column: &str) -> Result<Option<[u8; N]>, Fault> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|bytes| bytes.try_into().map_err(|_| Fault::Row)).transpose()
}

pub(super) fn agent(row: &Row, column: &str) -> Result<AgentId, Fault> {
    array(row, column).map(AgentId::from_checked_bytes)
}

pub(super) fn handle(row: &Row) -> Result<Option<Handle>, Fault> {
    let text: Option<&str> = row.try_get("handle")?;
    text.map(|text| text.parse().map_err(|_| Fault::Row)).transpose()
}

/// Counters stand as their bytes.
pub(super) fn counter_bytes(counter: Counter) -> Vec<u8> {
    let mut writer = Writer::new();
    counter.write(&mut writer);
    writer.finish()
}

pub(super) fn counter(row: &Row, column: &str) -> Result<Option<Counter>, Fault> {
    let bytes: Option<&[u8]> = row.try_get(column)?;
    bytes.map(|bytes| Counter::read(&mut Reader::new(bytes)).map_err(|_| Fault::Row)).transpose()
}
