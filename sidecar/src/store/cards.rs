//! What peers take, by the cards that they published when we last looked.

use a2a_proto::card::Capability;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, timestamp};
use super::peers::PeerKey;
use super::{Place, StoreError, Tx};

const TABLE: &str = "cards";

/// A peer's capabilities, and when they were read.
#[derive(Debug, Clone)]
pub(crate) struct KnownCard {
    /// When it was read.
    pub(crate) at: Timestamp,
    /// What it said: a peer's words.
    pub(crate) capabilities: Vec<Capability>,
}

#[derive(Serialize, Deserialize)]
struct Record {
    capabilities: Vec<Capability>,
}

/// What is known of a peer's card.
pub(crate) fn of_peer(tx: &Tx<'_>, peer: PeerKey) -> Result<Option<KnownCard>, StoreError> {
    let found: Option<(i64, Vec<u8>)> = tx
        .sql
        .query_row("SELECT at, record FROM cards WHERE peer = ?1", [peer.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((at, sealed)) = found else { return Ok(None) };
    let record: Record = tx.seal.open_record(Place::record(TABLE, &peer.0.to_be_bytes()), &sealed)?;
    Ok(Some(KnownCard { at: timestamp(at), capabilities: record.capabilities }))
}

/// Notes what a peer's card says now.
pub(crate) fn put(tx: &Tx<'_>, peer: PeerKey, capabilities: Vec<Capability>, now: Timestamp) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, &peer.0.to_be_bytes()), &Record { capabilities })?;
    tx.sql.execute(
        "INSERT INTO cards (peer, at, record) VALUES (?1, ?2, ?3)
         ON CONFLICT (peer) DO UPDATE SET at = excluded.at, record = excluded.record",
        params![peer.0, moment(now), sealed],
    )?;
    Ok(())
}
