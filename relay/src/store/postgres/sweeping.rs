//! Deletes what has expired, mailbox by mailbox in the order of their names, so that no lock is held for long.

use std::sync::{Mutex, PoisonError};

use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use deadpool_postgres::Object;
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use super::mailbox_row;
use super::mailboxes::release;
use crate::store::Swept;

/// Mailboxes that one round looks at.
const MAILBOXES: i64 = 200;
/// Rows of a kind that one transaction deletes at most.
const SLICE_ROWS: i64 = 500;

/// How far the walk has come. Every replica walks for itself; what another has swept is gone.
#[derive(Default)]
pub(super) struct Walk {
    after: Mutex<Vec<u8>>,
}

const LOOK: &str = "SELECT mailbox,
        COALESCE((SELECT hour FROM envelope WHERE envelope.mailbox = next.mailbox ORDER BY seq LIMIT 1) < $2, false)
            OR EXISTS (SELECT 1 FROM lane WHERE lane.mailbox = next.mailbox AND expires_at <= $3)
            OR EXISTS (SELECT 1 FROM accepted WHERE accepted.mailbox = next.mailbox AND expires_at <= $3)
            OR EXISTS (SELECT 1 FROM record WHERE record.mailbox = next.mailbox AND expires_at <= $3) AS expired
    FROM (SELECT mailbox FROM mailbox WHERE mailbox > $1 ORDER BY mailbox LIMIT $4) AS next ORDER BY mailbox";

/// When what was stored has expired.
#[derive(Clone, Copy)]
pub(super) struct Expiry {
    pub(super) now: Timestamp,
    pub(super) oldest_hour: u64,
}

pub(super) async fn sweep(client: &mut Object, walk: &Walk, expiry: Expiry) -> Result<Swept, Fault> {
    let after = walk.after.lock().unwrap_or_else(PoisonError::into_inner).clone();
    let (oldest, now) = (columns::signed(expiry.oldest_hour), columns::millis(expiry.now));
    let rows = client.query(LOOK, &[&after, &oldest, &now, &MAILBOXES]).await?;
    let mut swept = Swept { rows: sweep_tokens(client, now).await?, more: rows.len() as i64 == MAILBOXES };
    let mut reached = Vec::new();
    for row in &rows {
        if row.try_get("expired")? {
            let slice = sweep_mailbox(client, &columns::agent(row, "mailbox")?, expiry).await?;
            swept.rows += slice.rows;
            if slice.more {
                // The next round begins with this mailbox again.
                swept.more = true;
                break;
            }
        }
        reached = columns::bytes(row, "mailbox")?;
    }
    let end = if swept.more { if reached.is_empty() { after } else { reached } } else { Vec::new() };
    *walk.after.lock().unwrap_or_else(PoisonError::into_inner) = end;
    Ok(swept)
}

async fn sweep_tokens(client: &Object, now: i64) -> Result<u64, Fault> {
    let delete = "DELETE FROM registration_token WHERE expires_at <= $1 OR uses_left = 0";
    Ok(client.execute(delete, &[&now]).await?)
}

const FIRST: &str = "SELECT seq, hour FROM envelope WHERE mailbox = $1 ORDER BY seq LIMIT $2";
const LANES: &str = "WITH gone AS (
        DELETE FROM lane WHERE mailbox = $1 AND lane IN
            (SELECT lane FROM lane WHERE mailbox = $1 AND expires_at <= $2 LIMIT $3)
        RETURNING lane
    )
    DELETE FROM lane_owner WHERE lane IN (SELECT lane FROM gone)";
const NAMES: &str = "WITH gone AS (
        DELETE FROM accepted WHERE mailbox = $1 AND (lane, envelope_id) IN
            (SELECT lane, envelope_id FROM accepted WHERE mailbox = $1 AND expires_at <= $2 LIMIT $3)
        RETURNING lane
    ), given_back AS (
        UPDATE lane SET names = greatest(names - back.count, 0)
        FROM (SELECT lane, count(*) AS count FROM gone GROUP BY lane) AS back
        WHERE lane.mailbox = $1 AND lane.lane = back.lane
    )
    SELECT count(*) AS count FROM gone";
const RECORDS: &str = "DELETE FROM record WHERE mailbox = $1 AND (shelf, key) IN
    (SELECT shelf, key FROM record WHERE mailbox = $1 AND expires_at <= $2 LIMIT $3)";

async fn sweep_mailbox(client: &mut Object, owner: &AgentId, expiry: Expiry) -> Result<Swept, Fault> {
    let (mailbox, now) = (owner.as_bytes().as_slice(), columns::millis(expiry.now));
    let transaction = client.transaction().await?;
    let Some(mut counters) = mailbox_row::lock(&transaction, owner).await? else {
        return Ok(Swept::default());
    };
    let first = transaction.query(FIRST, &[&mailbox, &SLICE_ROWS]).await?;
    let mut counts = [0, 0, 0, 0];
    if let Some(last) = last_expired(&first, expiry.oldest_hour)? {
        counts[0] = release(&transaction, owner, &mut counters, last).await?;
    }
    counts[1] = transaction.execute(LANES, &[&mailbox, &now, &SLICE_ROWS]).await?;
    counts[2] = columns::unsigned(&transaction.query_one(NAMES, &[&mailbox, &now, &SLICE_ROWS]).await?, "count")?;
    counters.names = counters.names.saturating_sub(counts[2]);
    mailbox_row::write(&transaction, owner, &counters).await?;
    counts[3] = transaction.execute(RECORDS, &[&mailbox, &now, &SLICE_ROWS]).await?;
    transaction.commit().await?;
    Ok(Swept { rows: counts.iter().sum(), more: counts.iter().any(|count| columns::signed(*count) >= SLICE_ROWS) })
}

/// The end of what has expired. Only what stands before the first that has not is deleted: a clock that was wrong for a
/// while put old hours behind fresh ones.
fn last_expired(first: &[Row], oldest_hour: u64) -> Result<Option<u64>, Fault> {
    let mut last = None;
    for row in first {
        if columns::unsigned(row, "hour")? >= oldest_hour {
            break;
        }
        last = Some(columns::unsigned(row, "seq")?);
    }
    Ok(last)
}
