//! Why an act of the store could not be done.

use std::path::PathBuf;

/// The store could not act. Whoever asked may ask again; nothing was changed, or the change is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// It cannot read or write at this moment. The reason is logged where it arose.
    #[error("the store is away")]
    Unavailable,
}

/// Why a store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenStoreError {
    /// Another relay serves from it.
    #[error(
        "another a2a-relay already serves from {path}. Stop it first, or give this one its own --store sqlite:PATH"
    )]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// It was written by a newer relay.
    #[error(
        "the store {path} was written by a newer a2a-relay (format {found}, this one knows {known}). Start the newer version"
    )]
    Newer {
        /// The store.
        path: PathBuf,
        /// The format found in it.
        found: u32,
        /// The newest format known here.
        known: u32,
    },
    /// The file system said no.
    #[error("cannot use {path}: {source}")]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Only the process that has it open may use it.
    #[error("{path} is open elsewhere, and sled lets only one process in. Stop the relay first")]
    OpenElsewhere {
        /// The store.
        path: PathBuf,
    },
    /// Nobody said that losing mail is fine.
    #[error(
        "a power cut can lose mail that sled has accepted, and can leave it unable to open. Use sqlite:PATH, or add --accept-data-loss"
    )]
    MayLoseData,
    /// sled said no.
    #[error("cannot open the store {path}: sled found it damaged or cannot use it. Restore it from a backup")]
    Damaged {
        /// The store.
        path: PathBuf,
    },
    /// Postgres could not be reached, or let us not in, or cannot do what is needed.
    #[error("cannot use {url}: {reason}")]
    Postgres {
        /// Hosts and database.
        url: String,
        /// What is wrong, and what to do about it.
        reason: String,
    },
    /// The database was moved on by a relay that is too new for this one.
    #[error(
        "{url} was changed by an a2a-relay that needs at least format {needed}, and this one knows {known}. Start the newer version"
    )]
    TooOld {
        /// Hosts and database.
        url: String,
        /// The oldest format that still works with it.
        needed: i32,
        /// The newest format known here.
        known: i32,
    },
    /// SQLite said no.
    #[error("cannot open the store {path}: {source}")]
    Database {
        /// The store.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
