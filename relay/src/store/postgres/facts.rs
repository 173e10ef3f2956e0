//! Facts of the relay itself, and the write and read that show the store is well.

use deadpool_postgres::Object;

use super::fault::Fault;
use super::schema;
use crate::store::Fact;

const NOTE: &str = "INSERT INTO fact (name, value) VALUES ($1, $2)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value";

pub(super) async fn note(client: &Object, name: Fact, value: &str) -> Result<(), Fault> {
    client.execute(NOTE, &[&name.key(), &value]).await?;
    Ok(())
}

pub(super) async fn noted(client: &Object, name: Fact) -> Result<Option<String>, Fault> {
    let row = client.query_opt("SELECT value FROM fact WHERE name = $1", &[&name.key()]).await?;
    Ok(row.map(|row| row.try_get("value")).transpose()?)
}

/// Keeps a value unless there is one; gives back the one that stands.
pub(super) async fn settle(client: &Object, name: Fact, value: &str) -> Result<String, Fault> {
    let keep = "INSERT INTO fact (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    client.execute(keep, &[&name.key(), &value]).await?;
    noted(client, name).await?.ok_or(Fault::Row)
}

/// Writes and reads something, so that a database that is full, read-only or gone shows; and sees whether a newer
/// relay has left this one behind.
pub(super) async fn check(client: &Object) -> Result<(), Fault> {
    client.execute(NOTE, &[&"checked", &"yes"]).await?;
    schema::check(client).await
}
