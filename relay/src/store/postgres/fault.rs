//! Why an act on Postgres failed, and what may be said about it.

use deadpool_postgres::PoolError;
use tokio_postgres::error::SqlState;

use crate::store::StoreError;

/// Why an act failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum Fault {
    #[error("no connection")]
    Pool(#[from] PoolError),
    #[error("the database said no")]
    Database(#[from] tokio_postgres::Error),
    #[error("a row is not what was put into it")]
    Row,
    #[error("the database took too long")]
    TooSlow,
    #[error("the database belongs to a newer relay")]
    Newer,
}

impl Fault {
    /// The code that Postgres gave, where it gave one.
    fn code(&self) -> Option<&SqlState> {
        match self {
            Self::Database(error) | Self::Pool(PoolError::Backend(error)) => error.code(),
            _ => None,
        }
    }

    /// Logs what happened, by code alone: a message of Postgres could name a value.
    pub(super) fn logged(&self) -> StoreError {
        let code = self.code().map(SqlState::code);
        tracing::error!(code, reason = %self, "the store could not act");
        StoreError::Unavailable
    }
}
