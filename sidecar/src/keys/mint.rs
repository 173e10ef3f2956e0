//! The one place that makes a database key, and the rule that it never does so beside a trace of an identity.

use std::fs::File;

use zeroize::Zeroizing;

use super::slots::{KeySlots, Slot};
use super::{DatabaseKey, VaultError};
use crate::durable_file::open_private;
use crate::paths::Home;

/// Makes the database key of `home`, in the slot that `wrap` makes of it.
///
/// `Ok(None)` where another process made one meanwhile: load it. Processes wait for each other here, so that two
/// sidecars started at once by two clients end up with one key.
pub(super) fn mint(
    home: &Home,
    vault: &'static str,
    wrap: impl FnOnce(&DatabaseKey) -> Result<Slot, VaultError>,
) -> Result<Option<DatabaseKey>, VaultError> {
    let _held_until_return = lock(home)?;
    if KeySlots::read(home)?.is_some() {
        return Ok(None);
    }
    refuse_beside_traces(home, vault)?;
    let key = random_key()?;
    KeySlots::of(wrap(&key)?).write(home)?;
    Ok(Some(key))
}

/// Puts a database key that came out of a backup into a home without any trace of an identity. Slots that a creation
/// left which was cut off go: nothing was ever sealed under them.
pub(super) fn adopt(
    home: &Home,
    vault: &'static str,
    wrap: impl FnOnce() -> Result<Slot, VaultError>,
) -> Result<(), VaultError> {
    let _held_until_return = lock(home)?;
    refuse_beside_traces(home, vault)?;
    KeySlots::of(wrap()?).write(home)
}

/// What a home without key slots means: nothing was ever made here, or the slots are lost.
pub(super) fn without_slots(home: &Home, vault: &'static str) -> VaultError {
    refuse_beside_traces(home, vault).err().unwrap_or(VaultError::Absent)
}

fn refuse_beside_traces(home: &Home, vault: &'static str) -> Result<(), VaultError> {
    // symlink_metadata: a dangling link or a folder in the way is a trace too.
    let stands = |path: std::path::PathBuf| path.symlink_metadata().is_ok();
    if stands(home.marker()) || stands(home.store()) {
        return Err(VaultError::Missing { vault });
    }
    Ok(())
}

/// 32 bytes from the operating system.
pub(super) fn random_key() -> Result<DatabaseKey, VaultError> {
    let mut key = Zeroizing::new([0; 32]);
    fill(key.as_mut())?;
    Ok(key)
}

/// Fills `bytes` with the operating system's randomness.
pub(super) fn fill(bytes: &mut [u8]) -> Result<(), VaultError> {
    getrandom::fill(bytes).map_err(|_| VaultError::Machine("give randomness"))
}

/// One process at a time changes the slots.
pub(super) fn lock(home: &Home) -> Result<File, VaultError> {
    let failed = |source| VaultError::Io { doing: "lock the key file", source };
    let file = open_private(&home.keyslots_lock()).map_err(failed)?;
    file.lock().map_err(failed)?;
    Ok(file)
}
