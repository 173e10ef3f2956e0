//! Numbers as SQLite keeps them: signed, 64 bits.

use a2a_proto::time::Timestamp;

/// A number for a column; counts of ours never come near the limit.
pub(crate) fn int(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

/// A number from a column.
pub(crate) fn uint(value: i64) -> u64 {
    u64::try_from(value).unwrap_or(0)
}

/// A moment for a column.
pub(crate) fn moment(at: Timestamp) -> i64 {
    int(at.millis())
}

/// A moment from a column.
pub(crate) fn timestamp(value: i64) -> Timestamp {
    Timestamp::from_millis(uint(value))
}
