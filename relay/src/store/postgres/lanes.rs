//! Lanes: opening, closing, listing, and what is needed to check a proof.

use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use crate::store::{InviteOffer, LaneEntry, LaneOpening, LaneRecord, NewLane};

/// Names that one act forgets at most when a lane or an account is closed.
const SLICE_NAMES: i64 = 20_000;

/// Locks a mailbox for a change; tells whether there is one.
async fn lock(transaction: &Transaction<'_>, owner: &AgentId) -> Result<bool, Fault> {
    let lock = "SELECT 1 FROM mailbox WHERE mailbox = $1 FOR UPDATE";
    Ok(transaction.query_opt(lock, &[&owner.as_bytes().as_slice()]).await?.is_some())
}

pub(super) async fn open(
    client: &mut Object,
    owner: &AgentId,
    lane: &NewLane,
    most: u64,
) -> Result<LaneOpening, Fault> {
    let mailbox = owner.as_bytes().as_slice();
    let transaction = client.transaction().await?;
    if !lock(&transaction, owner).await? {
        return Ok(LaneOpening::NoMailbox);
    }
    if let Some(invite) = &lane.invite {
        // A retry whose first answer was lost: nobody has the earlier lane's key.
        let earlier = "WITH gone AS (DELETE FROM lane WHERE mailbox = $1 AND invite = $2 RETURNING lane)
            DELETE FROM lane_owner WHERE lane IN (SELECT lane FROM gone)";
        transaction.execute(earlier, &[&mailbox, &invite.invite.as_bytes().as_slice()]).await?;
    }
    if lane.again && stands(&transaction, &lane.lane).await? {
        return rewrite(transaction, owner, lane).await;
    }
    let count = transaction.query_one("SELECT count(*) AS count FROM lane WHERE mailbox = $1", &[&mailbox]).await?;
    if columns::unsigned(&count, "count")? >= most {
        return Ok(LaneOpening::TooMany);
    }
    insert(&transaction, owner, lane).await?;
    transaction.commit().await?;
    Ok(LaneOpening::Open)
}

/// Whether a lane has this name, in whatever mailbox.
async fn stands(transaction: &Transaction<'_>, lane: &LaneId) -> Result<bool, Fault> {
    let look = "SELECT 1 FROM lane_owner WHERE lane = $1";
    Ok(transaction.query_opt(look, &[&lane.as_bytes().as_slice()]).await?.is_some())
}

/// Gives a pair's lane of this owner a new key; it keeps what it counted.
async fn rewrite(transaction: Transaction<'_>, owner: &AgentId, lane: &NewLane) -> Result<LaneOpening, Fault> {
    let (mailbox, name) = (owner.as_bytes().as_slice(), lane.lane.as_bytes().as_slice());
    let update = "UPDATE lane SET secret_version = $3, salt = $4, mask = $5
        WHERE mailbox = $1 AND lane = $2 AND invite IS NULL";
    let (version, salt, mask) = (i64::from(lane.secret_version), lane.salt.as_slice(), lane.mask.as_slice());
    let rewritten = transaction.execute(update, &[&mailbox, &name, &version, &salt, &mask]).await?;
    transaction.commit().await?;
    Ok(if rewritten > 0 { LaneOpening::Open } else { LaneOpening::Taken })
}

async fn insert(transaction: &Transaction<'_>, owner: &AgentId, lane: &NewLane) -> Result<(), Fault> {
    let (mailbox, name) = (owner.as_bytes().as_slice(), lane.lane.as_bytes().as_slice());
    let invite = lane.invite.as_ref();
    let insert = "INSERT INTO lane (mailbox, lane, secret_version, salt, mask, opened_hour,
            expires_at, max_envelopes, invite, token_hash, one_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    transaction
        .execute(
            insert,
            &[
                &mailbox,
                &name,
                &i64::from(lane.secret_version),
                &lane.salt.as_slice(),
                &lane.mask.as_slice(),
                &columns::signed(lane.now.hours()),
                &invite.map(|invite| columns::millis(invite.expires_at)),
                &invite.map(|invite| i64::from(invite.max_envelopes)),
                &invite.map(|invite| invite.invite.as_bytes().as_slice()),
                &invite.map(|invite| invite.token_hash.as_slice()),
                &invite.map(|invite| invite.one_time.as_ref()),
            ],
        )
        .await?;
    let look_up = "INSERT INTO lane_owner (lane, mailbox) VALUES ($1, $2)";
    transaction.execute(look_up, &[&name, &mailbox]).await?;
    Ok(())
}

/// From here on nothing comes through it. Its retries end with it, since an answer to them would say that the lane once lived;
/// what was remembered for them is deleted in slices. Tells whether there is more of it.
pub(super) async fn close(client: &mut Object, owner: &AgentId, lane: &LaneId) -> Result<bool, Fault> {
    let (mailbox, name) = (owner.as_bytes().as_slice(), lane.as_bytes().as_slice());
    let transaction = client.transaction().await?;
    // Deposits lock the mailbox too: those before are done, those after find no lane.
    lock(&transaction, owner).await?;
    for delete in
        ["DELETE FROM lane WHERE mailbox = $1 AND lane = $2", "DELETE FROM lane_owner WHERE mailbox = $1 AND lane = $2"]
    {
        transaction.execute(delete, &[&mailbox, &name]).await?;
    }
    let more = forget_slice(&transaction, owner, Some(lane)).await?;
    transaction.commit().await?;
    Ok(more)
}

/// Deletes some of what an account that is about to be closed remembers for retries; tells whether there may be more.
pub(super) async fn forget_names(client: &mut Object, owner: &AgentId) -> Result<bool, Fault> {
    let transaction = client.transaction().await?;
    lock(&transaction, owner).await?;
    let more = forget_slice(&transaction, owner, None).await?;
    transaction.commit().await?;
    Ok(more)
}

/// Names of one lane, or of all, in a locked mailbox.
async fn forget_slice(transaction: &Transaction<'_>, owner: &AgentId, lane: Option<&LaneId>) -> Result<bool, Fault> {
    let forget = "WITH gone AS (
            DELETE FROM accepted WHERE mailbox = $1 AND (lane, envelope_id) IN
                (SELECT lane, envelope_id FROM accepted WHERE mailbox = $1 AND ($2::bytea IS NULL OR lane = $2) LIMIT $3)
            RETURNING 1
        )
        UPDATE mailbox SET names = greatest(names - (SELECT count(*) FROM gone), 0) WHERE mailbox = $1
        RETURNING (SELECT count(*) FROM gone)";
    let (mailbox, lane) = (owner.as_bytes().as_slice(), lane.map(|lane| lane.as_bytes().as_slice()));
    let gone = transaction.query_opt(forget, &[&mailbox, &lane, &SLICE_NAMES]).await?;
    let gone: i64 = gone.map_or(Ok(0), |row| row.try_get(0))?;
    Ok(gone == SLICE_NAMES)
}

pub(super) async fn list(client: &Object, owner: &AgentId) -> Result<Vec<LaneEntry>, Fault> {
    let look = "SELECT lane, secret_version, invite IS NOT NULL AS of_invite, opened_hour, expires_at
        FROM lane WHERE mailbox = $1 ORDER BY opened_hour, lane";
    let rows = client.query(look, &[&owner.as_bytes().as_slice()]).await?;
    rows.iter().map(entry).collect()
}

fn entry(row: &Row) -> Result<LaneEntry, Fault> {
    let hour = columns::unsigned(row, "opened_hour")?;
    Ok(LaneEntry {
        lane: LaneId::from_bytes(columns::array(row, "lane")?),
        secret_version: columns::small(row, "secret_version")?,
        of_invite: row.try_get("of_invite")?,
        created_at: Timestamp::from_secs(hour.saturating_mul(3600)),
        expires_at: columns::time(row, "expires_at")?,
    })
}

/// Reads the first lane from this name on and only then looks whether it has the name: where there is none, a neighbour
/// costs as much as the lane itself would.
pub(super) async fn record(client: &Object, lane: &LaneId) -> Result<Option<LaneRecord>, Fault> {
    let look = client
        .prepare_cached(
            "SELECT lane, lane.mailbox, secret_version, salt, mask, expires_at
             FROM (SELECT lane, mailbox FROM lane_owner WHERE lane >= $1 ORDER BY lane LIMIT 1) AS nearest
             JOIN lane USING (mailbox, lane)",
        )
        .await?;
    let Some(row) = client.query_opt(&look, &[&lane.as_bytes().as_slice()]).await? else {
        return Ok(None);
    };
    let record = LaneRecord {
        mailbox: columns::agent(&row, "mailbox")?,
        secret_version: columns::small(&row, "secret_version")?,
        salt: columns::array(&row, "salt")?,
        mask: columns::array(&row, "mask")?,
        expires_at: columns::time(&row, "expires_at")?,
    };
    let name = LaneId::from_bytes(columns::array(&row, "lane")?);
    Ok(Some(record).filter(|_| name == *lane))
}

/// An invite is used from the first envelope on: who comes later could not pair any more.
pub(super) async fn invite(client: &Object, owner: &AgentId, invite: &InviteId) -> Result<Option<InviteOffer>, Fault> {
    let look = "SELECT token_hash, one_time, expires_at FROM lane WHERE mailbox = $1 AND invite = $2 AND accepted = 0";
    let key = (owner.as_bytes().as_slice(), invite.as_bytes().as_slice());
    let Some(row) = client.query_opt(look, &[&key.0, &key.1]).await? else {
        return Ok(None);
    };
    Ok(Some(InviteOffer {
        token_hash: columns::array(&row, "token_hash")?,
        one_time: Bytes::from(columns::bytes(&row, "one_time")?),
        expires_at: columns::time(&row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
    }))
}
