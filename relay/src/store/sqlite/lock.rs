//! One relay process per store: SQLite itself would let a second one in.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::config;
use crate::store::error::OpenStoreError;

/// Held while a relay serves from a store. The file stays; the lock ends with the process, however it ends.
#[derive(Debug)]
pub struct StoreLock {
    _file: File,
}

impl StoreLock {
    /// Takes the lock beside the store at `path`. Do it before opening the store.
    pub fn take(path: &Path) -> Result<Self, OpenStoreError> {
        super::make_folder(path)?;
        let beside = config::beside(path, ".lock");
        let failed = |source| OpenStoreError::File { path: beside.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&beside).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(OpenStoreError::InUse { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }
}
