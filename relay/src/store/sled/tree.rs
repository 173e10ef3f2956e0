//! The tree: reading rows, and changes that stand whole and flushed or not at all.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use a2a_proto::codec::DecodeError;

use super::rows::Row;
use crate::store::error::OpenStoreError;
use crate::store::{Answer, StoreError};

/// Why an act failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("sled could not read or write")]
    Engine(#[from] sled::Error),
    #[error("a row is damaged")]
    Row(#[from] DecodeError),
}

/// One tree of sled, and the order in which it is changed.
#[derive(Clone)]
pub(super) struct Tree {
    db: sled::Db,
    writing: Arc<Mutex<()>>,
}

/// The changes of one act.
pub(super) type Changes = sled::Batch;

impl Tree {
    pub(super) fn open(path: &Path) -> Result<Self, OpenStoreError> {
        // What sled calls damage also comes as a panic from deep inside of it.
        let opened = std::panic::catch_unwind(|| sled::open(path));
        match opened {
            Ok(Ok(db)) => Ok(Self { db, writing: Arc::default() }),
            Ok(Err(sled::Error::Io(source))) if is_locked(&source) => {
                Err(OpenStoreError::OpenElsewhere { path: path.to_path_buf() })
            }
            Ok(Err(sled::Error::Io(source))) => Err(OpenStoreError::File { path: path.to_path_buf(), source }),
            Ok(Err(_)) | Err(_) => Err(OpenStoreError::Damaged { path: path.to_path_buf() }),
        }
    }

    pub(super) fn row<R: Row>(&self, key: &[u8]) -> Result<Option<R>, Fault> {
        let bytes = self.db.get(key)?;
        bytes.map(|bytes| R::from_bytes(&bytes)).transpose()
    }

    pub(super) fn bytes(&self, key: &[u8]) -> Result<Option<Vec<u8>>, Fault> {
        Ok(self.db.get(key)?.map(|bytes| bytes.to_vec()))
    }

    pub(super) fn has(&self, key: &[u8]) -> Result<bool, Fault> {
        Ok(self.db.contains_key(key)?)
    }

    /// Rows whose key begins with `prefix`, in order.
    pub(super) fn rows<R: Row>(&self, prefix: &[u8]) -> impl Iterator<Item = Result<(Vec<u8>, R), Fault>> + use<R> {
        self.db.scan_prefix(prefix).map(|row| {
            let (key, value) = row?;
            Ok((key.to_vec(), R::from_bytes(&value)?))
        })
    }

    /// Rows from `first` on whose key begins with `prefix`, in order.
    pub(super) fn rows_from<R: Row>(
        &self,
        first: Vec<u8>,
        prefix: Vec<u8>,
    ) -> impl Iterator<Item = Result<(Vec<u8>, R), Fault>> + use<R> {
        let within = move |row: &sled::Result<(sled::IVec, sled::IVec)>| {
            row.as_ref().map_or(true, |(key, _)| key.starts_with(&prefix))
        };
        self.db.range(first..).take_while(within).map(|row| {
            let (key, value) = row?;
            Ok((key.to_vec(), R::from_bytes(&value)?))
        })
    }

    pub(super) fn keys(&self, prefix: &[u8]) -> Result<Vec<Vec<u8>>, Fault> {
        let keys = self.db.scan_prefix(prefix).keys();
        keys.map(|key| Ok(key?.to_vec())).collect()
    }

    /// The first row from `first` on whose key begins with `prefix`.
    pub(super) fn first_from(&self, first: &[u8], prefix: &[u8]) -> Result<Option<(sled::IVec, sled::IVec)>, Fault> {
        let row = self.db.range(first..).next().transpose()?;
        Ok(row.filter(|(key, _)| key.starts_with(prefix)))
    }

    /// Reads on a thread that may block.
    pub(super) fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Self) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<'static, T> {
        let tree = self.clone();
        answer(move || query(&tree))
    }

    /// Changes one after the other; resolves when the change was handed to the disk, as far as sled does that.
    pub(super) fn change<T: Send + 'static>(
        &self,
        change: impl FnOnce(&Self, &mut Changes) -> Result<T, Fault> + Send + 'static,
    ) -> Answer<'static, T> {
        let tree = self.clone();
        answer(move || {
            let turn = tree.writing.lock().unwrap_or_else(PoisonError::into_inner);
            let mut changes = Changes::default();
            let value = change(&tree, &mut changes)?;
            tree.db.apply_batch(changes)?;
            drop(turn);
            tree.db.flush()?;
            Ok(value)
        })
    }
}

fn is_locked(error: &std::io::Error) -> bool {
    // Its lock's error has lost the system's number; only the words are left.
    error.kind() == std::io::ErrorKind::WouldBlock || error.to_string().contains("could not acquire lock")
}

fn answer<T: Send + 'static>(work: impl FnOnce() -> Result<T, Fault> + Send + 'static) -> Answer<'static, T> {
    Box::pin(async move {
        let done = tokio::task::spawn_blocking(work).await;
        // A panic of sled ends the act, not the relay.
        let done = done.map_err(|_| StoreError::Unavailable)?;
        done.map_err(|fault| {
            tracing::error!(reason = %fault, "the store could not act");
            StoreError::Unavailable
        })
    })
}
