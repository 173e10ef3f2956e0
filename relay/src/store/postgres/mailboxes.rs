//! Mailboxes: knocking at the front door, collecting and acknowledging.

use a2a_proto::id::{AgentId, LaneId};
use bytes::Bytes;
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use super::mailbox_row;
use crate::store::rules::{self, BATCH_BYTES, Counters, Leaving, Verdict};
use crate::store::{Collected, Knock, Quotas, StoredEnvelope};

/// Stands for the lane where there is none: a knock's.
const FRONT_DOOR: &[u8] = &[];

pub(super) async fn knock(client: &mut Object, knock: &Knock, quotas: &Quotas) -> Result<Option<AgentId>, Fault> {
    let mailbox = knock.recipient.as_bytes().as_slice();
    let transaction = client.transaction().await?;
    let Some(mut counters) = mailbox_row::lock(&transaction, &knock.recipient).await? else {
        return Ok(None);
    };
    let door =
        "SELECT knocks_open, EXISTS (SELECT 1 FROM accepted WHERE mailbox = $1 AND lane = $2 AND envelope_id = $3)
            AS repeated
        FROM publication WHERE mailbox = $1";
    let row = transaction.query_one(door, &[&mailbox, &FRONT_DOOR, &knock.hash.as_slice()]).await?;
    let (open, repeated) = (row.try_get("knocks_open")?, row.try_get("repeated")?);
    let verdict = rules::judge_knock(&knock.envelope, knock.now, open, repeated, &mut counters, quotas);
    let (seq, until) = match verdict {
        Verdict::Store { seq, retries_until } => (columns::signed(seq), columns::millis(retries_until)),
        Verdict::Answer(answer) => return Ok(answer),
    };
    let insert = "INSERT INTO envelope (mailbox, seq, hour, body) VALUES ($1, $2, $3, $4)";
    let hour = columns::signed(knock.now.hours());
    transaction.execute(insert, &[&mailbox, &seq, &hour, &knock.envelope.as_ref()]).await?;
    let hash = knock.hash.as_slice();
    let remember = "INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at) VALUES ($1, $2, $3, $3, $4)";
    transaction.execute(remember, &[&mailbox, &FRONT_DOOR, &hash, &until]).await?;
    mailbox_row::write(&transaction, &knock.recipient, &counters).await?;
    transaction.commit().await?;
    Ok(Some(knock.recipient))
}

/// Envelopes in order, as many as fit into a batch: each is counted by what stands before it.
const WAITING: &str = "SELECT seq, lane, hour, body FROM (
        SELECT seq, lane, hour, body,
            sum(octet_length(body)) OVER (ORDER BY seq) - octet_length(body) AS before
        FROM (SELECT seq, lane, hour, body FROM envelope WHERE mailbox = $1 AND seq > $2 ORDER BY seq LIMIT $3) AS first
    ) AS counted WHERE before < $4 ORDER BY seq";

pub(super) async fn collect(client: &Object, owner: &AgentId, after: u64, limit: usize) -> Result<Collected, Fault> {
    let mailbox = owner.as_bytes().as_slice();
    let look = client.prepare_cached("SELECT acknowledged FROM mailbox WHERE mailbox = $1").await?;
    let Some(row) = client.query_opt(&look, &[&mailbox]).await? else {
        return Ok(Collected { acknowledged_through: 0, envelopes: Vec::new() });
    };
    let acknowledged_through = columns::unsigned(&row, "acknowledged")?;
    let look = client.prepare_cached(WAITING).await?;
    let (limit, most) = (columns::signed(limit as u64), columns::signed(BATCH_BYTES as u64));
    let rows = client.query(&look, &[&mailbox, &columns::signed(after), &limit, &most]).await?;
    let envelopes: Result<Vec<_>, Fault> = rows.iter().map(stored_envelope).collect();
    Ok(Collected { acknowledged_through, envelopes: envelopes? })
}

fn stored_envelope(row: &Row) -> Result<StoredEnvelope, Fault> {
    let lane = columns::optional_array(row, "lane")?;
    Ok(StoredEnvelope {
        seq: columns::unsigned(row, "seq")?,
        lane: lane.map(LaneId::from_bytes),
        hour: columns::unsigned(row, "hour")?,
        envelope: Bytes::from(columns::bytes(row, "body")?),
    })
}

pub(super) async fn acknowledge(client: &mut Object, owner: &AgentId, through: u64) -> Result<(), Fault> {
    let transaction = client.transaction().await?;
    let Some(mut counters) = mailbox_row::lock(&transaction, owner).await? else {
        return Ok(());
    };
    let through = counters.acknowledge(through);
    release(&transaction, owner, &mut counters, through).await?;
    mailbox_row::write(&transaction, owner, &counters).await?;
    Ok(transaction.commit().await?)
}

const RELEASE: &str = "WITH gone AS (
        DELETE FROM envelope WHERE mailbox = $1 AND seq <= $2 RETURNING lane, octet_length(body) AS bytes
    )
    SELECT lane, count(*) AS count, sum(bytes)::bigint AS bytes FROM gone GROUP BY lane";

/// Deletes a locked mailbox's envelopes up to `through` and gives their room back; tells how many left.
pub(super) async fn release(
    transaction: &Transaction<'_>,
    owner: &AgentId,
    counters: &mut Counters,
    through: u64,
) -> Result<u64, Fault> {
    let mailbox = owner.as_bytes().as_slice();
    let release = transaction.prepare_cached(RELEASE).await?;
    let rows = transaction.query(&release, &[&mailbox, &columns::signed(through)]).await?;
    let mut left = Leaving::default();
    // A lane that was closed meanwhile has nothing to give back to.
    let give_back =
        transaction.prepare_cached("UPDATE lane SET pending = pending - $3 WHERE mailbox = $1 AND lane = $2");
    let give_back = give_back.await?;
    for row in &rows {
        let (lane, count) = (columns::optional_bytes(row, "lane")?, columns::unsigned(row, "count")?);
        left.envelopes += count;
        left.bytes += columns::unsigned(row, "bytes")?;
        match lane {
            Some(lane) => {
                transaction.execute(&give_back, &[&mailbox, &lane, &columns::signed(count)]).await?;
            }
            None => left.knocks += count,
        }
    }
    counters.give_back(&left);
    Ok(left.envelopes)
}
