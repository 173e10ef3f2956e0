//! One relay process per store: SQLite itself would let a second one in. The lock's file also tells how the last one ended.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write;
use std::path::Path;

use crate::config;
use crate::store::error::OpenStoreError;

/// In the file while a relay serves; whoever ends without taking it out was cut off.
const SERVED: &[u8] = b"served\n";

/// Held while a relay serves from a store. The file stays; the lock ends with the process, however it ends.
#[derive(Debug)]
pub struct StoreLock {
    file: File,
    was_cut_off: bool,
}

impl StoreLock {
    /// Takes the lock beside the store at `path`. Do it before opening the store.
    pub fn take(path: &Path) -> Result<Self, OpenStoreError> {
        super::make_folder(path)?;
        let beside = config::beside(path, ".lock");
        let failed = |source| OpenStoreError::File { path: beside.clone(), source };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&beside).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Self::mark(file).map_err(failed),
            Err(TryLockError::WouldBlock) => Err(OpenStoreError::InUse { path: path.to_path_buf() }),
            Err(TryLockError::Error(source)) => Err(failed(source)),
        }
    }

    /// On disk before the store is opened, so that a power cut is noticed too.
    fn mark(mut file: File) -> std::io::Result<Self> {
        let was_cut_off = file.metadata()?.len() > 0;
        if !was_cut_off {
            file.write_all(SERVED)?;
            file.sync_all()?;
        }
        Ok(Self { file, was_cut_off })
    }

    /// Whether the process that held it before did not let go of it by itself.
    pub fn was_cut_off(&self) -> bool {
        self.was_cut_off
    }
}

/// Let go of after the store is closed.
impl Drop for StoreLock {
    fn drop(&mut self) {
        // If it fails, the next start looks through the store once more than it must.
        let _ = self.file.set_len(0);
    }
}
