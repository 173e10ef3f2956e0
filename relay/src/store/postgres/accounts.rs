//! Accounts: registering with a token and a handle, device epochs, closing.

use a2a_proto::address::Handle;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use deadpool_postgres::{Object, Transaction};

use super::columns;
use super::fault::Fault;
use crate::store::rules::KnownDevice;
use crate::store::{Account, Admitted, Device, Registered, Registration, RegistrationToken, TokenDemand};

/// Registers; `None` if the same agent registered elsewhere meanwhile, and it is worth trying again.
pub(super) async fn register(client: &mut Object, wish: &Registration) -> Result<Option<Registered>, Fault> {
    let transaction = client.transaction().await?;
    let outcome = match known(&transaction, &wish.device.agent, "FOR UPDATE").await? {
        Some(account) => register_again(&transaction, wish, account).await?,
        None => match register_newcomer(&transaction, wish).await? {
            Some(outcome) => outcome,
            None => return Ok(None),
        },
    };
    match outcome {
        Registered::Done(_) => transaction.commit().await?,
        _ => transaction.rollback().await?,
    }
    Ok(Some(outcome))
}

async fn register_again(
    transaction: &Transaction<'_>,
    wish: &Registration,
    account: Known,
) -> Result<Registered, Fault> {
    if !account.device.admits(&wish.device) {
        return Ok(Registered::EpochTooLow { highest: account.device.epoch });
    }
    raise(transaction, &wish.device).await?;
    let Some(wanted) = wish.handle.clone().filter(|wanted| account.handle.as_ref() != Some(wanted)) else {
        return Ok(Registered::Done(account.handle));
    };
    if !claim(transaction, &wish.device.agent, &wanted).await? {
        return Ok(Registered::HandleTaken);
    }
    let old = account.handle.as_ref().map(Handle::as_str);
    transaction.execute("DELETE FROM handle WHERE handle = $1", &[&old]).await?;
    let rename = transaction.prepare_cached("UPDATE account SET handle = $2 WHERE mailbox = $1").await?;
    transaction.execute(&rename, &[&wish.device.agent.as_bytes().as_slice(), &wanted.as_str()]).await?;
    Ok(Registered::Done(Some(wanted)))
}

async fn register_newcomer(transaction: &Transaction<'_>, wish: &Registration) -> Result<Option<Registered>, Fault> {
    let device = &wish.device;
    // The handle is claimed first, so that a token is not spent on a request that fails.
    if let Some(wanted) = &wish.handle
        && !claim(transaction, &device.agent, wanted).await?
    {
        return Ok(Some(Registered::HandleTaken));
    }
    if let Some(refusal) = demand(transaction, wish).await? {
        return Ok(Some(refusal));
    }
    let mailbox = device.agent.as_bytes().as_slice();
    let insert = "INSERT INTO account (mailbox, epoch, device, handle) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING";
    let (epoch, handle) = (i64::from(device.epoch), wish.handle.as_ref().map(Handle::as_str));
    let made = transaction.execute(insert, &[&mailbox, &epoch, &device.key.as_slice(), &handle]).await?;
    if made == 0 {
        return Ok(None);
    }
    transaction.execute("INSERT INTO mailbox (mailbox) VALUES ($1)", &[&mailbox]).await?;
    transaction.execute("INSERT INTO publication (mailbox) VALUES ($1)", &[&mailbox]).await?;
    Ok(Some(Registered::Done(wish.handle.clone())))
}

/// Takes a handle unless somebody else has it.
async fn claim(transaction: &Transaction<'_>, agent: &AgentId, handle: &Handle) -> Result<bool, Fault> {
    let insert = "INSERT INTO handle (handle, mailbox) VALUES ($1, $2) ON CONFLICT (handle) DO NOTHING";
    let mailbox = agent.as_bytes().as_slice();
    if transaction.execute(insert, &[&handle.as_str(), &mailbox]).await? > 0 {
        return Ok(true);
    }
    let holder = transaction.query_opt("SELECT mailbox FROM handle WHERE handle = $1", &[&handle.as_str()]).await?;
    Ok(holder.is_some_and(|row| row.get::<_, &[u8]>(0) == mailbox))
}

/// Takes what is demanded of a newcomer; tells why it may not come in.
async fn demand(transaction: &Transaction<'_>, wish: &Registration) -> Result<Option<Registered>, Fault> {
    let hash = match wish.demand {
        TokenDemand::Nothing => return Ok(None),
        TokenDemand::Closed => return Ok(Some(Registered::Closed)),
        TokenDemand::Token(None) => return Ok(Some(Registered::TokenNeeded)),
        TokenDemand::Token(Some(hash)) => hash,
    };
    let redeem = "UPDATE registration_token SET uses_left = uses_left - 1
        WHERE hash = $1 AND uses_left > 0 AND expires_at > $2";
    let redeemed = transaction.execute(redeem, &[&hash.as_slice(), &columns::millis(wish.now)]).await?;
    Ok((redeemed == 0).then_some(Registered::TokenUsed))
}

pub(super) async fn issue_token(client: &Object, token: &RegistrationToken) -> Result<(), Fault> {
    let insert = "INSERT INTO registration_token (hash, uses_left, expires_at) VALUES ($1, $2, $3)";
    let (uses, expires_at) = (i64::from(token.uses), columns::millis(token.expires_at));
    client.execute(insert, &[&token.hash.as_slice(), &uses, &expires_at]).await?;
    Ok(())
}

pub(super) async fn tokens(client: &Object) -> Result<Vec<RegistrationToken>, Fault> {
    let look = "SELECT hash, uses_left, expires_at FROM registration_token ORDER BY expires_at, hash";
    let token = |row: &tokio_postgres::Row| {
        Ok(RegistrationToken {
            hash: columns::array(row, "hash")?,
            uses: columns::small(row, "uses_left")?,
            expires_at: columns::time(row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
        })
    };
    client.query(look, &[]).await?.iter().map(token).collect()
}

pub(super) async fn revoke_token(client: &Object, hash: &[u8; 32]) -> Result<(), Fault> {
    client.execute("DELETE FROM registration_token WHERE hash = $1", &[&hash.as_slice()]).await?;
    Ok(())
}

pub(super) async fn holder_of(client: &Object, handle: &Handle) -> Result<Option<AgentId>, Fault> {
    let look = client.prepare_cached("SELECT mailbox FROM handle WHERE handle = $1").await?;
    let row = client.query_opt(&look, &[&handle.as_str()]).await?;
    row.map(|row| columns::agent(&row, "mailbox")).transpose()
}

/// An account as it stands.
struct Known {
    device: KnownDevice,
    handle: Option<Handle>,
}

async fn known(
    client: &impl deadpool_postgres::GenericClient,
    agent: &AgentId,
    lock: &str,
) -> Result<Option<Known>, Fault> {
    let query = format!("SELECT epoch, device, handle FROM account WHERE mailbox = $1 {lock}");
    let look = client.prepare_cached(&query).await?;
    let Some(row) = client.query_opt(&look, &[&agent.as_bytes().as_slice()]).await? else {
        return Ok(None);
    };
    let device = KnownDevice { epoch: columns::small(&row, "epoch")?, key: columns::array(&row, "device")? };
    Ok(Some(Known { device, handle: columns::handle(&row)? }))
}

pub(super) async fn admit(client: &mut Object, device: &Device) -> Result<Admitted, Fault> {
    // The usual case changes nothing and waits for no disk.
    if known(client, &device.agent, "").await?.is_some_and(|known| known.device.is(device)) {
        return Ok(Admitted::Yes);
    }
    let transaction = client.transaction().await?;
    let account = known(&transaction, &device.agent, "FOR UPDATE").await?;
    if !account.is_some_and(|account| account.device.admits(device)) {
        return Ok(Admitted::No);
    }
    raise(&transaction, device).await?;
    transaction.commit().await?;
    Ok(Admitted::Yes)
}

/// The account's row is locked, and the device is known to be admitted.
async fn raise(transaction: &Transaction<'_>, device: &Device) -> Result<(), Fault> {
    let raise = "UPDATE account SET epoch = $2, device = $3 WHERE mailbox = $1 AND epoch < $2";
    let (mailbox, epoch) = (device.agent.as_bytes().as_slice(), i64::from(device.epoch));
    transaction.execute(raise, &[&mailbox, &epoch, &device.key.as_slice()]).await?;
    Ok(())
}

pub(super) async fn account(client: &Object, agent: &AgentId) -> Result<Option<Account>, Fault> {
    let known = known(client, agent, "").await?;
    Ok(known.map(|known| Account { epoch: known.device.epoch, handle: known.handle }))
}

/// Whether there is any account.
pub(super) async fn any(client: &Object) -> Result<bool, Fault> {
    let row = client.query_one("SELECT EXISTS (SELECT 1 FROM account)", &[]).await?;
    Ok(row.try_get(0)?)
}

/// Everything of an account, the look-up tables first. A new table goes into this list.
const LEAVES_WITH_ITS_ACCOUNT: &[&str] = &[
    "DELETE FROM handle WHERE handle = (SELECT handle FROM account WHERE mailbox = $1)",
    "DELETE FROM lane_owner WHERE lane IN (SELECT lane FROM lane WHERE mailbox = $1)",
    "DELETE FROM lane WHERE mailbox = $1",
    "DELETE FROM envelope WHERE mailbox = $1",
    "DELETE FROM accepted WHERE mailbox = $1",
    "DELETE FROM record WHERE mailbox = $1",
    "DELETE FROM publication WHERE mailbox = $1",
    "DELETE FROM mailbox WHERE mailbox = $1",
    "DELETE FROM account WHERE mailbox = $1",
];

pub(super) async fn close(client: &mut Object, agent: &AgentId) -> Result<(), Fault> {
    let mailbox = agent.as_bytes().as_slice();
    let transaction = client.transaction().await?;
    // The order in which others lock: the account, then its mailbox.
    transaction.execute("SELECT 1 FROM account WHERE mailbox = $1 FOR UPDATE", &[&mailbox]).await?;
    transaction.execute("SELECT 1 FROM mailbox WHERE mailbox = $1 FOR UPDATE", &[&mailbox]).await?;
    for delete in LEAVES_WITH_ITS_ACCOUNT {
        transaction.execute(*delete, &[&mailbox]).await?;
    }
    Ok(transaction.commit().await?)
}
