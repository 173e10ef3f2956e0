//! Where the agent's keys rest: vaults that keep the database key, and the rule that a missing key is never replaced.
//!
//! ```text
//! secret of the vault ──HKDF──► wrapping key ──opens──► slot in keyslots.json ──► database key ──► sealed rows
//!   keychain:   32 random bytes kept by the operating system
//!   passphrase: Argon2id of what stands in the file that A2A_PASSPHRASE_FILE names
//!   recovery:   the backup key of the 24 recovery words, in a slot beside the vault's
//! ```
//!
//! *Invariant:* a key is made only where no trace of an identity stands: no marker, no slots, no store.
//! Everywhere else a key that cannot be had is an error with a remedy ([`VaultError`]).

mod choose;
mod error;
mod keychain;
mod marker;
#[cfg(test)]
pub(crate) mod memory;
mod mint;
mod passphrase_file;
mod pin;
mod platform_store;
mod recovery;
mod slots;
mod stretch;
mod switch;

pub use choose::{VaultChoice, choose_vault};
pub use error::VaultError;
pub use keychain::KeychainVault;
pub use marker::Marker;
pub use passphrase_file::PassphraseFileVault;
pub use pin::PinCost;
pub use recovery::{add_recovery_slot, open_by_words};
pub use stretch::{MINIMUM_MEMORY_MIB, USUAL_MEMORY_MIB};
pub use switch::slot_names;

use zeroize::Zeroizing;

/// The key that seals every row of the local store; wiped from memory when dropped.
pub type DatabaseKey = Zeroizing<[u8; 32]>;

/// Keeps the database key of one home. Calls block (keychains ask people): use `spawn_blocking`.
pub trait Vault: Send + Sync {
    /// The database key of this home.
    ///
    /// [`VaultError::Absent`] where no identity was ever made; any other error means that there is one
    /// whose key cannot be had now.
    fn load(&self) -> Result<DatabaseKey, VaultError>;

    /// Makes the database key of a home without any trace of an identity, and loads the one another process
    /// made meanwhile. Never replaces a key.
    fn create(&self) -> Result<DatabaseKey, VaultError>;

    /// Keeps a key that came out of a backup, in a home without any trace of an identity.
    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError>;

    /// Opens this home from now on, in the place of the vault that did. The recovery words' slot stays; a crash leaves
    /// a slot that opens.
    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError>;

    /// Forgets what it kept to open this home, once another vault took over. While it has a slot here, nothing is forgotten.
    fn forget(&self) -> Result<(), VaultError>;

    /// Keeps a few public bytes where restoring the home's files does not reach, as far as this vault can.
    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError>;

    /// What was kept last.
    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError>;

    /// The kind of vault, as it stands in the public marker.
    fn describe(&self) -> &'static str;
}
