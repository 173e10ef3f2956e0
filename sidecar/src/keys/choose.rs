//! Which vault keeps this home's key: the keychain, unless the owner said otherwise.

use std::path::PathBuf;
use std::sync::Arc;

use super::{KeychainVault, PassphraseFileVault, Vault};
use crate::paths::Home;

/// The owner's choice. There is no fallback from one to the other: a keychain that is away is an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VaultChoice {
    /// The operating system's keychain: the default.
    Keychain,
    /// A passphrase in a file, by `A2A_PASSPHRASE_FILE`.
    PassphraseFile {
        /// The file that holds the passphrase.
        passphrase: PathBuf,
        /// Memory for Argon2id when a slot is made, by `A2A_ARGON2_MIB`.
        memory_mib: u32,
    },
}

/// The chosen vault of `home`. Nothing is asked or created yet.
#[must_use]
pub fn choose_vault(home: &Home, choice: &VaultChoice) -> Arc<dyn Vault> {
    match choice {
        VaultChoice::Keychain => Arc::new(KeychainVault::new(home.clone())),
        VaultChoice::PassphraseFile { passphrase, memory_mib } => {
            Arc::new(PassphraseFileVault::new(home.clone(), passphrase.clone(), *memory_mib))
        }
    }
}
