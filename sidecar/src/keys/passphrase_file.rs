//! The vault for machines without a keychain: a slot opened by the passphrase in a file that the owner names.

use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use super::mint::{adopt, mint, without_slots};
use super::slots::{KeySlots, Slot, SlotError, SlotKind};
use super::stretch::Cost;
use super::switch::take_over;
use super::{DatabaseKey, Vault, VaultError};
use crate::durable_file::{read_small, write_private};
use crate::paths::Home;

/// The vault's name, in the marker and in messages.
pub(super) const NAME: &str = "passphrase file";

/// Opens the database key by a passphrase; chosen only when the owner sets `A2A_PASSPHRASE_FILE`.
pub struct PassphraseFileVault {
    home: Home,
    passphrase: PathBuf,
    memory_mib: u32,
}

impl PassphraseFileVault {
    /// The vault of `home` whose passphrase stands in the file `passphrase`; a new slot uses `memory_mib` of memory.
    #[must_use]
    pub fn new(home: Home, passphrase: PathBuf, memory_mib: u32) -> Self {
        Self { home, passphrase, memory_mib }
    }

    fn wrap(&self, key: &DatabaseKey) -> Result<Slot, VaultError> {
        let cost = Cost::with_memory(self.memory_mib)?;
        let passphrase = read_passphrase(&self.passphrase)?;
        if passphrase.len() < MINIMUM_PASSPHRASE_BYTES {
            return Err(unusable("is too short"));
        }
        announce(&self.passphrase);
        let salt = Slot::fresh_salt()?;
        let secret = cost.stretch(&passphrase, &salt)?;
        Slot::wrap(SlotKind::Passphrase, Some(cost), salt, &secret, key)
    }
}

impl Vault for PassphraseFileVault {
    fn load(&self) -> Result<DatabaseKey, VaultError> {
        let slots = KeySlots::read(&self.home)?.ok_or_else(|| without_slots(&self.home, NAME))?;
        let slot = slots.of_kind(SlotKind::Passphrase)?;
        let cost = slot.argon2id.filter(|cost| cost.is_acceptable()).ok_or(DAMAGED)?;
        let secret = cost.stretch(&read_passphrase(&self.passphrase)?, slot.salt())?;
        slot.open(&secret).map_err(|failed| match failed {
            SlotError::WrongSecret => VaultError::WrongPassphrase,
            SlotError::Damaged => DAMAGED,
        })
    }

    fn create(&self) -> Result<DatabaseKey, VaultError> {
        match mint(&self.home, NAME, |key| self.wrap(key))? {
            Some(key) => Ok(key),
            None => self.load(),
        }
    }

    fn adopt(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        adopt(&self.home, NAME, || self.wrap(key))
    }

    fn take_over(&self, key: &DatabaseKey) -> Result<(), VaultError> {
        take_over(&self.home, || self.wrap(key))
    }

    /// The passphrase is the owner's: what stood in the home went with its slot.
    fn forget(&self) -> Result<(), VaultError> {
        Ok(())
    }

    /// There is nothing outside the home to keep it in: beside the store, it still shows when the store alone is put back.
    fn keep(&self, bytes: &[u8]) -> Result<(), VaultError> {
        write_private(&self.home.audit_head(), bytes)
            .map_err(|source| VaultError::Io { doing: "write audit-head.json", source })
    }

    fn kept(&self) -> Result<Option<Vec<u8>>, VaultError> {
        read_small(&self.home.audit_head(), HEAD_BYTES)
            .map_err(|source| VaultError::Io { doing: "read audit-head.json", source })
    }

    fn describe(&self) -> &'static str {
        NAME
    }
}

/// The file's text without the newline that editors put at its end.
fn read_passphrase(path: &Path) -> Result<Zeroizing<Vec<u8>>, VaultError> {
    let contents = read_small(path, LIMIT_BYTES).map_err(|_| unusable("cannot be read"))?;
    let mut passphrase = Zeroizing::new(contents.ok_or_else(|| unusable("does not exist"))?);
    while matches!(passphrase.last(), Some(b'\n' | b'\r')) {
        passphrase.pop();
    }
    if passphrase.is_empty() {
        return Err(unusable("is empty"));
    }
    Ok(passphrase)
}

/// The weaker vault is never taken silently.
fn announce(passphrase: &Path) {
    tracing::warn!(
        "the identity's key is protected by the passphrase in A2A_PASSPHRASE_FILE, not by a keychain: \
         whoever reads that file and the home folder has the identity"
    );
    if is_open_to_others(passphrase) {
        tracing::warn!("other users can read the passphrase file; run `chmod 600` on it");
    }
}

#[cfg(unix)]
fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o077 != 0)
}

#[cfg(not(unix))]
fn is_open_to_others(_path: &Path) -> bool {
    false
}

fn unusable(reason: &'static str) -> VaultError {
    VaultError::PassphraseFile { reason }
}

const LIMIT_BYTES: u64 = 4096;
const HEAD_BYTES: u64 = 1024;
const MINIMUM_PASSPHRASE_BYTES: usize = 12;
const DAMAGED: VaultError = VaultError::Damaged { what: "the key file keyslots.json" };

#[cfg(test)]
#[path = "passphrase_file/tests.rs"]
mod tests;
