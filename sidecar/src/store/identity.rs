//! The one row that is our identity.

use a2a_proto::address::RelayAuthority;
use a2a_proto::time::Timestamp;
use rusqlite::{OptionalExtension, params};
use serde::{Deserialize, Serialize};

use super::{Blob, Place, SecretBlob, StoreError, Tx};

const TABLE: &str = "identity";
const ROW: &[u8] = b"1";

/// Our identity as it rests.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct IdentityRecord {
    /// What root and backup key come from; empty while the owner keeps it off this machine.
    pub(crate) entropy: SecretBlob,
    /// The key of backups, where the entropy is not here.
    #[serde(default)]
    pub(crate) backup_key: Option<SecretBlob>,
    /// Signing and agreement keys of this device.
    pub(crate) device: SecretBlob,
    /// The root's word about this device.
    pub(crate) certificate: Blob,
    /// The root's word about the devices before it, which signed older entries of the audit log.
    #[serde(default)]
    pub(crate) former: Vec<Blob>,
    /// Grows with every new device, epoch or relay.
    #[serde(default)]
    pub(crate) generation: u64,
    /// The relay that we moved away from.
    #[serde(default)]
    pub(crate) left: Option<LeftRelay>,
    /// The name peers are shown.
    pub(crate) display_name: String,
    /// The relay we registered at, or are registering at.
    pub(crate) relay: Option<RelayAuthority>,
    /// The handle our relay gave us.
    pub(crate) handle: Option<String>,
    /// Whether the relay took us.
    pub(crate) registered: bool,
    /// The card as last published, signed.
    pub(crate) card: Option<Blob>,
}

/// A relay that we moved away from, while mail may still come there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct LeftRelay {
    /// Which one.
    pub(crate) relay: RelayAuthority,
    /// When we left it.
    pub(crate) at: Timestamp,
}

/// Our identity, when there is one.
pub(crate) fn load(tx: &Tx<'_>) -> Result<Option<IdentityRecord>, StoreError> {
    let sealed: Option<Vec<u8>> =
        tx.sql.query_row("SELECT record FROM identity WHERE id = 1", [], |row| row.get(0)).optional()?;
    sealed.map(|sealed| tx.seal.open_record(Place::record(TABLE, ROW), &sealed)).transpose()
}

/// Writes our identity.
pub(crate) fn save(tx: &Tx<'_>, record: &IdentityRecord) -> Result<(), StoreError> {
    let sealed = tx.seal.seal_record(Place::record(TABLE, ROW), record)?;
    tx.sql.execute(
        "INSERT INTO identity (id, record) VALUES (1, ?1) ON CONFLICT (id) DO UPDATE SET record = excluded.record",
        params![sealed],
    )?;
    Ok(())
}
