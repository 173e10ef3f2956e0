//! Requests that wait for the owner: knocks of strangers, and new starts of peers.

use a2a_proto::address::RelayAuthority;
use a2a_proto::id::AgentId;
use a2a_proto::scope::Scope;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, Row, params};
use serde::{Deserialize, Serialize};

use super::number::{moment, timestamp, uint};
use super::peers::{ChainEnd, OfferRecord};
use super::{Blob, Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "requests";

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A stranger asks to pair.
    Knock,
    /// A paired peer asks to begin again.
    Reset,
}

/// A request as it rests: everything that approving it needs.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RequestRecord {
    /// Who asks, proven by signature.
    pub(crate) agent_id: AgentId,
    /// Its device certificate.
    pub(crate) certificate: Blob,
    /// The name it goes by: untrusted.
    pub(crate) display_name: String,
    /// Its home relay.
    pub(crate) relay: RelayAuthority,
    /// What it wrote: untrusted.
    pub(crate) text: String,
    /// What it wants to write about.
    pub(crate) requested: Vec<Scope>,
    /// What it would let us write about.
    pub(crate) offered: Vec<Scope>,
    /// Where we would deposit.
    pub(crate) deposit: OfferRecord,
    /// The session that its handshake began, in stored form.
    pub(crate) session: SecretBlob,
    /// The number of the new start, when it is one.
    #[serde(default)]
    pub(crate) resets: u64,
    /// The end of its chain.
    pub(crate) received: ChainEnd,
}

/// A row of the table.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// What the owner types.
    pub(crate) request_id: String,
    /// What is asked.
    pub(crate) kind: Kind,
    /// When it reached us.
    pub(crate) received_at: Timestamp,
    /// When it lapses.
    pub(crate) expires_at: Timestamp,
    /// The rest.
    pub(crate) record: RequestRecord,
}

/// Adds a request; a newer one of the same agent replaces the older, under its old id.
pub(crate) fn put(tx: &Tx<'_>, request: &Request) -> Result<(), StoreError> {
    let tag = tx.seal.tag("agent", request.record.agent_id.as_bytes());
    let sealed = tx.seal.seal_record(Place::record(TABLE, &tag), &request.record)?;
    let kind = match request.kind {
        Kind::Knock => "knock",
        Kind::Reset => "reset",
    };
    tx.sql.execute(
        "INSERT INTO requests (request_id, tag, kind, received_at, expires_at, record) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (tag) DO UPDATE SET kind = excluded.kind, received_at = excluded.received_at,
            expires_at = excluded.expires_at, record = excluded.record",
        params![
            request.request_id,
            tag.as_slice(),
            kind,
            moment(request.received_at),
            moment(request.expires_at),
            sealed
        ],
    )?;
    Ok(())
}

/// The request of that id.
pub(crate) fn find(tx: &Tx<'_>, request_id: &str) -> Result<Option<Request>, StoreError> {
    let row = tx.sql.query_row(&select("request_id = ?1"), [request_id], columns).optional()?;
    row.map(|row| open(tx, row)).transpose()
}

/// The request of that agent.
pub(crate) fn by_agent(tx: &Tx<'_>, agent_id: &AgentId) -> Result<Option<Request>, StoreError> {
    let tag = tx.seal.tag("agent", agent_id.as_bytes());
    let row = tx.sql.query_row(&select("tag = ?1"), [tag.as_slice()], columns).optional()?;
    row.map(|row| open(tx, row)).transpose()
}

/// Every request, oldest first.
pub(crate) fn all(tx: &Tx<'_>) -> Result<Vec<Request>, StoreError> {
    let mut statement = tx.sql.prepare_cached(&select("1 ORDER BY received_at, request_id"))?;
    let rows = statement.query_map([], columns)?.collect::<Result<Vec<_>, _>>()?;
    rows.into_iter().map(|row| open(tx, row)).collect()
}

/// How many requests wait.
pub(crate) fn len(tx: &Tx<'_>) -> Result<u64, StoreError> {
    Ok(uint(tx.sql.query_row("SELECT count(*) FROM requests", [], |row| row.get(0))?))
}

/// Deletes a request.
pub(crate) fn delete(tx: &Tx<'_>, request_id: &str) -> Result<(), StoreError> {
    tx.sql.execute("DELETE FROM requests WHERE request_id = ?1", [request_id])?;
    Ok(())
}

/// Deletes what lapsed.
pub(crate) fn delete_expired(tx: &Tx<'_>, now: Timestamp) -> Result<usize, StoreError> {
    Ok(tx.sql.execute("DELETE FROM requests WHERE expires_at < ?1", [moment(now)])?)
}

fn select(condition: &str) -> String {
    format!("SELECT request_id, tag, kind, received_at, expires_at, record FROM requests WHERE {condition}")
}

type Columns = (String, Vec<u8>, String, i64, i64, Vec<u8>);

fn columns(row: &Row<'_>) -> rusqlite::Result<Columns> {
    Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?, row.get(4)?, row.get(5)?))
}

fn open(tx: &Tx<'_>, row: Columns) -> Result<Request, StoreError> {
    let (request_id, tag, kind, received_at, expires_at, sealed) = row;
    Ok(Request {
        request_id,
        kind: if kind == "reset" { Kind::Reset } else { Kind::Knock },
        received_at: timestamp(received_at),
        expires_at: timestamp(expires_at),
        record: tx.seal.open_record(Place::record(TABLE, &tag), &sealed)?,
    })
}
