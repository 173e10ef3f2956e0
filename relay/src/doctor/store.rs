//! The store: whether it can be opened, and is of a known format.

use super::Finding;
use crate::store::StoreUrl;
use crate::store::postgres::PostgresStore;
use crate::store::sqlite::{Examined, SqliteStore};

const ABOUT: &str = "store";

/// Looks at the store without making or changing anything.
pub(super) async fn look(url: &StoreUrl) -> Finding {
    match url {
        StoreUrl::Sqlite(path) => match SqliteStore::examine(path) {
            Ok(Examined::Absent) => Finding::well(ABOUT, format!("{url} is made at the first start")),
            Ok(Examined::Present { accounts }) => Finding::well(ABOUT, format!("{url} has {accounts} mailboxes")),
            Err(error) => Finding::wrong(ABOUT, error.to_string()),
        },
        StoreUrl::Sled(path) => {
            let there = if path.exists() { "is there" } else { "is made at the first start" };
            Finding::mind(ABOUT, format!("{url} {there}; a power cut may lose accepted mail in it: use sqlite:PATH"))
        }
        StoreUrl::Postgres(postgres) => match PostgresStore::examine(postgres).await {
            Ok(()) => Finding::well(ABOUT, format!("{url} lets us in and keeps what it says")),
            Err(error) => Finding::wrong(ABOUT, error.to_string()),
        },
    }
}
