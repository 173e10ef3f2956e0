//! What owners show: cards and prekey bundles, each with a sequence that only grows.

use a2a_proto::card::KnockPolicy;
use a2a_proto::counter::Counter;
use a2a_proto::id::AgentId;
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension, params};

use super::columns;
use crate::store::{Publication, Published, Shown};

/// Mailboxes are numbered from one.
const NOBODY: i64 = 0;

pub(super) fn publish(
    connection: &Connection,
    owner: &AgentId,
    publication: &Publication,
) -> rusqlite::Result<Published> {
    let Some(mailbox) = columns::mailbox_of(connection, owner)? else {
        return Ok(Published::Stale);
    };
    match publication {
        Publication::Card { bytes, sequence } => publish_card(connection, mailbox, bytes, *sequence),
        Publication::Prekeys { bytes, sequence, knocks } => {
            publish_prekeys(connection, mailbox, bytes, *sequence, *knocks)
        }
        Publication::WithdrawCard => withdraw_card(connection, mailbox),
    }
}

fn publish_card(connection: &Connection, mailbox: i64, bytes: &[u8], sequence: Counter) -> rusqlite::Result<Published> {
    let mut statement = connection
        .prepare_cached("SELECT card AS bytes, card_sequence AS sequence FROM publication WHERE mailbox = ?1")?;
    let earlier = statement.query_row([mailbox], earlier)?;
    if !earlier.gives_way_to(bytes, sequence)? {
        return Ok(Published::Stale);
    }
    connection
        .prepare_cached("UPDATE publication SET card = ?2, card_sequence = ?3 WHERE mailbox = ?1")?
        .execute(params![mailbox, bytes, columns::counter_bytes(sequence)])?;
    Ok(Published::Done)
}

fn publish_prekeys(
    connection: &Connection,
    mailbox: i64,
    bytes: &[u8],
    sequence: Counter,
    knocks: KnockPolicy,
) -> rusqlite::Result<Published> {
    let mut statement = connection
        .prepare_cached("SELECT bundle AS bytes, bundle_sequence AS sequence FROM publication WHERE mailbox = ?1")?;
    let earlier = statement.query_row([mailbox], earlier)?;
    if !earlier.gives_way_to(bytes, sequence)? {
        return Ok(Published::Stale);
    }
    connection
        .prepare_cached(
            "UPDATE publication SET bundle = ?2, bundle_sequence = ?3, knocks_open = ?4 WHERE mailbox = ?1",
        )?
        .execute(params![mailbox, bytes, columns::counter_bytes(sequence), knocks == KnockPolicy::Pow])?;
    Ok(Published::Done)
}

/// The sequence stays, so that an old card cannot come back.
fn withdraw_card(connection: &Connection, mailbox: i64) -> rusqlite::Result<Published> {
    connection.prepare_cached("UPDATE publication SET card = NULL WHERE mailbox = ?1")?.execute([mailbox])?;
    Ok(Published::Done)
}

struct Earlier {
    bytes: Option<Vec<u8>>,
    sequence: Option<Vec<u8>>,
}

fn earlier(row: &rusqlite::Row<'_>) -> rusqlite::Result<Earlier> {
    Ok(Earlier { bytes: row.get("bytes")?, sequence: row.get("sequence")? })
}

impl Earlier {
    /// A higher sequence replaces; the very same bytes again are a retry.
    fn gives_way_to(&self, bytes: &[u8], sequence: Counter) -> rusqlite::Result<bool> {
        let Some(earlier) = &self.sequence else {
            return Ok(true);
        };
        let is_retry = self.bytes.as_deref() == Some(bytes);
        Ok(is_retry || sequence > columns::counter(earlier)?)
    }
}

/// Looks for nobody's publication as for anybody's: who is unknown takes the same steps as who shows nothing.
pub(super) fn shown(connection: &Connection, agent: &AgentId) -> rusqlite::Result<Option<Shown>> {
    let mailbox = mailbox_or_nobody(connection, agent)?;
    let mut statement =
        connection.prepare_cached("SELECT card, bundle, knocks_open FROM publication WHERE mailbox = ?1")?;
    let read = |row: &rusqlite::Row<'_>| {
        let card: Option<Vec<u8>> = row.get("card")?;
        let bundle: Option<Vec<u8>> = row.get("bundle")?;
        let open: bool = row.get("knocks_open")?;
        Ok(Shown {
            card: card.map(Bytes::from),
            bundle: bundle.map(Bytes::from),
            knocks: if open { KnockPolicy::Pow } else { KnockPolicy::Closed },
        })
    };
    statement.query_row([mailbox], read).optional()
}

/// Reads the first account from this id on and only then looks whether it is this one: an id that is not here costs its
/// neighbour's row.
fn mailbox_or_nobody(connection: &Connection, agent: &AgentId) -> rusqlite::Result<i64> {
    let mut statement =
        connection.prepare_cached("SELECT agent, mailbox FROM account WHERE agent >= ?1 ORDER BY agent LIMIT 1")?;
    let read = |row: &rusqlite::Row<'_>| Ok((row.get::<_, [u8; AgentId::SIZE]>(0)?, row.get::<_, i64>(1)?));
    let nearest = statement.query_row([agent.as_bytes()], read).optional()?;
    Ok(nearest.filter(|(found, _)| found == agent.as_bytes()).map_or(NOBODY, |(_, mailbox)| mailbox))
}
