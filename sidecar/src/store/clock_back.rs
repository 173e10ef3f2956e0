//! A clock that was set back leaves moments in the future behind; they become now, so that nothing waits for them.

use std::time::Duration;

use a2a_proto::time::Timestamp;
use rusqlite::params;

use super::number::moment;
use super::{StoreError, Tx};

/// Nothing is put further ahead than this: neither a next try nor the end of a lease.
pub(crate) const FARTHEST: Duration = Duration::from_secs(10 * 60);

/// What waits for a moment, and what counts from one: of what was sent an hour ago, say, nothing may lie in the future.
const MOMENTS: [(&str, &str); 8] = [
    ("outbox", "next_attempt"),
    ("outbox", "lease_until"),
    ("tasks", "next_attempt"),
    ("tasks", "lease_until"),
    ("attachments", "next_attempt"),
    ("receipts", "due_at"),
    ("messages", "lease_until"),
    ("spent", "at"),
];

/// Makes every moment that lies too far ahead the present one. Returns how many did.
pub(crate) fn settle(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    let mut settled = 0;
    for (table, column) in MOMENTS {
        let sql = format!("UPDATE {table} SET {column} = ?1 WHERE {column} > ?2");
        settled += tx.sql.execute(&sql, params![moment(now), moment(now.plus(FARTHEST))])?;
    }
    Ok(settled)
}
