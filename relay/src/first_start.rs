//! A relay that asks newcomers for a link and has nobody yet: its operator needs the first one.

use std::path::{Path, PathBuf};
use std::time::Duration;

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;

use crate::join_token::JoinToken;
use crate::private_file;
use crate::store::{Store, StoreError};

/// The operator may come back to it after a holiday.
const LIFETIME: Duration = Duration::from_secs(30 * 24 * 3600);
/// The operator's own agent.
const USES: u32 = 1;

/// Why the first link was not written.
#[derive(Debug, thiserror::Error)]
pub enum FirstStartError {
    /// The store could not keep the token.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The file could not be written.
    #[error("cannot write the first join link to {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Writes a join link to a file that only the operator may read. The link itself is printed nowhere.
pub async fn write_join_link(
    store: &dyn Store,
    relay: &RelayAuthority,
    path: &Path,
    now: Timestamp,
) -> Result<(), FirstStartError> {
    let token = JoinToken::draw();
    store.issue_token(token.record(USES, now, LIFETIME)).await?;
    let line = format!("{}\n", token.link(relay).as_str());
    private_file::write(path, line.as_bytes())
        .map_err(|source| FirstStartError::File { path: path.to_path_buf(), source })
}
