//! Whole mailboxes, out of this store and into it.

use a2a_proto::address::Handle;
use a2a_proto::card::KnockPolicy;
use a2a_proto::id::{AgentId, InviteId, LaneId};
use a2a_proto::time::Timestamp;
use bytes::Bytes;
use deadpool_postgres::{Object, Transaction};
use tokio_postgres::Row;

use super::fault::Fault;
use super::{accounts, columns};
use crate::store::moving::{LaneCopy, MailboxCopy, NameCopy};
use crate::store::{Device, LaneRecord, StoredEnvelope};

pub(super) async fn mailboxes(client: &Object, after: Option<AgentId>, limit: usize) -> Result<Vec<AgentId>, Fault> {
    let after = after.map_or_else(Vec::new, |agent| agent.as_bytes().to_vec());
    let look = "SELECT mailbox FROM account WHERE mailbox > $1 ORDER BY mailbox LIMIT $2";
    let rows = client.query(look, &[&after, &columns::signed(limit as u64)]).await?;
    rows.iter().map(|row| columns::agent(row, "mailbox")).collect()
}

const MAILBOX: &str = "SELECT epoch, device, handle, card, card_sequence, bundle, bundle_sequence, knocks_open,
        last_seq, acknowledged
    FROM account JOIN publication USING (mailbox) JOIN mailbox USING (mailbox) WHERE mailbox = $1";

pub(super) async fn copy(client: &Object, agent: &AgentId) -> Result<Option<MailboxCopy>, Fault> {
    let mailbox = agent.as_bytes().as_slice();
    let Some(row) = client.query_opt(MAILBOX, &[&mailbox]).await? else { return Ok(None) };
    let lanes = client.query("SELECT * FROM lane WHERE mailbox = $1", &[&mailbox]).await?;
    let names = "SELECT lane, envelope_id, hash, expires_at FROM accepted WHERE mailbox = $1";
    let names = client.query(names, &[&mailbox]).await?;
    let open: bool = row.try_get("knocks_open")?;
    Ok(Some(MailboxCopy {
        device: Device { agent: *agent, epoch: columns::small(&row, "epoch")?, key: columns::array(&row, "device")? },
        handle: columns::handle(&row)?,
        card: (columns::optional_bytes(&row, "card")?.map(Bytes::from), columns::counter(&row, "card_sequence")?),
        bundle: (columns::optional_bytes(&row, "bundle")?.map(Bytes::from), columns::counter(&row, "bundle_sequence")?),
        knocks: if open { KnockPolicy::Pow } else { KnockPolicy::Closed },
        last_seq: columns::unsigned(&row, "last_seq")?,
        acknowledged: columns::unsigned(&row, "acknowledged")?,
        lanes: lanes.iter().map(lane_copy).collect::<Result<_, Fault>>()?,
        names: names.iter().map(name_copy).collect::<Result<_, Fault>>()?,
    }))
}

fn lane_copy(row: &Row) -> Result<LaneCopy, Fault> {
    let invite = columns::optional_array(row, "invite")?.map(|invite| -> Result<_, Fault> {
        let one_time = Bytes::from(columns::bytes(row, "one_time")?);
        Ok((InviteId::from_bytes(invite), columns::array(row, "token_hash")?, one_time))
    });
    Ok(LaneCopy {
        lane: LaneId::from_bytes(columns::array(row, "lane")?),
        record: LaneRecord {
            mailbox: columns::agent(row, "mailbox")?,
            secret_version: columns::small(row, "secret_version")?,
            salt: columns::array(row, "salt")?,
            mask: columns::array(row, "mask")?,
            expires_at: columns::time(row, "expires_at")?,
        },
        opened_hour: columns::unsigned(row, "opened_hour")?,
        accepted: columns::unsigned(row, "accepted")?,
        max_envelopes: columns::optional_unsigned(row, "max_envelopes")?,
        invite: invite.transpose()?,
    })
}

fn name_copy(row: &Row) -> Result<NameCopy, Fault> {
    Ok(NameCopy {
        // The front door's is empty.
        lane: columns::bytes(row, "lane")?.try_into().ok(),
        name: columns::bytes(row, "envelope_id")?,
        hash: columns::array(row, "hash")?,
        expires_at: columns::time(row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
    })
}

pub(super) async fn put(client: &mut Object, copy: &MailboxCopy) -> Result<(), Fault> {
    let agent = copy.device.agent;
    let mailbox = agent.as_bytes().as_slice();
    accounts::close(client, &agent).await?;
    let transaction = client.transaction().await?;
    let handle = copy.handle.as_ref().map(Handle::as_str);
    if handle.is_some() {
        let name = "INSERT INTO handle (handle, mailbox) VALUES ($1, $2)";
        transaction.execute(name, &[&handle, &mailbox]).await?;
    }
    let account = "INSERT INTO account (mailbox, epoch, device, handle) VALUES ($1, $2, $3, $4)";
    let (epoch, key) = (i64::from(copy.device.epoch), copy.device.key.as_slice());
    transaction.execute(account, &[&mailbox, &epoch, &key, &handle]).await?;
    let counters = "INSERT INTO mailbox (mailbox, last_seq, acknowledged) VALUES ($1, $2, $3)";
    let (last, acknowledged) = (columns::signed(copy.last_seq), columns::signed(copy.acknowledged));
    transaction.execute(counters, &[&mailbox, &last, &acknowledged]).await?;
    let shown = "INSERT INTO publication (mailbox, card, card_sequence, bundle, bundle_sequence, knocks_open)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let (card, card_sequence) = (copy.card.0.as_deref(), copy.card.1.map(columns::counter_bytes));
    let (bundle, bundle_sequence) = (copy.bundle.0.as_deref(), copy.bundle.1.map(columns::counter_bytes));
    let open = copy.knocks == KnockPolicy::Pow;
    transaction.execute(shown, &[&mailbox, &card, &card_sequence, &bundle, &bundle_sequence, &open]).await?;
    for lane in &copy.lanes {
        put_lane(&transaction, mailbox, lane).await?;
    }
    put_names(&transaction, mailbox, &copy.names).await?;
    for count in COUNT_NAMES {
        transaction.execute(*count, &[&mailbox]).await?;
    }
    Ok(transaction.commit().await?)
}

async fn put_lane(transaction: &Transaction<'_>, mailbox: &[u8], lane: &LaneCopy) -> Result<(), Fault> {
    let insert = "INSERT INTO lane (mailbox, lane, secret_version, salt, mask, opened_hour, accepted, expires_at,
            max_envelopes, invite, token_hash, one_time)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    let insert = transaction.prepare_cached(insert).await?;
    let (name, record, invite) = (lane.lane.as_bytes().as_slice(), &lane.record, lane.invite.as_ref());
    transaction
        .execute(
            &insert,
            &[
                &mailbox,
                &name,
                &i64::from(record.secret_version),
                &record.salt.as_slice(),
                &record.mask.as_slice(),
                &columns::signed(lane.opened_hour),
                &columns::signed(lane.accepted),
                &record.expires_at.map(columns::millis),
                &lane.max_envelopes.map(columns::signed),
                &invite.map(|(invite, _, _)| invite.as_bytes().as_slice()),
                &invite.map(|(_, token_hash, _)| token_hash.as_slice()),
                &invite.map(|(_, _, one_time)| one_time.as_ref()),
            ],
        )
        .await?;
    let look_up = transaction.prepare_cached("INSERT INTO lane_owner (lane, mailbox) VALUES ($1, $2)").await?;
    transaction.execute(&look_up, &[&name, &mailbox]).await?;
    Ok(())
}

async fn put_names(transaction: &Transaction<'_>, mailbox: &[u8], names: &[NameCopy]) -> Result<(), Fault> {
    let lanes: Vec<&[u8]> = names.iter().map(|name| name.lane.as_ref().map_or(&[][..], |lane| lane)).collect();
    let ids: Vec<&[u8]> = names.iter().map(|name| name.name.as_slice()).collect();
    let hashes: Vec<&[u8]> = names.iter().map(|name| name.hash.as_slice()).collect();
    let until: Vec<i64> = names.iter().map(|name| columns::millis(name.expires_at)).collect();
    let insert = "INSERT INTO accepted (mailbox, lane, envelope_id, hash, expires_at)
        SELECT $1, * FROM unnest($2::bytea[], $3::bytea[], $4::bytea[], $5::bigint[])";
    transaction.execute(insert, &[&mailbox, &lanes, &ids, &hashes, &until]).await?;
    Ok(())
}

const COUNT_NAMES: &[&str] = &[
    "UPDATE mailbox SET names = (SELECT count(*) FROM accepted WHERE accepted.mailbox = $1) WHERE mailbox = $1",
    "UPDATE lane SET names = (SELECT count(*) FROM accepted WHERE accepted.mailbox = $1 AND accepted.lane = lane.lane)
        WHERE mailbox = $1",
];
const COUNT: &str = "UPDATE mailbox SET stored_bytes = stored_bytes + $2, stored_envelopes = stored_envelopes + $3,
    knocks_pending = knocks_pending + $4 WHERE mailbox = $1";
const STEP_LANES: &str = "UPDATE lane SET pending = pending + step.count
    FROM (SELECT lane, count(*) AS count FROM unnest($2::bytea[]) AS of (lane) GROUP BY lane) AS step
    WHERE lane.mailbox = $1 AND lane.lane = step.lane";

pub(super) async fn put_envelopes(
    client: &mut Object,
    agent: &AgentId,
    envelopes: &[StoredEnvelope],
) -> Result<(), Fault> {
    let mailbox = agent.as_bytes().as_slice();
    let seqs: Vec<i64> = envelopes.iter().map(|one| columns::signed(one.seq)).collect();
    let lanes: Vec<Option<&[u8]>> =
        envelopes.iter().map(|one| one.lane.as_ref().map(|lane| lane.as_bytes().as_slice())).collect();
    let hours: Vec<i64> = envelopes.iter().map(|one| columns::signed(one.hour)).collect();
    let bodies: Vec<&[u8]> = envelopes.iter().map(|one| one.envelope.as_ref()).collect();
    let transaction = client.transaction().await?;
    let insert = "INSERT INTO envelope (mailbox, seq, lane, hour, body)
        SELECT $1, * FROM unnest($2::bigint[], $3::bytea[], $4::bigint[], $5::bytea[])";
    transaction.execute(insert, &[&mailbox, &seqs, &lanes, &hours, &bodies]).await?;
    let bytes = columns::signed(bodies.iter().map(|body| body.len() as u64).sum());
    let knocks = columns::signed(lanes.iter().filter(|lane| lane.is_none()).count() as u64);
    transaction.execute(COUNT, &[&mailbox, &bytes, &columns::signed(envelopes.len() as u64), &knocks]).await?;
    transaction.execute(STEP_LANES, &[&mailbox, &lanes]).await?;
    Ok(transaction.commit().await?)
}
