//! Connections that only read, lent out one act at a time and never kept inside a transaction.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::schema;
use crate::store::StoreError;

/// How many acts read at once. A read is a few pages out of memory; more would only compete for two cores.
const CONNECTIONS: usize = 4;

/// A handful of reading connections.
#[derive(Clone)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    permits: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(path: &Path) -> rusqlite::Result<Self> {
        let idle: rusqlite::Result<Vec<_>> = (0..CONNECTIONS).map(|_| schema::open_reading(path)).collect();
        Ok(Self { idle: Arc::new(Mutex::new(idle?)), permits: Arc::new(Semaphore::new(CONNECTIONS)) })
    }

    /// Reads on a thread that may block.
    pub(super) async fn read<T, F>(&self, query: F) -> Result<T, StoreError>
    where
        F: FnOnce(&Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        let permit = self.permits.clone().acquire_owned().await;
        let permit = permit.map_err(|_| StoreError::Unavailable)?;
        let idle = Arc::clone(&self.idle);
        let reading = tokio::task::spawn_blocking(move || {
            let connection = take(&idle)?;
            let value = query(&connection);
            put_back(&idle, connection);
            drop(permit);
            value.map_err(|error| {
                tracing::error!(code = ?error.sqlite_error_code(), "the store could not read");
                StoreError::Unavailable
            })
        });
        reading.await.unwrap_or(Err(StoreError::Unavailable))
    }
}

fn take(idle: &Mutex<Vec<Connection>>) -> Result<Connection, StoreError> {
    let mut idle = idle.lock().unwrap_or_else(PoisonError::into_inner);
    idle.pop().ok_or(StoreError::Unavailable)
}

fn put_back(idle: &Mutex<Vec<Connection>>, connection: Connection) {
    idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
}
