//! Records on shelves: put under bounds, read, found by key across owners, taken away.

use a2a_proto::id::{AgentId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use crate::store::rules::{Found, Standing, counted_bytes, is_bounded, judge_record};
use crate::store::{Holder, NewRecord, Put, Quotas, RecordCopy, Shelf};

const LOCK: &str = "SELECT 1 FROM mailbox WHERE mailbox = $1 FOR UPDATE";
const TOUCH: &str = "UPDATE mailbox SET last_seq = last_seq WHERE mailbox = $1";
const ALIVE: &str = "SELECT 1 FROM lane WHERE mailbox = $1 AND lane = $2 AND (expires_at IS NULL OR expires_at > $3)";
const STANDING: &str = "SELECT value, lane FROM record WHERE mailbox = $1 AND shelf = $2 AND key = $3";
const BYTES: &str = "SELECT coalesce(sum(bytes) FILTER (WHERE lane = $3), 0)::bigint AS lane_bytes,
        coalesce(sum(bytes), 0)::bigint AS shelf_bytes
    FROM record WHERE mailbox = $1 AND shelf = $2";
const REPLACE: &str = "INSERT INTO record (mailbox, shelf, key, lane, bytes, expires_at, value)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
    ON CONFLICT (mailbox, shelf, key) DO UPDATE SET lane = excluded.lane, bytes = excluded.bytes,
        expires_at = excluded.expires_at, value = excluded.value";

pub(super) async fn put(
    client: &mut Object,
    owner: &AgentId,
    record: &NewRecord,
    quotas: &Quotas,
) -> Result<Put, Fault> {
    let transaction = client.transaction().await?;
    if transaction.query_opt(LOCK, &[&owner.as_bytes().as_slice()]).await?.is_none() {
        return Ok(Put::Refused);
    }
    if let Some(answer) = judge(&transaction, owner, record, quotas).await? {
        if answer == Put::Done {
            // The first may be here and not at the standby yet. Only a commit that wrote something waits for the standby.
            transaction.execute(TOUCH, &[&owner.as_bytes().as_slice()]).await?;
            transaction.commit().await?;
        }
        return Ok(answer);
    }
    replace(&transaction, owner, record).await?;
    transaction.commit().await?;
    Ok(Put::Done)
}

async fn replace(transaction: &Transaction<'_>, owner: &AgentId, record: &NewRecord) -> Result<(), Fault> {
    let (mailbox, shelf) = (owner.as_bytes().as_slice(), number(record.shelf));
    let lane = record.lane.as_ref().map(|lane| lane.as_bytes().as_slice());
    let bytes = columns::signed(counted_bytes(record.shelf, record.lane, &record.value));
    let expires_at = record.expires_at.map(columns::millis);
    let (key, value) = (record.key.as_ref(), record.value.as_ref());
    transaction.execute(REPLACE, &[&mailbox, &shelf, &key, &lane, &bytes, &expires_at, &value]).await?;
    Ok(())
}

/// What to answer without storing.
async fn judge(
    transaction: &Transaction<'_>,
    owner: &AgentId,
    record: &NewRecord,
    quotas: &Quotas,
) -> Result<Option<Put>, Fault> {
    let (mailbox, shelf) = (owner.as_bytes().as_slice(), number(record.shelf));
    let row = transaction.query_opt(STANDING, &[&mailbox, &shelf, &record.key.as_ref()]).await?;
    let standing = match &row {
        None => None,
        Some(row) => Some(Standing {
            value: row.try_get("value")?,
            lane: columns::optional_array(row, "lane")?.map(LaneId::from_bytes),
        }),
    };
    let mut found = Found { standing, lane_bytes: 0, shelf_bytes: 0 };
    let lane = record.lane.as_ref().map(|lane| lane.as_bytes().as_slice());
    if lane.is_some() && transaction.query_opt(ALIVE, &[&mailbox, &lane, &columns::millis(record.now)]).await?.is_none()
    {
        return Ok(Some(Put::Refused));
    }
    if is_bounded(record.shelf, record.lane) {
        let bytes = transaction.query_one(BYTES, &[&mailbox, &shelf, &lane]).await?;
        found.lane_bytes = columns::unsigned(&bytes, "lane_bytes")?;
        found.shelf_bytes = columns::unsigned(&bytes, "shelf_bytes")?;
    }
    Ok(judge_record(record, &found, quotas))
}

pub(super) async fn value(client: &Object, owner: &AgentId, shelf: Shelf, key: &[u8]) -> Result<Option<Bytes>, Fault> {
    let look = client.prepare_cached(STANDING).await?;
    let row = client.query_opt(&look, &[&owner.as_bytes().as_slice(), &number(shelf), &key]).await?;
    row.map(|row| columns::bytes(&row, "value").map(Bytes::from)).transpose()
}

/// The one look across mailboxes, in the order of their ids; a sharded Postgres asks every shard.
pub(super) async fn holders(
    client: &Object,
    shelf: Shelf,
    key: &[u8],
    after: Option<AgentId>,
    limit: usize,
) -> Result<Vec<Holder>, Fault> {
    let look = "SELECT mailbox, value FROM record WHERE shelf = $1 AND key = $2 AND lane IS NULL AND mailbox > $3
        ORDER BY mailbox LIMIT $4";
    let after = after.map(|agent| agent.as_bytes().to_vec()).unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = client.query(look, &[&number(shelf), &key, &after, &limit]).await?;
    let holder = |row: &Row| {
        Ok(Holder { agent: columns::agent(row, "mailbox")?, value: Bytes::from(columns::bytes(row, "value")?) })
    };
    rows.iter().map(holder).collect()
}

pub(super) async fn take(client: &Object, owner: &AgentId, shelf: Shelf, key: &[u8]) -> Result<(), Fault> {
    let delete = "DELETE FROM record WHERE mailbox = $1 AND shelf = $2 AND key = $3";
    client.execute(delete, &[&owner.as_bytes().as_slice(), &number(shelf), &key]).await?;
    Ok(())
}

pub(super) async fn stand_under(
    client: &mut Object,
    owner: &AgentId,
    shelf: Shelf,
    keys: &[Bytes],
) -> Result<(), Fault> {
    let (mailbox, shelf) = (owner.as_bytes().as_slice(), number(shelf));
    let transaction = client.transaction().await?;
    if transaction.query_opt(LOCK, &[&mailbox]).await?.is_none() {
        return Ok(());
    }
    transaction.execute("DELETE FROM record WHERE mailbox = $1 AND shelf = $2", &[&mailbox, &shelf]).await?;
    let keys: Vec<&[u8]> = keys.iter().map(AsRef::as_ref).collect();
    let stand = "INSERT INTO record (mailbox, shelf, key, bytes, value)
        SELECT $1, $2, key, 0, ''::bytea FROM unnest($3::bytea[]) AS key ON CONFLICT DO NOTHING";
    transaction.execute(stand, &[&mailbox, &shelf, &keys]).await?;
    Ok(transaction.commit().await?)
}

fn number(shelf: Shelf) -> i32 {
    i32::from(shelf.number())
}

const COPIES: &str = "SELECT shelf, key, lane, expires_at, value FROM record
    WHERE mailbox = $1 AND (shelf, key) > ($2, $3) ORDER BY shelf, key LIMIT $4";

/// Records after a place, in the order of shelves and keys.
pub(super) async fn copies(
    client: &Object,
    owner: &AgentId,
    after: Option<(Shelf, Bytes)>,
    limit: usize,
) -> Result<Vec<RecordCopy>, Fault> {
    let (shelf, key) = after.map_or((0, Bytes::new()), |(shelf, key)| (number(shelf), key));
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let rows = client.query(COPIES, &[&owner.as_bytes().as_slice(), &shelf, &key.as_ref(), &limit]).await?;
    rows.iter().map(record_copy).collect()
}

fn record_copy(row: &Row) -> Result<RecordCopy, Fault> {
    let number: i32 = row.try_get("shelf")?;
    Ok(RecordCopy {
        shelf: u8::try_from(number).ok().and_then(Shelf::numbered).ok_or(Fault::Row)?,
        key: columns::bytes(row, "key")?.into(),
        lane: columns::optional_array(row, "lane")?.map(LaneId::from_bytes),
        expires_at: columns::time(row, "expires_at")?,
        value: columns::bytes(row, "value")?.into(),
    })
}

/// Puts copies in, whatever the quotas say.
pub(super) async fn put_copies(client: &mut Object, owner: &AgentId, copies: Vec<RecordCopy>) -> Result<(), Fault> {
    let transaction = client.transaction().await?;
    for RecordCopy { shelf, key, lane, expires_at, value } in copies {
        let record = NewRecord { shelf, key, lane, value, replaces: None, expires_at, now: Timestamp::EPOCH };
        replace(&transaction, owner, &record).await?;
    }
    Ok(transaction.commit().await?)
}
