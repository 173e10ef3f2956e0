//! What belongs to a device and not to its identity: a backup leaves it out, and a new device forgets it.

use super::{StoreError, Tx};

/// Ratchets, prekeys and one-time pairs would let a copy read or repeat what the device does; the rest of the list is
/// under way in sessions that a restored device does not have.
const LEFT_OUT: [&str; 18] = [
    "outbox",
    "sessions",
    "prekeys",
    "invites",
    "receipts",
    "held",
    "requests",
    "pending",
    "tasks",
    "replays",
    "notices",
    "cards",
    "peer_capabilities",
    "told",
    "undo",
    "copies",
    "spent",
    "attachments",
];

/// What ends with the device: sessions that only its keys can go on with, what is sealed in them, and what names its
/// certificate. Messages stay, and are sealed anew.
const OF_THE_DEVICE: [&str; 5] = ["outbox", "sessions", "prekeys", "invites", "undo"];

/// Forgets what only the device before could use.
pub(crate) fn forget_device(tx: &Tx<'_>) -> Result<(), StoreError> {
    delete_all(tx, &OF_THE_DEVICE)
}

/// Takes out of a copy of the store what does not belong into a backup.
pub(crate) fn strip(tx: &Tx<'_>) -> Result<(), StoreError> {
    delete_all(tx, &LEFT_OUT)
}

fn delete_all(tx: &Tx<'_>, tables: &[&str]) -> Result<(), StoreError> {
    for table in tables {
        tx.sql.execute(&format!("DELETE FROM {table}"), [])?;
    }
    Ok(())
}

/// How many messages there are, both ways.
pub(crate) fn messages(tx: &Tx<'_>) -> Result<u64, StoreError> {
    Ok(super::number::uint(tx.sql.query_row("SELECT count(*) FROM messages", [], |row| row.get(0))?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_table_is_kept_or_left_out_on_purpose() {
        let (_folder, store) = crate::store::testing::store();
        let kept = ["meta", "identity", "peers", "lanes", "messages", "audit", "guards"];
        let tables = store.write_blocking(|tx| {
            let mut statement = tx.sql.prepare(
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name",
            )?;
            let names = statement.query_map([], |row| row.get::<_, String>(0))?.collect::<Result<Vec<_>, _>>()?;
            Ok::<_, StoreError>(names)
        });
        for table in tables.unwrap() {
            assert!(kept.contains(&table.as_str()) != LEFT_OUT.contains(&table.as_str()), "{table}");
        }
    }
}
