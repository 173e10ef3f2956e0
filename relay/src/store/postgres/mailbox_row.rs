//! The row that stands for a mailbox: locked by whoever changes the mailbox, and its counters.

use a2a_proto::id::AgentId;
use deadpool_postgres::GenericClient;
use tokio_postgres::Row;

use super::columns;
use super::fault::Fault;
use crate::store::rules::Counters;

pub(super) const LOCK: &str = "SELECT last_seq, acknowledged, stored_bytes, stored_envelopes, knocks_pending,
        names
    FROM mailbox WHERE mailbox = $1 FOR UPDATE";
const WRITE: &str = "UPDATE mailbox SET last_seq = $2, acknowledged = $3, stored_bytes = $4, stored_envelopes = $5,
    knocks_pending = $6, names = $7 WHERE mailbox = $1";

/// Locks a mailbox until the transaction ends, and reads its counters.
pub(super) async fn lock(client: &impl GenericClient, mailbox: &AgentId) -> Result<Option<Counters>, Fault> {
    let lock = client.prepare_cached(LOCK).await?;
    let row = client.query_opt(&lock, &[&mailbox.as_bytes().as_slice()]).await?;
    row.map(|row| counters(&row)).transpose()
}

fn counters(row: &Row) -> Result<Counters, Fault> {
    Ok(Counters {
        last_seq: columns::unsigned(row, "last_seq")?,
        acknowledged: columns::unsigned(row, "acknowledged")?,
        stored_bytes: columns::unsigned(row, "stored_bytes")?,
        stored_envelopes: columns::unsigned(row, "stored_envelopes")?,
        knocks_pending: columns::unsigned(row, "knocks_pending")?,
        names: columns::unsigned(row, "names")?,
    })
}

/// Writes the counters of a locked mailbox.
pub(super) async fn write(client: &impl GenericClient, mailbox: &AgentId, counters: &Counters) -> Result<(), Fault> {
    let write = client.prepare_cached(WRITE).await?;
    let numbers = [
        counters.last_seq,
        counters.acknowledged,
        counters.stored_bytes,
        counters.stored_envelopes,
        counters.knocks_pending,
        counters.names,
    ];
    let [last_seq, acknowledged, bytes, envelopes, knocks, names] = numbers.map(columns::signed);
    let mailbox = mailbox.as_bytes().as_slice();
    client.execute(&write, &[&mailbox, &last_seq, &acknowledged, &bytes, &envelopes, &knocks, &names]).await?;
    Ok(())
}
