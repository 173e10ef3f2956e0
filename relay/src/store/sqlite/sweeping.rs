//! Deletes what has expired, a slice at a time, so that no commit waits long behind it.

use std::collections::BTreeMap;
use std::time::Duration;

use a2a_proto::time::Timestamp;
use rusqlite::Connection;

use super::{columns, mailboxes, records};
use crate::store::Swept;

/// Rows of a kind that one round deletes at most.
const SLICE_ROWS: usize = 500;
/// Free pages that one round gives back to the disk.
const PAGES_BACK: u32 = 256;

pub(super) fn sweep(connection: &Connection, now: Timestamp, envelope_lifetime: Duration) -> rusqlite::Result<Swept> {
    let oldest = columns::signed(now.minus(envelope_lifetime).hours());
    let kinds = [
        sweep_envelopes(connection, oldest)?,
        sweep_rows(
            connection,
            "DELETE FROM lane WHERE lane IN (SELECT lane FROM lane WHERE expires_at <= ?1 LIMIT ?2)",
            now,
        )?,
        mailboxes::forget_names(connection, now, i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX))?,
        sweep_rows(
            connection,
            "DELETE FROM registration_token WHERE hash IN
                 (SELECT hash FROM registration_token WHERE expires_at <= ?1 OR uses_left = 0 LIMIT ?2)",
            now,
        )?,
    ];
    let records = records::sweep(connection, now)?;
    give_back_pages(connection, PAGES_BACK)?;
    let rows = kinds.iter().chain([&records]).map(|rows| *rows as u64).sum();
    Ok(Swept { rows, more: kinds.contains(&SLICE_ROWS) || records == usize::from(records::SLICE_RECORDS) })
}

/// Envelopes stand in the order of their arrival, so the expired ones are the first.
fn sweep_envelopes(connection: &Connection, oldest_hour: i64) -> rusqlite::Result<usize> {
    let mut first = connection.prepare_cached("SELECT mailbox, seq, hour FROM envelope ORDER BY rowid LIMIT ?1")?;
    let mut rows = first.query([i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX)])?;
    let (mut last_expired, mut count) = (BTreeMap::new(), 0);
    while let Some(row) = rows.next()? {
        let (mailbox, seq, hour): (i64, i64, i64) = (row.get(0)?, row.get(1)?, row.get(2)?);
        if hour >= oldest_hour {
            break;
        }
        last_expired.insert(mailbox, seq);
        count += 1;
    }
    drop(rows);
    for (mailbox, seq) in last_expired {
        mailboxes::release(connection, mailbox, seq)?;
    }
    Ok(count)
}

fn sweep_rows(connection: &Connection, delete: &str, now: Timestamp) -> rusqlite::Result<usize> {
    let slice = i64::try_from(SLICE_ROWS).unwrap_or(i64::MAX);
    connection.prepare_cached(delete)?.execute([columns::millis(now), slice])
}

/// Gives free pages back to the disk. Each row is a page that went, so all of them have to be asked for.
pub(super) fn give_back_pages(connection: &Connection, most: u32) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({most})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
