//! Accounts: registering with a token and a handle, device epochs, closing.

use a2a_proto::address::Handle;
use a2a_proto::id::AgentId;
use a2a_proto::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns;
use crate::store::{Account, Admitted, Device, Registered, Registration, RegistrationToken, TokenDemand};

pub(super) fn register(connection: &Connection, registration: &Registration) -> rusqlite::Result<Registered> {
    let Some(known) = known(connection, &registration.device.agent)? else {
        return register_newcomer(connection, registration);
    };
    if !known.admits(&registration.device) {
        return Ok(Registered::EpochTooLow { highest: known.epoch });
    }
    if is_taken(connection, registration)? {
        return Ok(Registered::HandleTaken);
    }
    raise(connection, &registration.device)?;
    let handle = registration.handle.clone().or(known.handle);
    name(connection, &registration.device.agent, handle.as_ref())?;
    Ok(Registered::Done(handle))
}

fn register_newcomer(connection: &Connection, registration: &Registration) -> rusqlite::Result<Registered> {
    // The handle is looked at first, so that a token is not spent on a request that fails.
    if is_taken(connection, registration)? {
        return Ok(Registered::HandleTaken);
    }
    if let Some(refusal) = demand(connection, registration)? {
        return Ok(refusal);
    }
    let device = &registration.device;
    connection.prepare_cached("INSERT INTO account (agent, epoch, device) VALUES (?1, ?2, ?3)")?.execute(params![
        device.agent.as_bytes(),
        device.epoch,
        device.key
    ])?;
    let mailbox = connection.last_insert_rowid();
    connection.prepare_cached("INSERT INTO mailbox (mailbox) VALUES (?1)")?.execute([mailbox])?;
    connection.prepare_cached("INSERT INTO publication (mailbox) VALUES (?1)")?.execute([mailbox])?;
    name(connection, &device.agent, registration.handle.as_ref())?;
    Ok(Registered::Done(registration.handle.clone()))
}

/// Takes what is demanded of a newcomer; tells why it may not come in.
fn demand(connection: &Connection, registration: &Registration) -> rusqlite::Result<Option<Registered>> {
    match registration.demand {
        TokenDemand::Nothing => Ok(None),
        TokenDemand::Closed => Ok(Some(Registered::Closed)),
        TokenDemand::Token(None) => Ok(Some(Registered::TokenNeeded)),
        TokenDemand::Token(Some(hash)) => {
            let redeemed = redeem(connection, &hash, registration.now)?;
            Ok((!redeemed).then_some(Registered::TokenUsed))
        }
    }
}

fn redeem(connection: &Connection, hash: &[u8; 32], now: Timestamp) -> rusqlite::Result<bool> {
    let mut statement = connection.prepare_cached(
        "UPDATE registration_token SET uses_left = uses_left - 1
         WHERE hash = ?1 AND uses_left > 0 AND expires_at > ?2",
    )?;
    Ok(statement.execute(params![hash, columns::millis(now)])? > 0)
}

pub(super) fn issue_token(connection: &Connection, token: &RegistrationToken) -> rusqlite::Result<()> {
    connection
        .prepare_cached("INSERT INTO registration_token (hash, uses_left, expires_at) VALUES (?1, ?2, ?3)")?
        .execute(params![token.hash, token.uses, columns::millis(token.expires_at)])?;
    Ok(())
}

pub(super) fn tokens(connection: &Connection) -> rusqlite::Result<Vec<RegistrationToken>> {
    let mut statement = connection
        .prepare_cached("SELECT hash, uses_left, expires_at FROM registration_token ORDER BY expires_at, hash")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(RegistrationToken {
            hash: row.get("hash")?,
            uses: row.get("uses_left")?,
            expires_at: columns::time(row, "expires_at")?.unwrap_or(Timestamp::EPOCH),
        })
    };
    statement.query_map([], read)?.collect()
}

pub(super) fn revoke_token(connection: &Connection, hash: &[u8; 32]) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM registration_token WHERE hash = ?1")?.execute([hash])?;
    Ok(())
}

fn is_taken(connection: &Connection, registration: &Registration) -> rusqlite::Result<bool> {
    let Some(handle) = &registration.handle else {
        return Ok(false);
    };
    let holder = holder_of(connection, handle)?;
    Ok(holder.is_some_and(|holder| holder != registration.device.agent))
}

fn name(connection: &Connection, agent: &AgentId, handle: Option<&Handle>) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE account SET handle = ?2 WHERE agent = ?1")?
        .execute(params![agent.as_bytes(), handle.map(Handle::as_str)])?;
    Ok(())
}

pub(super) fn holder_of(connection: &Connection, handle: &Handle) -> rusqlite::Result<Option<AgentId>> {
    let mut statement = connection.prepare_cached("SELECT agent FROM account WHERE handle = ?1")?;
    statement.query_row([handle.as_str()], columns::agent).optional()
}

/// An account's device as last certified.
struct Known {
    epoch: u32,
    device: [u8; 32],
    handle: Option<Handle>,
}

impl Known {
    /// A higher epoch is a newer device. At the same epoch only the first one seen is the agent's: two devices that
    /// claim one epoch are a stolen backup or a theft, and the second must not push out the first.
    fn admits(&self, device: &Device) -> bool {
        device.epoch > self.epoch || self.is_of(device)
    }

    fn is_of(&self, device: &Device) -> bool {
        device.epoch == self.epoch && device.key == self.device
    }
}

fn known(connection: &Connection, agent: &AgentId) -> rusqlite::Result<Option<Known>> {
    let mut statement = connection.prepare_cached("SELECT epoch, device, handle FROM account WHERE agent = ?1")?;
    let read = |row: &rusqlite::Row<'_>| {
        Ok(Known { epoch: row.get("epoch")?, device: row.get("device")?, handle: columns::handle(row)? })
    };
    statement.query_row([agent.as_bytes()], read).optional()
}

pub(super) fn is_admitted(connection: &Connection, device: &Device) -> rusqlite::Result<bool> {
    let known = known(connection, &device.agent)?;
    Ok(known.is_some_and(|known| known.is_of(device)))
}

pub(super) fn admit(connection: &Connection, device: &Device) -> rusqlite::Result<Admitted> {
    let known = known(connection, &device.agent)?;
    if !known.is_some_and(|known| known.admits(device)) {
        return Ok(Admitted::No);
    }
    raise(connection, device)?;
    Ok(Admitted::Yes)
}

fn raise(connection: &Connection, device: &Device) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE account SET epoch = ?2, device = ?3 WHERE agent = ?1 AND epoch < ?2")?
        .execute(params![device.agent.as_bytes(), device.epoch, device.key])?;
    Ok(())
}

pub(super) fn account(connection: &Connection, agent: &AgentId) -> rusqlite::Result<Option<Account>> {
    let known = known(connection, agent)?;
    Ok(known.map(|known| Account { epoch: known.epoch, handle: known.handle }))
}

/// Whether there is any account.
pub(super) fn any(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("SELECT EXISTS (SELECT 1 FROM account)", [], |row| row.get(0))
}

/// How many accounts there are.
pub(super) fn count(connection: &Connection) -> rusqlite::Result<u64> {
    connection.query_row("SELECT count(*) FROM account", [], |row| row.get(0)).map(columns::unsigned)
}

/// Everything else of the account goes with its row.
pub(super) fn close(connection: &Connection, agent: &AgentId) -> rusqlite::Result<()> {
    connection.prepare_cached("DELETE FROM account WHERE agent = ?1")?.execute([agent.as_bytes()])?;
    Ok(())
}
