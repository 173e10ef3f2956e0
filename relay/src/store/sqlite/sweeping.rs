//! Deletes what has expired, a slice at a time, so that no commit waits long behind it.

use a2a_proto::time::Timestamp;
use rusqlite::{Connection, params};

use super::mailboxes::Names;
use super::{columns, mailboxes, records};
use crate::store::Swept;

/// Rows of a kind that one round deletes at most.
const SLICE_ROWS: usize = 500;
/// Free pages that one round gives back to the disk.
const PAGES_BACK: u32 = 256;

/// Mailboxes whose first envelope has expired. It looks at every mailbox that holds mail, so it is for a reader: the order of
/// arrival over all of them says nothing after a move, or after a clock that was ahead.
pub(super) fn expired(connection: &Connection, oldest_hour: u64) -> rusqlite::Result<Vec<i64>> {
    let mut statement = connection.prepare_cached(
        "SELECT mailbox FROM mailbox WHERE stored_envelopes > 0 AND
             (SELECT hour FROM envelope WHERE envelope.mailbox = mailbox.mailbox ORDER BY seq LIMIT 1) < ?1 LIMIT ?2",
    )?;
    statement.query_map(params![columns::signed(oldest_hour), limit(SLICE_ROWS)], |row| row.get(0))?.collect()
}

/// Deletes a slice of what has expired: mail of these mailboxes, and the rest of all.
pub(super) fn sweep(
    connection: &Connection,
    expired: &[i64],
    oldest_hour: u64,
    now: Timestamp,
) -> rusqlite::Result<Swept> {
    let kinds = [
        sweep_envelopes(connection, expired, columns::signed(oldest_hour))?,
        sweep_rows(
            connection,
            "DELETE FROM lane WHERE lane IN (SELECT lane FROM lane WHERE expires_at <= ?1 LIMIT ?2)",
            now,
        )?,
        mailboxes::forget_names(connection, &Names::Expired(now), SLICE_ROWS)?,
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

fn sweep_envelopes(connection: &Connection, mailboxes: &[i64], oldest_hour: i64) -> rusqlite::Result<usize> {
    let mut left = SLICE_ROWS;
    for mailbox in mailboxes {
        left -= sweep_mailbox(connection, *mailbox, oldest_hour, left)?;
    }
    Ok(SLICE_ROWS - left)
}

/// A mailbox's envelopes stand in the order of their arrival, so the expired ones are the first.
fn sweep_mailbox(connection: &Connection, mailbox: i64, oldest_hour: i64, most: usize) -> rusqlite::Result<usize> {
    let mut first =
        connection.prepare_cached("SELECT seq, hour FROM envelope WHERE mailbox = ?1 ORDER BY seq LIMIT ?2")?;
    let mut rows = first.query([mailbox, limit(most)])?;
    let (mut last, mut count) = (None, 0);
    while let Some(row) = rows.next()? {
        let (seq, hour): (i64, i64) = (row.get(0)?, row.get(1)?);
        if hour >= oldest_hour {
            break;
        }
        (last, count) = (Some(seq), count + 1);
    }
    last.map_or(Ok(()), |last| mailboxes::release(connection, mailbox, last))?;
    Ok(count)
}

fn sweep_rows(connection: &Connection, delete: &str, now: Timestamp) -> rusqlite::Result<usize> {
    connection.prepare_cached(delete)?.execute([columns::millis(now), limit(SLICE_ROWS)])
}

fn limit(rows: usize) -> i64 {
    i64::try_from(rows).unwrap_or(i64::MAX)
}

/// Gives free pages back to the disk. Each row is a page that went, so all of them have to be asked for.
pub(super) fn give_back_pages(connection: &Connection, most: u32) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(&format!("PRAGMA incremental_vacuum({most})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}
