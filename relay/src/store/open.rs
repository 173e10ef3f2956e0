//! Opens whichever store the operator named, alone where it must be alone.

use std::sync::Arc;

use super::error::OpenStoreError;
use super::postgres::PostgresStore;
use super::sled::SledStore;
use super::sqlite::{SqliteStore, StoreLock};
use super::{Movable, Quotas, Store, StoreUrl};

/// What a store is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Serving {
    /// A relay serves from it: no other may, unless the store is made for many.
    Alone {
        /// The operator knows that a power cut may lose what was accepted.
        accept_data_loss: bool,
    },
    /// A command looks into it, perhaps beside a relay that serves.
    Beside,
}

/// An open store.
pub struct Opened {
    /// The store.
    pub store: Arc<dyn Store>,
    /// The same store, for moving whole mailboxes.
    pub movable: Arc<dyn Movable + Send + Sync>,
    // Dropped after the store.
    _lock: Option<StoreLock>,
}

/// Opens the store of this name, making it where it does not exist.
pub async fn open(url: &StoreUrl, quotas: Quotas, serving: Serving) -> Result<Opened, OpenStoreError> {
    match url {
        StoreUrl::Sqlite(path) => {
            if serving == Serving::Beside {
                return Ok(opened(SqliteStore::open_beside(path, quotas)?, None));
            }
            let lock = StoreLock::take(path)?;
            let store = SqliteStore::open(path, quotas)?;
            if lock.was_cut_off() {
                SqliteStore::check_pages(path)?;
            }
            Ok(opened(store, Some(lock)))
        }
        StoreUrl::Sled(path) => {
            if serving == (Serving::Alone { accept_data_loss: false }) {
                return Err(OpenStoreError::MayLoseData);
            }
            Ok(opened(SledStore::open(path, quotas)?, None))
        }
        StoreUrl::Postgres(url) => Ok(opened(PostgresStore::open(url, quotas).await?, None)),
    }
}

fn opened<S: Store + Movable>(store: S, lock: Option<StoreLock>) -> Opened {
    let store = Arc::new(store);
    Opened { store: store.clone(), movable: store, _lock: lock }
}
