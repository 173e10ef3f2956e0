//! One transaction that stores deposits of one mailbox: two round trips, and every decision inside it.

use std::collections::HashMap;

use a2a_proto::id::{AgentId, EnvelopeId, LaneId};
use a2a_proto::time::Timestamp;
use deadpool_postgres::Object;
use futures_util::try_join;

use super::columns;
use super::fault::Fault;
use super::mailbox_row;
use crate::store::rules::{self, Counters, LaneState, Verdict};
use crate::store::{Deposit, Deposited, Quotas};

const LANES: &str = "SELECT lane, pending, accepted, names, max_envelopes, expires_at
    FROM lane WHERE mailbox = $1 AND lane = ANY($2)";
const NAMES: &str = "SELECT lane, envelope_id, hash FROM accepted
    WHERE mailbox = $1 AND (lane, envelope_id) IN (SELECT * FROM unnest($2::bytea[], $3::bytea[]))";
const ENVELOPES: &str = "INSERT INTO envelope (mailbox, seq, lane, hour, body)
    SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[])";
const ACCEPTED: &str = "INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at)
    SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[])";
const STEP_LANES: &str = "UPDATE lane SET pending = step.pending, accepted = step.accepted, names = step.names
    FROM unnest($2::bytea[], $3::bigint[], $4::bigint[], $5::bigint[]) AS step (lane, pending, accepted, names)
    WHERE lane.mailbox = $1 AND lane.lane = step.lane";

type Lanes = HashMap<LaneId, LaneState>;
type Names = HashMap<(LaneId, EnvelopeId), [u8; 32]>;

/// Decides and stores. Whoever drops this before its end must close the connection, and with it the transaction.
pub(super) async fn commit(
    client: &Object,
    mailbox: &AgentId,
    deposits: &[Deposit],
    quotas: &Quotas,
) -> Result<Vec<Deposited>, Fault> {
    for statement in [mailbox_row::LOCK, LANES, NAMES] {
        client.prepare_cached(statement).await?;
    }
    // The lock before the looks: Postgres answers in the order it is asked, and each look sees what was committed
    // by then. So a lane that was closed before is not found, and a name that was used before is.
    let ((), counters, mut lanes, mut names) = try_join!(
        begin(client),
        mailbox_row::lock(client, mailbox),
        lanes(client, mailbox, deposits),
        names(client, mailbox, deposits),
    )?;
    let (mut stored, mut answers) = (Vec::new(), Vec::with_capacity(deposits.len()));
    let mut counters = counters.unwrap_or_default();
    for deposit in deposits {
        let name = (deposit.lane, deposit.envelope_id);
        let lane = lanes.get_mut(&deposit.lane);
        match rules::judge(deposit, lane, names.get(&name).copied(), &mut counters, quotas) {
            Verdict::Answer(answer) => answers.push(answer),
            Verdict::Store { seq, retries_until } => {
                names.insert(name, deposit.hash);
                stored.push(Stored { deposit, seq, retries_until });
                answers.push(Deposited::Stored(*mailbox));
            }
        }
    }
    if !stored.is_empty() {
        write(client, mailbox, &stored, &lanes, &counters).await?;
    } else if answers.contains(&Deposited::Repeated) {
        // The first may be here and not at the standby yet. Only a commit that wrote something waits for the standby.
        mailbox_row::write(client, mailbox, &counters).await?;
        client.batch_execute("COMMIT").await?;
    } else {
        client.batch_execute("ROLLBACK").await?;
    }
    Ok(answers)
}

async fn begin(client: &Object) -> Result<(), Fault> {
    Ok(client.batch_execute("BEGIN").await?)
}

async fn lanes(client: &Object, mailbox: &AgentId, deposits: &[Deposit]) -> Result<Lanes, Fault> {
    let asked: Vec<_> = deposits.iter().map(|deposit| deposit.lane.as_bytes().as_slice()).collect();
    let look = client.prepare_cached(LANES).await?;
    let rows = client.query(&look, &[&mailbox.as_bytes().as_slice(), &asked]).await?;
    let state = |row: &tokio_postgres::Row| {
        let lane = LaneId::from_bytes(columns::array(row, "lane")?);
        let state = LaneState {
            pending: columns::unsigned(row, "pending")?,
            accepted: columns::unsigned(row, "accepted")?,
            max_envelopes: columns::optional_unsigned(row, "max_envelopes")?,
            expires_at: columns::time(row, "expires_at")?,
            names: columns::unsigned(row, "names")?,
        };
        Ok((lane, state))
    };
    rows.iter().map(state).collect()
}

async fn names(client: &Object, mailbox: &AgentId, deposits: &[Deposit]) -> Result<Names, Fault> {
    let lanes: Vec<_> = deposits.iter().map(|deposit| deposit.lane.as_bytes().as_slice()).collect();
    let ids: Vec<_> = deposits.iter().map(|deposit| deposit.envelope_id.as_bytes().as_slice()).collect();
    let look = client.prepare_cached(NAMES).await?;
    let rows = client.query(&look, &[&mailbox.as_bytes().as_slice(), &lanes, &ids]).await?;
    let name = |row: &tokio_postgres::Row| {
        let lane = LaneId::from_bytes(columns::array(row, "lane")?);
        let id = EnvelopeId::from_bytes(columns::array(row, "envelope_id")?);
        Ok(((lane, id), columns::array(row, "hash")?))
    };
    rows.iter().map(name).collect()
}

/// A deposit that is to be stored.
struct Stored<'a> {
    deposit: &'a Deposit,
    seq: u64,
    retries_until: Timestamp,
}

async fn write(
    client: &Object,
    mailbox: &AgentId,
    stored: &[Stored<'_>],
    lanes: &Lanes,
    counters: &Counters,
) -> Result<(), Fault> {
    // All go out together. The commit only when all have answered: after a failed one it would undo and say so politely.
    try_join!(
        insert_envelopes(client, mailbox, stored),
        insert_names(client, mailbox, stored),
        step_lanes(client, mailbox, lanes),
        mailbox_row::write(client, mailbox, counters),
    )?;
    Ok(client.batch_execute("COMMIT").await?)
}

async fn insert_envelopes(client: &Object, mailbox: &AgentId, stored: &[Stored<'_>]) -> Result<(), Fault> {
    let seqs: Vec<_> = stored.iter().map(|one| columns::signed(one.seq)).collect();
    let lanes: Vec<_> = stored.iter().map(|one| one.deposit.lane.as_bytes().as_slice()).collect();
    let hours: Vec<_> = stored.iter().map(|one| columns::signed(one.deposit.now.hours())).collect();
    let bodies: Vec<&[u8]> = stored.iter().map(|one| one.deposit.envelope.as_ref()).collect();
    let insert = client.prepare_cached(ENVELOPES).await?;
    client.execute(&insert, &[&mailbox.as_bytes().as_slice(), &seqs, &lanes, &hours, &bodies]).await?;
    Ok(())
}

async fn insert_names(client: &Object, mailbox: &AgentId, stored: &[Stored<'_>]) -> Result<(), Fault> {
    let lanes: Vec<_> = stored.iter().map(|one| one.deposit.lane.as_bytes().as_slice()).collect();
    let ids: Vec<_> = stored.iter().map(|one| one.deposit.envelope_id.as_bytes().as_slice()).collect();
    let hashes: Vec<_> = stored.iter().map(|one| one.deposit.hash.as_slice()).collect();
    let until: Vec<_> = stored.iter().map(|one| columns::millis(one.retries_until)).collect();
    let insert = client.prepare_cached(ACCEPTED).await?;
    client.execute(&insert, &[&mailbox.as_bytes().as_slice(), &lanes, &ids, &hashes, &until]).await?;
    Ok(())
}

async fn step_lanes(client: &Object, mailbox: &AgentId, lanes: &Lanes) -> Result<(), Fault> {
    let names: Vec<_> = lanes.keys().map(|lane| lane.as_bytes().as_slice()).collect();
    let pending: Vec<_> = lanes.values().map(|state| columns::signed(state.pending)).collect();
    let accepted: Vec<_> = lanes.values().map(|state| columns::signed(state.accepted)).collect();
    let remembered: Vec<_> = lanes.values().map(|state| columns::signed(state.names)).collect();
    let step = client.prepare_cached(STEP_LANES).await?;
    client.execute(&step, &[&mailbox.as_bytes().as_slice(), &names, &pending, &accepted, &remembered]).await?;
    Ok(())
}
