//! Why the store cannot be used.

/// A failure of the local store. No variant carries a row's contents.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// SQLite refused.
    #[error("{0}")]
    Sql(#[from] rusqlite::Error),
    /// A sealed row does not open: damaged, moved, or under another key.
    #[error("a sealed row of {table} does not open")]
    Unsealable {
        /// Where it stands.
        table: &'static str,
    },
    /// The database file is damaged.
    #[error("the database file is damaged")]
    Damaged,
    /// A row opens but does not read.
    #[error("a row of {table} is not what was written")]
    Unreadable {
        /// Where it stands.
        table: &'static str,
    },
    /// The key does not belong to this store.
    #[error("the key does not belong to this store")]
    WrongKey,
    /// The store was written by a newer program.
    #[error("the store has version {found}, this program knows {known}")]
    Newer {
        /// What stands there.
        found: i64,
        /// What we know.
        known: i64,
    },
    /// Another device followed the one that writes.
    #[error("this device was retired")]
    Retired,
    /// The operating system gave no random numbers.
    #[error("the operating system gave no random numbers")]
    NoRandomness,
    /// A thread that was using the store ended in a fault.
    #[error("an earlier fault left the store unusable in this process")]
    Poisoned,
}

impl StoreError {
    /// Whether another process held the database for longer than we wait.
    pub(crate) fn is_busy(&self) -> bool {
        matches!(self, Self::Sql(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::DatabaseBusy))
    }
}
