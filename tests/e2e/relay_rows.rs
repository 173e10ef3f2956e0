//! What a relay's store holds, row by row: with both agents on one relay no row links one to the other.

use std::collections::{BTreeMap, BTreeSet};

use a2a_harness::{Relay, World};
use a2a_proto::id::AgentId;
use anyhow::{Context, Result, ensure};
use rusqlite::types::Value;
use rusqlite::{Connection, OpenFlags};

use crate::blind::{BOB, who, whole_conversation};

/// Shorter values, such as counters and hours, are equal by chance.
const TELLING: usize = 8;

/// The columns of what belongs to lanes and envelopes. A new one has to be shown not to name a sender before it is
/// added here.
const LANES_AND_ENVELOPES: [(&str, &[&str]); 3] = [
    (
        "lane",
        &[
            "accepted",
            "blob_bytes",
            "expires_at",
            "invite",
            "lane",
            "mailbox",
            "mask",
            "max_envelopes",
            "names",
            "one_time",
            "opened_hour",
            "pending",
            "salt",
            "secret_version",
            "token_hash",
        ],
    ),
    ("envelope", &["body", "hour", "lane", "mailbox", "seq"]),
    ("accepted", &["envelope_id", "expires_at", "hash", "lane", "mailbox"]),
];

#[tokio::test(flavor = "multi_thread")]
async fn no_row_of_a_shared_relay_links_its_two_agents() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, _) = whole_conversation(&world, world.second().authority()).await?;
    let (alice, bob) = (who(&pair.alice).await?, who(&pair.bob).await?);
    pair.bob.close().await?;
    pair.alice.send(BOB, "this one waits").await?;

    let rows = rows(world.second())?;
    let (alice, bob) = (mailbox_of(&rows, &alice)?, mailbox_of(&rows, &bob)?);
    for table in ["lane", "envelope", "accepted"] {
        ensure!(rows.iter().any(|row| row.table == table && row.mailbox() == Some(bob)), "nothing of bob in {table}");
    }
    let shared: Vec<_> = telling(&rows, alice).intersection(&telling(&rows, bob)).cloned().collect();
    ensure!(shared.is_empty(), "stands in rows of both mailboxes: {shared:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_agents_id_stands_in_its_own_rows_only() -> Result<()> {
    let world = World::start_fronted().await?;
    let (pair, _) = whole_conversation(&world, world.second().authority()).await?;
    let (alice, bob) = (who(&pair.alice).await?, who(&pair.bob).await?);
    let rows = rows(world.second())?;
    for agent in [&alice, &bob] {
        let own = mailbox_of(&rows, agent)?;
        for row in rows.iter().filter(|row| row.names(agent)) {
            let is_own = row.mailbox() == Some(own) && ["account", "publication", "lane"].contains(&row.table.as_str());
            ensure!(is_own, "{agent} is named in {}: {:?}", row.table, row.values.keys());
        }
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn lanes_and_envelopes_have_no_place_for_a_sender() -> Result<()> {
    let world = World::start_fronted().await?;
    let sql = open(world.second())?;
    for (table, expected) in LANES_AND_ENVELOPES {
        let mut columns: Vec<String> = columns(&sql, table)?;
        columns.sort();
        ensure!(columns == expected, "{table} has other columns than those that were looked at: {columns:?}");
    }
    Ok(())
}

/// A row, by the names of its columns.
struct Row {
    table: String,
    values: BTreeMap<String, Value>,
}

impl Row {
    fn mailbox(&self) -> Option<i64> {
        match self.values.get("mailbox") {
            Some(Value::Integer(number)) => Some(*number),
            _ => None,
        }
    }

    /// Every value as bytes, but for plain numbers.
    fn bytes(&self) -> impl Iterator<Item = &[u8]> {
        self.values.values().filter_map(|value| match value {
            Value::Blob(bytes) => Some(bytes.as_slice()),
            Value::Text(text) => Some(text.as_bytes()),
            _ => None,
        })
    }

    fn names(&self, agent: &AgentId) -> bool {
        let text = agent.to_string();
        let mut needles = [agent.as_bytes().as_slice(), text.as_bytes()].into_iter();
        needles.any(|needle| self.bytes().any(|bytes| bytes.windows(needle.len()).any(|window| window == needle)))
    }
}

/// The values of a mailbox's rows that could tie it to another.
fn telling(rows: &[Row], mailbox: i64) -> BTreeSet<Vec<u8>> {
    let own = rows.iter().filter(|row| row.mailbox() == Some(mailbox));
    let values = own.flat_map(|row| row.bytes().map(<[u8]>::to_vec).collect::<Vec<_>>());
    // The mask of every lane is zero until the master secret is rotated.
    values.filter(|value| value.len() >= TELLING && value.iter().any(|byte| *byte != 0)).collect()
}

fn mailbox_of(rows: &[Row], agent: &AgentId) -> Result<i64> {
    let is_account = |row: &&Row| row.table == "account" && row.names(agent);
    rows.iter().find(is_account).and_then(Row::mailbox).context("the agent has no account")
}

fn open(relay: &Relay) -> Result<Connection> {
    Ok(Connection::open_with_flags(relay.folder().join("relay.db"), OpenFlags::SQLITE_OPEN_READ_ONLY)?)
}

fn rows(relay: &Relay) -> Result<Vec<Row>> {
    let sql = open(relay)?;
    let mut tables = sql.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'")?;
    let names = tables.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
    let mut rows = Vec::new();
    for table in names {
        let columns = columns(&sql, &table)?;
        let mut statement = sql.prepare(&format!("SELECT * FROM {table}"))?;
        let read = |row: &rusqlite::Row<'_>| {
            let value = |(place, name): (usize, &String)| Ok((name.clone(), row.get::<_, Value>(place)?));
            columns.iter().enumerate().map(value).collect::<rusqlite::Result<BTreeMap<_, _>>>()
        };
        for values in statement.query_map([], read)? {
            rows.push(Row { table: table.clone(), values: values? });
        }
    }
    Ok(rows)
}

fn columns(sql: &Connection, table: &str) -> Result<Vec<String>> {
    let statement = sql.prepare(&format!("SELECT * FROM {table}"))?;
    Ok(statement.column_names().map(str::to_owned).collect())
}
