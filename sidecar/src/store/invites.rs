//! Invites that we made.

use a2a_proto::id::{AgentId, InviteId};
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::number::moment;
use super::{Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "invites";

/// An invite as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct InviteRecord {
    /// What the link carries after `#`.
    pub(crate) secret: SecretBlob,
    /// The private one-time pair; gone once used.
    pub(crate) one_time: Option<SecretBlob>,
    /// What the redeemer is granted.
    pub(crate) scopes: Vec<Scope>,
    /// Until when.
    #[serde(default)]
    pub(crate) until: Option<Timestamp>,
    /// How many messages a day.
    #[serde(default)]
    pub(crate) daily: Option<u32>,
    /// The peer whose pair it goes on with; nobody else can take it up.
    #[serde(default)]
    pub(crate) mends: Option<AgentId>,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Invite {
    /// Its name.
    pub(crate) invite_id: InviteId,
    /// Whether it can still be redeemed.
    pub(crate) open: bool,
    /// The secrets.
    pub(crate) record: InviteRecord,
}

/// Adds an open invite.
pub(crate) fn insert(
    tx: &Tx<'_>,
    invite_id: InviteId,
    expires_at: Timestamp,
    record: &InviteRecord,
) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, invite_id.as_bytes()), record)?;
    tx.sql.execute(
        "INSERT INTO invites (invite_id, state, expires_at, record) VALUES (?1, 'open', ?2, ?3)",
        params![invite_id.as_bytes().as_slice(), moment(expires_at), sealed],
    )?;
    Ok(())
}

/// The invite of that name.
pub(crate) fn find(tx: &Tx<'_>, invite_id: InviteId) -> Result<Option<Invite>, StoreError> {
    let row: Option<(String, Vec<u8>)> = tx
        .sql
        .query_row("SELECT state, record FROM invites WHERE invite_id = ?1", [invite_id.as_bytes().as_slice()], |row| {
            Ok((row.get(0)?, row.get(1)?))
        })
        .optional()?;
    row.map(|(state, sealed)| {
        let record = tx.seal.open_record(Place::record(TABLE, invite_id.as_bytes()), &sealed)?;
        Ok(Invite { invite_id, open: state == "open", record })
    })
    .transpose()
}

/// Whether somebody may still redeem an invite of ours.
pub(crate) fn any_open(tx: &Tx<'_>, now: Timestamp) -> Result<bool, StoreError> {
    Ok(tx.sql.query_row(
        "SELECT EXISTS (SELECT 1 FROM invites WHERE state = 'open' AND expires_at > ?1)",
        [moment(now)],
        |row| row.get(0),
    )?)
}

/// Marks an invite as used and forgets its private one-time pair for good.
pub(crate) fn use_up(tx: &Tx<'_>, invite: &Invite) -> Result<(), StoreError> {
    let record = InviteRecord { one_time: None, ..invite.record.clone() };
    let sealed = tx.seal.seal_record(Place::record(TABLE, invite.invite_id.as_bytes()), &record)?;
    tx.sql.execute(
        "UPDATE invites SET state = 'used', record = ?2 WHERE invite_id = ?1",
        params![invite.invite_id.as_bytes().as_slice(), sealed],
    )?;
    Ok(())
}

/// Deletes invites that lapsed before `expired_before`.
pub(crate) fn delete_expired(tx: &Tx<'_>, expired_before: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM invites WHERE expires_at < ?1", [moment(expired_before)])?)
}
