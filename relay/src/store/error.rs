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
    /// SQLite said no.
    #[error("cannot open the store {path}: {source}")]
    Database {
        /// The store.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
