//! The tables' format: brought up to date by whichever relay comes first, and kept usable for those that come later.
//!
//! *Rule:* a migration only adds: tables, indexes, columns that may be absent or have a default. So a relay of format N
//! works on tables of format N + 1, and replicas are replaced one by one. *Rule:* every transaction that writes begins
//! with `account` or `mailbox` or touches one table only, and a migration locks these two before it changes anything:
//! so the writers of relays that serve meanwhile wait for it holding nothing it needs. Where a change must end that, `needs` of
//! the row in `format` is raised to the oldest format that still works; an older relay then says so and is not ready.

use tokio_postgres::Client;

use super::fault::Fault;

/// Step N brings tables of format N to format N + 1.
const MIGRATIONS: &[&str] = &[
    include_str!("../../../migrations/postgres/0001_initial.sql"),
    include_str!("../../../migrations/postgres/0002_records.sql"),
    include_str!("../../../migrations/postgres/0003_names.sql"),
];
/// The oldest format whose relays still work on the tables as the newest step leaves them.
const NEEDS: i32 = 1;
/// Names the lock under which tables are changed: "a2a-mail" as a number.
const MIGRATION_LOCK: i64 = 0x6132_612d_6d61_696c;

/// The newest format known here.
pub(super) fn known() -> i32 {
    i32::try_from(MIGRATIONS.len()).unwrap_or(i32::MAX)
}

/// Why the tables cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum SchemaError {
    #[error(transparent)]
    Database(#[from] tokio_postgres::Error),
    #[error("the tables need a relay of format {needed}")]
    TooNew { needed: i32 },
}

/// Brings the tables to the newest format, one relay at a time.
pub(super) async fn migrate(client: &mut Client) -> Result<(), SchemaError> {
    let transaction = client.transaction().await?;
    // Given back with the transaction, however it ends.
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&MIGRATION_LOCK]).await?;
    let (found, needed) = format(&transaction).await?;
    if needed > known() {
        return Err(SchemaError::TooNew { needed });
    }
    if found < known() {
        if found > 0 {
            transaction.batch_execute("LOCK TABLE account, mailbox IN ACCESS EXCLUSIVE MODE").await?;
        }
        for step in MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or(0)) {
            transaction.batch_execute(step).await?;
        }
        let now = "UPDATE format SET version = $1, needs = $2";
        transaction.execute(now, &[&known(), &NEEDS]).await?;
    }
    Ok(transaction.commit().await?)
}

/// The tables' format and the oldest one that works with it; zero where there are no tables.
async fn format(transaction: &tokio_postgres::Transaction<'_>) -> Result<(i32, i32), tokio_postgres::Error> {
    let there = transaction.query_one("SELECT to_regclass('format') IS NOT NULL", &[]).await?;
    if !there.try_get::<_, bool>(0)? {
        let make = "CREATE TABLE format (version int NOT NULL, needs int NOT NULL); INSERT INTO format VALUES (0, 0)";
        transaction.batch_execute(make).await?;
    }
    let row = transaction.query_one("SELECT version, needs FROM format", &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}

/// Whether a newer relay has left this one behind since it started.
pub(super) async fn check(client: &deadpool_postgres::Object) -> Result<(), Fault> {
    let needed: i32 = client.query_one("SELECT needs FROM format", &[]).await?.try_get(0)?;
    if needed > known() { Err(Fault::Newer) } else { Ok(()) }
}
